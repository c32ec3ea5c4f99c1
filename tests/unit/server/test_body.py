"""extender.server.body."""

from __future__ import annotations

import io
from typing import Any

import pytest

from extender.server.body import BodyError, read_body


def environ(text: bytes, length: str | None, **more: Any) -> dict[str, Any]:
    """Make the part of a WSGI environ that counts."""
    found: dict[str, Any] = {"wsgi.input": io.BytesIO(text), **more}
    if length is not None:
        found["CONTENT_LENGTH"] = length
    return found


def refusal(found: dict[str, Any], limit: int = 10) -> BodyError:
    """Read what cannot be read."""
    with pytest.raises(BodyError) as caught:
        read_body(found, limit)
    return caught.value


CHUNKED: dict[str, Any] = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}


@pytest.mark.parametrize("text", [b"", b"x", b"x" * 10])
def test_by_length(text: bytes) -> None:
    """A body is read by its length, up to the limit, and not further."""
    found = environ(text + b"next", str(len(text)))
    assert read_body(found, 10) == text
    assert found["wsgi.input"].read() == b"next"


@pytest.mark.parametrize("text", [b"", b"x", b"x" * 10])
def test_by_chunks(text: bytes) -> None:
    """A body without a length is read if the server marks its end."""
    assert read_body(environ(text, None, **CHUNKED), 10) == text


@pytest.mark.parametrize("length", ["11", "99999999999999999999"])
def test_too_large_by_length(length: str) -> None:
    """Too large a body names its size, the limit and the option, and is not read."""
    found = environ(b"x" * 11, length)
    error = refusal(found)
    assert (error.status, error.outcome) == (413, "too_large")
    assert f"{length} bytes long, the limit is 10 bytes" in str(error)
    assert "server.max_body_bytes" in str(error)
    assert found["wsgi.input"].tell() == 0


def test_too_large_by_chunks() -> None:
    """Of chunks no more is read than shows that they are too many."""
    found = environ(b"x" * 100, None, **CHUNKED)
    error = refusal(found)
    assert (error.status, error.outcome) == (413, "too_large")
    assert "more than 10 bytes long" in str(error)
    assert found["wsgi.input"].tell() == 11


@pytest.mark.parametrize(
    "found",
    [
        environ(b"{}", None),
        environ(b"{}", ""),
        environ(b"{}", None, HTTP_TRANSFER_ENCODING="chunked"),
    ],
)
def test_without_length(found: dict[str, Any]) -> None:
    """Without a length, and without a server that takes chunks apart, nothing is read."""
    error = refusal(found)
    assert (error.status, error.outcome) == (411, "bad_body")
    assert "neither Content-Length nor Transfer-Encoding" in str(error)


@pytest.mark.parametrize("length", ["x", "-1", "1.5", "+1", "²", " 1"])
def test_wrong_length(length: str) -> None:
    """A length that is no number is refused."""
    error = refusal(environ(b"{}", length))
    assert (error.status, error.outcome) == (400, "bad_body")
    assert f"Content-Length is {length!r}" in str(error)


def test_short_body() -> None:
    """A body that ends too soon says how far it came."""
    error = refusal(environ(b"abc", "7"))
    assert (error.status, error.outcome) == (400, "bad_body")
    assert "after 3 of the 7 bytes" in str(error)


@pytest.mark.parametrize("more", [{}, CHUNKED])
def test_input_that_raises(more: dict[str, Any]) -> None:
    """Whatever the server's input raises becomes an error of the body."""

    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise ConnectionResetError("by peer")

    found = environ(b"", None if more else "5", **more)
    found["wsgi.input"] = Broken()
    assert "could not be read: ConnectionResetError" in str(refusal(found))
