"""extender.protocol.errors."""

from __future__ import annotations

from extender.protocol.errors import ProtocolError


def test_says_where() -> None:
    """An error carries its text, the path and the byte."""
    error = ProtocolError("cut off", path="$.Pod", offset=7)
    assert (str(error), error.path, error.offset) == ("cut off", "$.Pod", 7)


def test_whole_document_by_default() -> None:
    """Without a place it is about the whole document."""
    error = ProtocolError("empty")
    assert (error.path, error.offset) == ("$", None)
