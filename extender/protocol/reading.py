"""What the decoders of all verbs share: tolerant reading, and the words for what is wrong.

Go's types have no JSON tags: it writes its field names as they stand, ``null`` where there is
nothing, and reads keys of any casing. ``members`` and ``pick`` read as tolerantly as Go.

Unlike Go's streaming decoder, which reads one value and ignores the rest, bytes after the first
value are an error: no client sends them on purpose, and they betray a mangled body.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, NoReturn, TypeVar

import msgspec
from msgspec import Raw

from extender.protocol.diagnosis import LARGEST_TEXT, Place, first_bad_utf8, kind_of, place_of
from extender.protocol.errors import ProtocolError

_DEEP: Final = 100
_OFFSET: Final = re.compile(r" \(byte (\d+)\)$")

T = TypeVar("T")
Members = list[tuple[str, Raw]]


class _Key:
    """A key of an object. Unlike strings no two are equal, so that repeated keys all survive."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def _key(_type: type, text: object) -> _Key:
    return _Key(str(text))


_decode_object: Final[Callable[[bytes], dict[_Key, Raw]]] = msgspec.json.Decoder(
    dict[_Key, Raw], dec_hook=_key
).decode
_decode_map: Final[Callable[[bytes], dict[str, Raw]]] = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_array: Final[Callable[[bytes], list[Raw]]] = msgspec.json.Decoder(list[Raw]).decode
_decode_string: Final[Callable[[bytes], str]] = msgspec.json.Decoder(str).decode


def read(body: bytes, decode: Callable[[bytes], T], expected: str) -> T:
    """Decode a body, and say of one that is no JSON where it broke.

    Args:
        body: the request's bytes.
        decode: what decodes a sound text; it may raise ProtocolError, and what msgspec raises.
        expected: what would be right, for the message: ``expected …``.

    Raises:
        ProtocolError: and nothing else, whatever the bytes are.
    """
    if not body.isascii() and (bad := first_bad_utf8(body)) is not None:
        path, offset = place_of(body, bad)
        raise ProtocolError(
            f"the request body is not UTF-8: byte {offset}, in {path}, begins no character; "
            f"{expected}",
            path=path,
            offset=offset,
        )
    try:
        return decode(body)
    except msgspec.DecodeError as error:
        _refuse_text(body, str(error), expected)
    except RecursionError:
        place = place_of(body, len(body), depth=_DEEP)
        where = "" if place.path == "$" else f", at byte {place.offset}, in {place.path}"
        raise ProtocolError(
            f"the request body is nested too deeply: more than {_DEEP} levels{where}; {expected}",
            path=place.path,
        ) from None


def members(value: bytes, path: str, expected: str) -> Members:
    """The members of an object, repeated ones too, in their order."""
    try:
        return [(key.text, member) for key, member in _decode_object(value).items()]
    except msgspec.ValidationError:
        refuse_kind(path, value.lstrip() if path == "$" else value, expected)


def pick(found: Members, wanted: str) -> Raw | None:
    """Return the member of that name, ``None`` where it is missing or ``null``.

    Keys are matched exactly or, where no key matches exactly, whatever their casing; of several,
    the last counts. casefold, as Go compares keys by Unicode's simple folding (``encoding/json``
    ``foldName``).
    """
    exact = [member for key, member in found if key == wanted]
    folded = wanted.casefold()
    matching = exact or [member for key, member in found if key.casefold() == folded]
    if not matching or kind_of(matching[-1]) == "null":
        return None
    return matching[-1]


def pod_of(found: Members, expected: str) -> Raw:
    """The member ``Pod``, a JSON object, which may not be missing."""
    pod = pick(found, "Pod")
    if pod is None:
        raise ProtocolError(f"$.Pod is missing or null; {expected}", path="$.Pod")
    if kind_of(pod) != "an object":
        refuse_kind("$.Pod", pod, "a Pod object")
    return pod


def mapping(value: Raw, path: str, expected: str) -> Mapping[str, Raw]:
    """The members of an object whose keys are data: of a key given twice the last counts."""
    if kind_of(value) != "an object":
        refuse_kind(path, value, expected)
    return _decode_map(value)


def array(value: Raw, path: str, expected: str) -> list[Raw]:
    """The items of an array."""
    if kind_of(value) != "an array":
        refuse_kind(path, value, expected)
    return _decode_array(value)


def string(value: Raw, path: str, expected: str) -> str:
    """A string."""
    if kind_of(value) != "a string":
        refuse_kind(path, value, expected)
    return _decode_string(value)


def refuse_kind(path: str, value: bytes, expected: str) -> NoReturn:
    """Raise for a value of a wrong kind: where, what it is, what it should be."""
    expected = expected.removeprefix("expected ")
    # `from None`: the decoder's own words add nothing, and the caller sees only this message.
    subject = "the request body" if path == "$" else path
    raise ProtocolError(f"{subject} is {kind_of(value)}; expected {expected}", path=path) from None


def _refuse_text(body: bytes, problem: str, expected: str) -> NoReturn:
    """Raise for a text that is no JSON, from what the decoder said of it."""
    if not body.strip():
        raise ProtocolError(f"the request body is empty; {expected}", offset=0) from None
    match = _OFFSET.search(problem)
    stop = int(match[1]) if match else len(body)
    reason = problem[: match.start()].removeprefix("JSON is malformed: ") if match else ""
    if reason == "trailing characters":
        stop -= 1  # here alone the decoder counts the byte it stumbled over
        raise ProtocolError(
            f"the request body goes on after its JSON value, from byte {stop} of {len(body)}; "
            f"{expected}",
            offset=stop,
        ) from None
    place = place_of(body, stop)
    if reason:
        what = f"the request body is not JSON: {reason} at byte {place.offset}, in {place.path}"
    elif (lone := _lone_surrogate(body)) is not None:
        place = lone
        what = (
            "the request body is not JSON: half a surrogate pair (\\ud800 to \\udfff without its "
            f"other half) near byte {place.offset}, in {place.path}"
        )
    else:
        what = f"the request body is cut off after byte {place.offset}, in {place.path}"
    raise ProtocolError(f"{what}; {expected}", path=place.path, offset=place.offset) from None


_LONE_HIGH_SURROGATE: Final = re.compile(
    rb"(?<!\\)(?:\\\\)*+(\\u[dD][89abAB][0-9a-fA-F]{2})"
    rb"(?=[^\\]|\\[^u]|\\u[^dD]|\\u[dD][^c-fC-F])"
)


def _lone_surrogate(body: bytes) -> Place | None:
    """Find half a surrogate pair: near the end of the text the decoder calls that cut off too."""
    match = _LONE_HIGH_SURROGATE.search(body, 0, LARGEST_TEXT)
    return place_of(body, match.start(1)) if match else None
