"""``POST /mutate/nodes``: the mutating webhook that API servers before 1.36 ask.

It answers from the request alone and shows nothing, so whoever can reach it may ask.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import Response, request

from extender.protocol.errors import ProtocolError
from extender.protocol.replies import JSON
from extender.server.body import BodyError, read_body
from extender.server.replies import error_response, new_app
from extender.verbs.admit import ERROR, PATCHED, UNCHANGED, UNREAD, Admitted

if TYPE_CHECKING:
    from flask import Flask

PATH: Final = "/mutate/nodes"

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a request that are read. It holds a node twice, each of at most 1.5 MiB in etcd, which
its JSON may exceed a little."""

OUTCOMES: Final = (PATCHED, UNCHANGED, UNREAD, "bad_request", "bad_body", "too_large", ERROR)
"""Every outcome of a request, for the metric."""


def create_webhook_app(
    admit: Callable[[bytes], Admitted],
    observe: Callable[[str], object],
    on_exception: Callable[[Exception], object],
) -> Flask:
    """Make the application that API servers ask.

    Args:
        admit: answers the body of a request; raises ``ProtocolError`` for what is none.
        observe: told how each request ended, one of ``OUTCOMES``.
        on_exception: given the defects of ours that came up; clients never see them.
    """
    app = new_app(__name__, [PATH])

    @app.post(PATH)
    def _mutate() -> Response:
        try:
            admitted = admit(read_body(request.environ, LARGEST))
        except BodyError as error:
            observe(error.outcome)
            text = str(error)
            if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                text = f"the request body is larger than {LARGEST} bytes"
            return error_response(text, error.status)
        except ProtocolError as error:
            observe("bad_request")
            return error_response(str(error), HTTPStatus.BAD_REQUEST)
        if admitted.error is not None:
            on_exception(admitted.error)
        observe(admitted.outcome)
        return Response(admitted.body, content_type=JSON)

    return app
