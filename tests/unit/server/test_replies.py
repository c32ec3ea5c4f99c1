"""extender.server.replies."""

from __future__ import annotations

import json

from extender.server.replies import error_response, json_response, new_app


def test_json_is_indented_in_the_order_given() -> None:
    """What matters most comes first, and a person can read it."""
    with json_response({"b": [1, {"z": 1, "y": 2}], "a": "é"}) as response:
        assert response.data.decode() == (
            '{\n  "b": [\n    1,\n    {\n      "z": 1,\n      "y": 2\n    }\n  ],\n  "a": "é"\n}\n'
        )
        assert response.content_type == "application/json"


def test_error_response() -> None:
    """An error is an object with one member."""
    with error_response("no such pod", 404) as response:
        assert (response.status_code, json.loads(response.data)) == (404, {"Error": "no such pod"})


def test_exceptions_are_not_shown() -> None:
    """A bug is answered in JSON, without its text."""
    app = new_app(__name__, ["/x"])
    app.logger.disabled = True

    @app.get("/x")
    def _fail() -> str:
        raise KeyError("secret")

    with app.test_client().get("/x") as response:
        assert response.status_code == 500
        assert json.loads(response.data) == {"Error": "internal server error; there is /x"}
