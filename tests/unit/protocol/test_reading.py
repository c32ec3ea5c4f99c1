"""extender.protocol.reading."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
import pytest
from msgspec import Raw

from extender.protocol.errors import ProtocolError
from extender.protocol.reading import array, mapping, members, pick, pod_of, read, string

EXPECTED = "expected a thing"


def picked(body: bytes, wanted: str) -> bytes | None:
    """The member of that name in an object."""
    found = pick(members(body, "$", EXPECTED), wanted)
    return None if found is None else bytes(found)


def told(action: Callable[[], object]) -> ProtocolError:
    """The error of what cannot be read."""
    with pytest.raises(ProtocolError) as caught:
        action()
    return caught.value


def test_read_gives_what_decode_gives() -> None:
    """A sound body is the decoder's alone."""
    assert read(b'"\xc3\xa9"', msgspec.json.Decoder(str).decode, EXPECTED) == "é"


@pytest.mark.parametrize(
    ("body", "path", "offset", "says"),
    [
        (b" ", "$", 0, "is empty; expected a thing"),
        (b'{"a": [1, ', "$.a[1]", 10, "cut off after byte 10, in $.a[1]; expected a thing"),
        (b'{"a": nix}', "$.a", 7, "not JSON: invalid character at byte 7, in $.a; expected a"),
        (b'{"a": "\xff"}', "$.a", 7, "not UTF-8: byte 7, in $.a, begins no character; expected a"),
        (b"{} {}", "$", 3, "goes on after its JSON value, from byte 3 of 5; expected a thing"),
        (b'["\\ud800"]', "$[0]", 2, "half a surrogate pair"),
    ],
)
def test_read_says_where_a_body_broke(body: bytes, path: str, offset: int, says: str) -> None:
    """At which byte, in which member, and what the caller expected."""
    error = told(lambda: read(body, msgspec.json.Decoder(Raw).decode, EXPECTED))
    assert (error.path, error.offset) == (path, offset)
    assert says in str(error)


def test_read_bears_any_depth() -> None:
    """Nesting beyond reason is an error like any other."""
    body = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    error = told(lambda: read(body, msgspec.json.Decoder(Raw).decode, EXPECTED))
    assert error.path == "$.a[0][0][0][0][0][0][0]…"
    assert str(error).endswith(
        "more than 100 levels, at byte 104, in $.a" + "[0]" * 7 + "…; " + (EXPECTED)
    )


def test_members_keep_repeated_keys() -> None:
    """All of them are there, in their order."""
    found = members(b'{"b":1,"a":2,"b":3}', "$", EXPECTED)
    assert [(key, bytes(value)) for key, value in found] == [("b", b"1"), ("a", b"2"), ("b", b"3")]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"PodUID":"x"}', b'"x"'),
        (b'{"poduid":"x"}', b'"x"'),
        (b'{"poduid":"x","PodUID":"y","PODUID":"z"}', b'"y"'),
        (b'{"PodUID":"x","PodUID":"y"}', b'"y"'),
        (b'{"poduid":"x","PODUID":"y"}', b'"y"'),
        (b'{"poduid":"x","PodUID":null}', None),
        (b'{"PodUI":"x"}', None),
        (b"{}", None),
    ],
)
def test_pick(body: bytes, found: bytes | None) -> None:
    """An exact key before one of another casing, the last of several, and null is absent."""
    assert picked(body, "PodUID") == found


def test_pod_of() -> None:
    """The pod must be there, and an object."""
    assert bytes(pod_of(members(b'{"pod":{"a":1}}', "$", EXPECTED), EXPECTED)) == b'{"a":1}'
    missing = told(lambda: pod_of([], EXPECTED))
    assert (missing.path, str(missing)) == (
        "$.Pod",
        "$.Pod is missing or null; expected a thing",
    )
    wrong = told(lambda: pod_of([("Pod", Raw(b"[]"))], EXPECTED))
    assert str(wrong) == "$.Pod is an array; expected a Pod object"


def test_mapping() -> None:
    """Its keys are taken as they are; of a key given twice the last counts."""
    found = mapping(Raw(b'{"a":1,"A":2,"a":3}'), "$.x", "a map")
    assert {key: bytes(value) for key, value in found.items()} == {"a": b"3", "A": b"2"}


@pytest.mark.parametrize("reader", [mapping, array, string])
@pytest.mark.parametrize("value", [b"null", b"1", b"true"])
def test_wrong_kinds(reader: Callable[[Raw, str, str], object], value: bytes) -> None:
    """Where, what it is, and what it should be; a leading "expected" is not said twice."""
    kind = {b"null": "null", b"1": "a number", b"true": "true or false"}[value]
    for expected in ("this or that", "expected this or that"):
        error = told(partial(reader, Raw(value), "$.x", expected))
        assert (error.path, str(error)) == ("$.x", f"$.x is {kind}; expected this or that")


def test_array_and_string() -> None:
    """Items stay as they are written, a string is decoded."""
    assert [bytes(item) for item in array(Raw(b'[1, {"a":2}]'), "$", "")] == [b"1", b'{"a":2}']
    assert string(Raw(b'"\\u00e9"'), "$", "") == "é"
