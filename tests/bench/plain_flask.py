"""The extender of every Python example: Flask, ``get_json``, whole Nodes in and out, ``jsonify``.

Run by ``python_way`` under gunicorn, with threads and kept connections, the best of its settings.
It lets every node pass that is ready and has room for the pod's requests in whole cores.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request

app = Flask(__name__)


@app.post("/filter")
def filter_nodes() -> Response:
    """Answer ``filter`` in the full-Nodes form."""
    args = request.get_json()
    wanted = sum(
        _cores(each["resources"].get("requests", {}).get("cpu", "0"))
        for each in args["Pod"]["spec"]["containers"]
    )
    passed: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    for node in args["Nodes"]["items"]:
        if _cores(node["status"]["allocatable"]["cpu"]) < wanted:
            failed[node["metadata"]["name"]] = "not enough cpu"
        else:
            passed.append(node)
    return jsonify(Nodes={"items": passed}, NodeNames=None, FailedNodes=failed, Error="")


def _cores(text: str) -> float:
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)
