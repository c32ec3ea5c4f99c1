"""What a node says of itself in an object: read-only, and cheap to compare and to hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Said(Mapping[str, object]):
    """An object of names and JSON values, by which hosts can be grouped (``HostTable.encoded``).

    Two are equal where nobody could tell their texts apart: in a JSON value 1 and true differ.
    Equal objects are best shared, for then their hash is worked out only once.
    """

    __slots__ = ("_hash", "_values")

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        self._values = dict(values or {})
        self._hash: int | None = None

    def __getitem__(self, name: str) -> object:
        """The value of a name."""
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._values)

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._values)

    def __repr__(self) -> str:
        """Python's text of the object, which is what capabilities are compared as."""
        return repr(self._values)

    def __hash__(self) -> int:
        """Worked out when it is first asked for."""
        if self._hash is None:
            self._hash = hash(repr(self._values))
        return self._hash

    def __eq__(self, other: object) -> bool:
        """By text; with any other mapping by value."""
        if isinstance(other, Said):
            return self is other or repr(self) == repr(other)
        return self._values == other
