"""The JSON of errors and lines, and JSON that is nested too deep."""

from __future__ import annotations

import json
from email.utils import formatdate
from time import time
from typing import Any

import msgspec
import pytest

from extender.kube.errors import ApiError, TransportError
from extender.kube.listwatch import read_error, read_line, read_page
from extender.kube.nesting import MAX_DEPTH, decode_deep, shallow


def _line(kind: str, metadata: str = "{}") -> bytes:
    return f'{{"type": "{kind}", "object": {{"metadata": {metadata}}}}}'.encode()


def test_line() -> None:
    """The name and version of an object are found, the rest stays as it came."""
    change = read_line(_line("ADDED", '{"name": "n", "namespace": "ns", "resourceVersion": "7"}'))
    assert (change.kind, change.key, change.version) == ("ADDED", "ns/n", "7")
    assert bytes(change.raw).startswith(b'{"metadata"')
    assert not change.ends_initial
    assert read_line(_line("ADDED", '{"name": "n"}')).key == "n"


@pytest.mark.parametrize(
    ("annotations", "ends"),
    [
        ('{"k8s.io/initial-events-end": "true"}', True),
        ('{"k8s.io/initial-events-end": "false"}', False),
        ("{}", False),
        ("null", False),
    ],
)
def test_closing_bookmark(annotations: str, ends: bool) -> None:
    """Only the annotation with the value true closes the initial part."""
    mark = read_line(_line("BOOKMARK", f'{{"resourceVersion": "7", "annotations": {annotations}}}'))
    assert (mark.version, mark.ends_initial) == ("7", ends)


def test_error_line_without_a_status() -> None:
    """An ERROR event whose object is something else is still an error."""
    with pytest.raises(ApiError) as caught:
        read_line(b'{"type": "ERROR", "object": {"kind": "Pod"}}')
    assert caught.value.status == 500


@pytest.mark.parametrize("line", [b"", b"{}", b'{"type": "ADDED"}', b"[1]", b'"\xff"'])
def test_no_line(line: bytes) -> None:
    """What is no event is a fault of the protocol."""
    with pytest.raises(TransportError) as caught:
        read_line(line)
    assert caught.value.kind == "protocol"


def test_page_without_items() -> None:
    """Null items are none."""
    page = read_page(b'{"metadata": {"resourceVersion": "7", "continue": "t"}, "items": null}')
    assert page == ([], "7", "t")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), (" 3 ", 3.0), (None, None), ("soon", None), ("-1", None), ("", None)],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    """Seconds are read, nonsense is not."""
    assert read_error(429, "Too Many Requests", b"", header).retry_after == seconds


def test_retry_after_as_a_date() -> None:
    """A proxy may send a date."""
    asked = read_error(503, "", b"", formatdate(time() + 30, usegmt=True)).retry_after
    assert asked is not None
    assert 25 < asked <= 30


def test_retry_after_in_the_status() -> None:
    """The body's seconds count where there is no header, as inside a watch."""
    body = b'{"kind": "Status", "code": 429, "reason": "R", "details": {"retryAfterSeconds": 4}}'
    error = read_error(500, "", body, None)
    assert (error.status, error.retry_after) == (429, 4.0)
    assert read_error(500, "", body, "9").retry_after == 9.0


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b'{"kind": "Status", "code": "x"}', b"[" * 9999]
)
def test_error_of_any_body(body: bytes) -> None:
    """Whatever the body is, the HTTP status is told."""
    assert read_error(500, "Internal Server Error", body, None).status == 500


def test_long_message_is_cut() -> None:
    """A page of text is not carried into logs."""
    assert len(read_error(502, "", b"x" * 10_000, None).message) == 500


def _nested(levels: int, inner: str = "1") -> bytes:
    return ('{"a":[' * levels + inner + "]}" * levels).encode()


def test_shallow_leaves_ordinary_json_alone() -> None:
    """Nothing changes down to the limit, brackets in strings do not count."""
    for data in (_nested(MAX_DEPTH // 2), b'{"a": "[[[{{{\\"]]", "b": [{}, []]}', b"1", b""):
        assert shallow(data) == data


def test_shallow_replaces_what_is_deeper() -> None:
    """The first level beyond the limit reads as null, and what follows it is kept."""
    deep = _nested(MAX_DEPTH // 2, '[1, {"x": "]"}], {}, 5')
    kept = _nested(MAX_DEPTH // 2, "null, null, 5")
    assert shallow(deep) == kept
    assert json.loads(kept)


def test_shallow_keeps_broken_json_broken() -> None:
    """It repairs nothing."""
    for data in (b"{" * 5000, b"}" * 5000, b'{"a": "' + b"[" * 5000):
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(shallow(data))


def test_decode_deep() -> None:
    """What the decoder looks for is found beside what is too deep for it."""
    data = b'{"deep": %s, "name": "x"}' % _nested(50_000)
    decoder = msgspec.json.Decoder(dict[str, Any])
    with pytest.raises(RecursionError):
        decoder.decode(data)
    assert decode_deep(decoder, data)["name"] == "x"
