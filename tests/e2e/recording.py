"""An extender that says yes to everything and keeps every request it was sent."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.e2e.api import Api, path

Json = Any


@dataclass(frozen=True)
class Request:
    """One call of kube-scheduler."""

    verb: str
    headers: dict[str, str]
    body: Json

    @property
    def pod(self) -> str:
        """The name of the pod that the call is about."""
        name: str = self.body["PodName"] if "PodName" in self.body else _name(self.body["Pod"])
        return name


class RecordingExtender:
    """Serves the four verbs on the loopback address, between entry and exit.

    Every node passes and none is better than another; a pod is bound where it is asked to be; of
    the victims of a preemption all are confirmed.
    """

    def __init__(self, api: Api) -> None:
        self.requests: list[Request] = []
        recorded = self.requests

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                verb = self.path.strip("/")
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                recorded.append(Request(verb, dict(self.headers.items()), body))
                if verb == "bind":
                    _bind(api, body)
                reply = json.dumps(REPLIES[verb](body)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_args: object) -> None:
                """Says nothing: the recording is the log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # kube-scheduler keeps its connections open: their threads are not waited for.
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _name(obj: Json) -> str:
    name: str = obj["metadata"]["name"]
    return name


def _filter(body: Json) -> Json:
    return {
        "Nodes": body["Nodes"],
        "NodeNames": body["NodeNames"],
        "FailedNodes": {},
        "FailedAndUnresolvableNodes": {},
        "Error": "",
    }


def _prioritize(body: Json) -> Json:
    names = body["NodeNames"] or [_name(node) for node in body["Nodes"]["items"]]
    return [{"Host": name, "Score": 0} for name in names]


def _bind(api: Api, body: Json) -> None:
    where = path("Pod", body["PodName"], body["PodNamespace"])
    binding = {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": body["PodName"], "uid": body["PodUID"]},
        "target": {"apiVersion": "v1", "kind": "Node", "name": body["Node"]},
    }
    api.request("POST", f"{where}/binding", binding)


def _preempt(body: Json) -> Json:
    confirmed = body["NodeNameToMetaVictims"]
    if confirmed is None:
        confirmed = {
            node: {
                "Pods": [{"UID": pod["metadata"]["uid"]} for pod in victims["Pods"]],
                "NumPDBViolations": victims["NumPDBViolations"],
            }
            for node, victims in body["NodeNameToVictims"].items()
        }
    return {"NodeNameToMetaVictims": confirmed}


REPLIES = {
    "filter": _filter,
    "prioritize": _prioritize,
    "bind": lambda _body: {"Error": ""},
    "preempt": _preempt,
}
