"""Reading an answer of the API server while it comes."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPException

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

from extender.kube.connection import Call
from extender.kube.errors import ApiError, TransportError
from extender.kube.listwatch import read_error

MAX_LINE = 64 * 1024 * 1024
"""Bytes of one line of a stream. etcd takes objects of 1.5 MB; a stream without an end of line
must not fill the memory."""

_PIECE = 256 * 1024
_MAX_ERROR_BODY = 64 * 1024


def read(response: urllib3.BaseHTTPResponse, call: Call) -> bytes:
    """What has come, at least a byte; empty at the orderly end.

    Raises:
        TransportError: the connection broke, was silent for the read time-out, or the call was
            ended from this side.
    """
    try:
        piece = response.read1(_PIECE)
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        raise broken(error, call) from error
    if call.ended:  # a shut socket looks like an orderly end where the length is not known
        raise TransportError("the call was ended", "closed")
    return piece


def lines(response: urllib3.BaseHTTPResponse, call: Call) -> Iterator[bytes]:
    """The whole lines, without their end and without empty ones.

    Raises:
        TransportError: as `read`; or the answer ended inside a line, or a line is endless.
    """
    begun: list[bytes] = []
    size = 0
    while piece := read(response, call):
        first, *rest = piece.split(b"\n")
        begun.append(first)
        size += len(first)
        if rest:
            *whole, last = (b"".join(begun), *rest)
            begun, size = [last], len(last)
            for line in whole:
                if line and not line.isspace():
                    yield line
        if size > MAX_LINE:
            raise TransportError(f"a line of more than {MAX_LINE} bytes", "protocol")
    if any(begun):
        raise TransportError("the answer ended inside a line", "protocol")


def refusal(response: urllib3.BaseHTTPResponse, call: Call) -> ApiError:
    """The error that an answer other than 2xx means; its body is read only so far as of use."""
    body = bytearray()
    try:
        while len(body) < _MAX_ERROR_BODY and (piece := read(response, call)):
            body += piece
    except TransportError:
        if call.ended:
            raise
    return read_error(
        response.status, response.reason or "", bytes(body), response.headers.get("Retry-After")
    )


def broken(error: Exception, call: Call) -> TransportError:
    """What an error of urllib3, or below it, means."""
    if call.ended:
        return TransportError("the call was ended", "closed")
    if isinstance(error, NewConnectionError):
        # The text of urllib3 has an address in memory; what the system said is the cause.
        return TransportError(str(error.__cause__ or "cannot connect"), "connection")
    if isinstance(error, ConnectTimeoutError):
        return TransportError(f"cannot connect: {error}", "connection")
    if isinstance(error, SSLError):
        return TransportError(f"TLS: {error}", "tls")
    if isinstance(error, Urllib3TimeoutError):
        return TransportError(f"time-out: {error}", "timeout")
    inner = error.args[-1] if error.args else None
    text = inner if isinstance(inner, Exception) else error
    return TransportError(f"connection lost: {text}", "connection")
