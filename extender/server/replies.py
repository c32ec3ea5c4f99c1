"""What the Flask applications have in common: answers and errors as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from extender.protocol.replies import JSON, error_body

if TYPE_CHECKING:
    from collections.abc import Sequence

_encode = msgspec.json.Encoder().encode


def json_response(value: Any, status: int = 200) -> Response:
    """Answer with a value as JSON, in the order given and indented for the person with curl."""
    body = msgspec.json.format(_encode(value), indent=2) + b"\n"
    return Response(body, status, content_type=JSON)


def error_response(text: str, status: int) -> Response:
    """Answer with ``{"Error": text}``."""
    return Response(error_body(text) + b"\n", status, content_type=JSON)


def new_app(name: str, paths: Sequence[str]) -> Flask:
    """Make a Flask application without templates and files, which answers errors as JSON.

    Args:
        name: the application's name, in its log.
        paths: what exists here, told to those who ask for what does not.
    """
    app = Flask(name, static_folder=None, template_folder=None)
    exists = ", ".join(paths)

    @app.errorhandler(HTTPException)
    def _refuse(error: HTTPException) -> Response:
        status = error.code or 500
        if status == 404:  # noqa: PLR2004 - an HTTP status is its own name
            return error_response(f"not found; there is {exists}", status)
        response = error_response(f"{error.name.lower()}; there is {exists}", status)
        valid_methods = getattr(error, "valid_methods", None)
        if valid_methods:
            response.headers["Allow"] = ", ".join(sorted(valid_methods))
        return response

    return app
