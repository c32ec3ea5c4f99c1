"""extender.server.webhook."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from extender.protocol.errors import ProtocolError
from extender.server import webhook
from extender.server.webhook import OUTCOMES, PATH, create_webhook_app
from extender.verbs.admit import ERROR, PATCHED, Admitted


class Asked:
    """An application, what it was asked, and what it told of that."""

    def __init__(self, answer: Admitted | Exception) -> None:
        self.bodies: list[bytes] = []
        self.outcomes: list[str] = []
        self.errors: list[Exception] = []
        self._answer = answer
        app = create_webhook_app(self.admit, self.outcomes.append, self.errors.append)
        app.logger.disabled = True
        self.client: FlaskClient = app.test_client()

    def admit(self, body: bytes) -> Admitted:
        """Give the answer."""
        self.bodies.append(body)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def post(self, **how: Any) -> tuple[int, bytes]:
        """Ask."""
        with self.client.post(PATH, **how) as response:
            assert response.content_type == "application/json"
            return response.status_code, response.data


def test_a_review_is_answered() -> None:
    """With what came of it, and counted."""
    asked = Asked(Admitted(PATCHED, b'{"kind":"AdmissionReview"}'))
    # The API server says for how long it waits.
    answer = asked.post(data=b"{}", query_string={"timeout": "2s"})
    assert answer == (200, b'{"kind":"AdmissionReview"}')
    assert (asked.bodies, asked.outcomes, asked.errors) == ([b"{}"], [PATCHED], [])


def test_a_defect_is_told_and_answered() -> None:
    """Who is to mend it reads the log."""
    error = KeyError("secret")
    asked = Asked(Admitted(ERROR, b"{}", error))
    assert asked.post(data=b"{}") == (200, b"{}")
    assert (asked.outcomes, asked.errors) == ([ERROR], [error])


def test_what_is_no_review_is_refused() -> None:
    """With what is wrong with it."""
    asked = Asked(ProtocolError("$.kind is missing; expected AdmissionReview"))
    expected = b'{"Error":"$.kind is missing; expected AdmissionReview"}\n'
    assert asked.post(data=b"{}") == (400, expected)
    assert asked.outcomes == ["bad_request"]


def test_a_body_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not even read."""
    assert webhook.LARGEST > 2 * 1536 * 1024  # a node of etcd's largest size, twice
    monkeypatch.setattr(webhook, "LARGEST", 10)
    asked = Asked(Admitted(PATCHED, b"{}"))
    assert asked.post(data=b"x" * 10)[0] == 200
    expected = b'{"Error":"the request body is larger than 10 bytes"}\n'
    assert asked.post(data=b"x" * 11) == (413, expected)
    assert asked.outcomes == [PATCHED, "too_large"]
    assert len(asked.bodies) == 1


def test_a_body_that_ends_too_soon() -> None:
    """A client that hung up or stalled."""
    asked = Asked(Admitted(PATCHED, b"{}"))
    status, body = asked.post(data=b"{", environ_overrides={"CONTENT_LENGTH": "5"})
    assert status == 400
    assert b"after 1 of the 5 bytes" in body
    assert (asked.outcomes, asked.bodies) == (["bad_body"], [])


def test_every_outcome_is_known_beforehand() -> None:
    """Seven, each once."""
    expected = {"patched", "unchanged", "unread", "bad_request", "bad_body", "too_large", "error"}
    assert len(OUTCOMES) == 7
    assert set(OUTCOMES) == expected


def test_other_paths_and_methods() -> None:
    """Whoever looks elsewhere is told what there is; nothing is counted."""
    asked = Asked(Admitted(PATCHED, b"{}"))
    with asked.client.post("/mutate/pods") as response:
        assert response.status_code == 404
        assert response.json == {"Error": "not found; there is /mutate/nodes"}
    with asked.client.get(PATH) as response:
        assert response.status_code == 405
        assert response.headers["Allow"] == "OPTIONS, POST"
    assert asked.outcomes == []
