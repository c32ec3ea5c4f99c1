"""Rows of hosts by name, for thousands of names at once.

A dictionary asks for a Python string a name, and jumps about in memory for each: at 65,000 hosts
that was two thirds of a call. Here names stay the bytes that they came in, and are looked up side
by side in a hash table of NumPy arrays: open addressing, linear probing, exact comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
"""Names as 64-bit words, a row each: their UTF-8 bytes, zeros behind."""

_WORD: Final = 8
_FACTORS: Final = np.random.default_rng(20).integers(1, 2**63, 64, dtype=np.uint64) * 2 + 1
"""Odd multipliers, one a word; the hash of a name is the sum of its words' products."""
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_HALF: Final = np.uint64(32)
_LONGEST: Final = _WORD * len(_FACTORS)


class NameIndex:
    """Which row each name is in; made once for names that do not change.

    Args:
        names: distinct names; the position of each is its row.

    Raises:
        ValueError: a name is longer than 512 bytes (Kubernetes allows 253), or has a NUL.
    """

    def __init__(self, names: Sequence[str]) -> None:
        encoded = [name.encode() for name in names]
        longest = max(map(len, encoded), default=1)
        if longest > _LONGEST:
            raise ValueError(f"a name of {longest} bytes; at most {_LONGEST} can be indexed")
        if any(b"\0" in name for name in encoded):
            raise ValueError("a name with a NUL character; it cannot be told from padding")
        self._words = max(1, -(-longest // _WORD))
        self._width = _WORD * self._words
        self._keys = _as_words(np.array(encoded, dtype=f"S{self._width}"), self._words)
        # What is kept of a window by the length of the name it begins with.
        kept = np.tril(np.full((self._width + 1, self._width), 255, dtype=np.uint8), -1)
        self._masks = _as_words(kept, self._words)
        bits = max(4, (4 * len(encoded)).bit_length())
        self._last = (1 << bits) - 1
        self._shift = np.uint64(64 - bits)
        self._slots = np.full(1 << bits, -1, dtype=np.int32)
        self._fill()

    def _fill(self) -> None:
        """Give each key the first free slot from its hash on."""
        left = np.arange(len(self._keys), dtype=np.int32)
        slots = self._hash(self._keys)
        while len(left):
            free = self._slots[slots] < 0
            self._slots[slots[free]] = left[free]
            lost = self._slots[slots] != left
            left, slots = left[lost], (slots[lost] + 1) & self._last

    def _hash(self, words: Words) -> npt.NDArray[np.intp]:
        mixed = words @ _FACTORS[: self._words]
        mixed ^= mixed >> _HALF
        mixed *= _MIX
        return (mixed >> self._shift).astype(np.intp)

    def rows(
        self, text: bytes, starts: npt.NDArray[np.intp], lengths: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.intp]:
        """The rows of names that stand in a text; -1 for one that is not known.

        Args:
            text: UTF-8, without NUL characters.
            starts: where in it each name begins.
            lengths: and how many bytes it has.
        """
        fits = lengths <= self._width
        all_fit = bool(fits.all())
        padded = text + bytes(self._width)
        windows: npt.NDArray[np.void] = np.ndarray(
            (len(text),), dtype=f"V{self._width}", buffer=padded, strides=(1,)
        )
        words = _as_words(windows[starts], self._words)
        # take: indexing goes over such narrow rows ten times as slowly.
        words &= self._masks.take(lengths if all_fit else lengths * fits, axis=0)
        slots = self._hash(words)
        rows = self._slots.take(slots)
        left = np.flatnonzero(self._others(rows, words))
        while len(left):
            moved = (slots.take(left) + 1) & self._last
            slots[left] = moved
            found = self._slots.take(moved)
            rows[left] = found
            left = left[self._others(found, words.take(left, axis=0))]
        if not all_fit:
            rows[~fits] = -1
        return rows.astype(np.intp)

    def _others(self, rows: npt.NDArray[np.int32], words: Words) -> npt.NDArray[np.bool_]:
        """Which slots hold another name than is looked for; an empty one ends the search."""
        if not len(self._keys):
            return np.zeros(len(rows), dtype=np.bool_)
        differs = self._keys.take(rows, axis=0) != words
        other: npt.NDArray[np.bool_] = differs[:, 0].copy()
        for word in range(1, self._words):  # far faster than reducing rows of so few
            other |= differs[:, word]
        other &= rows >= 0
        return other


def _as_words(rows: npt.NDArray[np.void | np.bytes_ | np.uint8], words: int) -> Words:
    return np.ascontiguousarray(rows).view(np.uint64).reshape(-1, words)
