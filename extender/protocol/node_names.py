"""Names of nodes as they stand in a request, and parts of replies made from those very bytes.

A list of 65,000 names costs milliseconds as Python strings, in each direction. What kube-scheduler
sends are plain names (no character needs escaping), so a reply is cut out of the request. Lists
that are not of that kind are decoded and encoded like any JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

_QUOTE: Final = ord('"')
_BETWEEN: Final = b'","'
_SCORE: Final = b'","Score":'
_LEAST_PRINTABLE: Final = 32
_ZERO, _BLANK, _COMMA = ord("0"), ord(" "), ord(",")
_encode: Final = msgspec.json.Encoder().encode
_decode: Final[Callable[[bytes], list[str]]] = msgspec.json.Decoder(list[str]).decode


class NodeNames:
    """The names of nodes, as a JSON array that they can be cut out of, or as strings.

    Attributes:
        json: the array.
        spans: where each name begins in ``json``, and how many bytes it has; ``None`` unless all
            are plain.
    """

    __slots__ = ("_sizes", "_texts", "json", "spans")

    def __init__(
        self, json: bytes, spans: tuple[Places, Places] | None, texts: list[str] | None = None
    ) -> None:
        self.json = json
        self.spans = spans
        self._texts = texts
        self._sizes: Places | None = None

    @classmethod
    def plain(cls, json: bytes) -> NodeNames | None:
        """The names of a JSON text; ``None`` unless it is an array of nothing but plain names."""
        spans = _spans(json)
        return None if spans is None else cls(json, spans)

    @classmethod
    def of(cls, texts: Iterable[str]) -> NodeNames:
        """The names in a list."""
        listed = list(texts)
        json = _encode(listed)
        return cls(json, _spans(json), listed)

    def __len__(self) -> int:
        return len(self.texts if self.spans is None else self.spans[0])

    @property
    def texts(self) -> list[str]:
        """The names as strings."""
        if self._texts is None:
            self._texts = _decode(self.json)
        return self._texts

    def among(self, mask: Mask) -> NodeNames:
        """The names at the places that are true, in order."""
        if self.spans is None:
            return NodeNames.of([self.texts[i] for i in np.flatnonzero(mask).tolist()])
        if mask.all():
            return self
        json = b"[" + self._cut(mask) + b"]"
        kept = self.spans[1][mask]
        sizes = kept + len(_BETWEEN)
        return NodeNames(json, (np.cumsum(sizes) - sizes + len(b'["'), kept))

    def _cut(self, mask: Mask) -> bytes:
        """The plain names at the places that are true, quoted, with commas between."""
        # Each name with its quotes and what stands behind it, a comma or the last bracket.
        if self._sizes is None:
            self._sizes = self.spans[1] + len(_BETWEEN) if self.spans else np.zeros(0, np.intp)
        cut = np.frombuffer(self.json, dtype=np.uint8)[1:][np.repeat(mask, self._sizes)]
        return cut.tobytes()[:-1]

    def each_with(self, mask: Mask, text: str) -> bytes:
        """The members of a JSON object: the names at some places, each with this text; no braces.

        Args:
            mask: which names.
            text: why they are refused.
        """
        value = _value(text)
        if self.spans is None:
            places = np.flatnonzero(mask).tolist()
            return b",".join(_encode(self.texts[i]) + b":" + value for i in places)
        names = self._cut(mask)
        return names.replace(_BETWEEN, b'":' + value + b',"') + b":" + value if names else b""

    def scored(self, scores: npt.NDArray[np.int64]) -> bytes:
        """A ``HostPriorityList``: an array of ``{"Host", "Score"}``, in order.

        Scores of fewer digits than the longest have blanks before them, which JSON allows.

        Args:
            scores: one a name, 0 or more. Whole numbers: a float would fail the reply in Go.

        Raises:
            ValueError: not as many scores as names.
        """
        if len(scores) != len(self):
            raise ValueError(f"{len(self)} hosts but {len(scores)} scores")
        if not len(scores):
            return b"[]"
        if self.spans is None:
            pairs = zip(self.texts, scores.tolist(), strict=True)
            return _encode([{"Host": name, "Score": score} for name, score in pairs])
        digits = len(str(int(scores.max())))
        blank = b" " * digits
        between = _SCORE + blank + b'},{"Host":"'
        head = b'[{"Host":'
        parts = (head, self.json[1:-1].replace(_BETWEEN, between), _SCORE[1:], blank, b"}]")
        text = bytearray().join(parts)
        # Where the digits of each begin: behind its name; from there to the next is a fixed way.
        first = np.cumsum(self.spans[1] + len(between))
        first += len(head) + 1 + len(_SCORE) - len(between)
        out = np.frombuffer(text, dtype=np.uint8)
        for place in range(digits):
            figure = (scores // 10**place % 10 + _ZERO).astype(np.uint8)
            if place:
                figure[scores < 10**place] = _BLANK
            out[first + (digits - 1 - place)] = figure
        return bytes(text)


@lru_cache(maxsize=256)
def _value(text: str) -> bytes:
    return _encode(text)


def _spans(json: bytes) -> tuple[Places, Places] | None:
    """Where the names are, if nothing stands in the array but plain names without blanks."""
    if json == b"[]":
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    if not (json.startswith(b'["') and json.endswith(b'"]') and json.isascii()) or b"\\" in json:
        return None
    content = np.frombuffer(json, dtype=np.uint8)
    if content.min() < _LEAST_PRINTABLE:
        return None
    quotes = np.flatnonzero(content == _QUOTE)
    if len(quotes) % 2:
        return None
    starts, ends = quotes[0::2] + 1, quotes[1::2]
    gaps = ends[:-1]
    if (starts[1:] - gaps != len(_BETWEEN)).any() or (content[gaps + 1] != _COMMA).any():
        return None
    return starts, ends - starts
