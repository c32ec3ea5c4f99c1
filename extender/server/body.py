"""Read the body of one request, and no more of it than is allowed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

SIZE_OPTION: Final = "server.max_body_bytes"


class BodyError(Exception):
    """A body that cannot be had whole. The rest of it may still be under way, so close after it.

    Attributes:
        status: the HTTP status that says so.
        outcome: the same in one word, for the metric.
    """

    def __init__(self, status: HTTPStatus, outcome: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.outcome = outcome


def read_body(environ: WSGIEnvironment, limit: int) -> bytes:
    """Read a request's body, by its ``Content-Length`` or by its chunks.

    How long a slow client may take is the server's business (see ``worker.py``): once its patience
    ends, the input does, and the body is short.

    Raises:
        BodyError: no length, a wrong one, a body that is too large, too short or malformed.
    """
    length_text = environ.get("CONTENT_LENGTH")
    if not length_text:
        # A WSGI server that takes the chunks apart marks the input as one that ends by itself.
        chunked = environ.get("HTTP_TRANSFER_ENCODING") and environ.get("wsgi.input_terminated")
        if not chunked:
            raise BodyError(
                HTTPStatus.LENGTH_REQUIRED,
                "bad_body",
                "the request has neither Content-Length nor Transfer-Encoding: chunked",
            )
        body = _read(environ, limit + 1)
        if len(body) > limit:
            raise _too_large(f"more than {limit} bytes long", limit)
        return body
    if not (length_text.isascii() and length_text.isdigit()):
        raise BodyError(
            HTTPStatus.BAD_REQUEST,
            "bad_body",
            f"Content-Length is {length_text[:40]!r}; expected a number of bytes",
        )
    length = int(length_text) if len(length_text) <= len(str(limit)) else limit + 1
    if length > limit:
        raise _too_large(f"{length_text[:40]} bytes long", limit)
    body = _read(environ, length)
    if len(body) < length:
        raise BodyError(
            HTTPStatus.BAD_REQUEST,
            "bad_body",
            f"the request body ended, or stalled for too long, after {len(body)} of the {length} "
            f"bytes that Content-Length announced",
        )
    return body


def _too_large(size: str, limit: int) -> BodyError:
    return BodyError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too_large",
        f"the request body is {size}, the limit is {limit} bytes (option {SIZE_OPTION}); with "
        f"nodeCacheCapable: true kube-scheduler sends names instead of whole nodes",
    )


def _read(environ: WSGIEnvironment, size: int) -> bytes:
    try:
        body: bytes = environ["wsgi.input"].read(size)
    except Exception as error:
        # Whatever a server's input raises on broken chunks or a lost connection: gunicorn alone
        # has five types, of three unrelated bases.
        raise BodyError(
            HTTPStatus.BAD_REQUEST,
            "bad_body",
            f"the request body could not be read: {type(error).__name__}",
        ) from error
    return body
