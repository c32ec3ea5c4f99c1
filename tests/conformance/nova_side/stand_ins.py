"""What stands in for Nova's database and for Placement. Nothing that is compared is among them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nova import context, objects  # type: ignore[import-not-found]  # in Nova's own environment
from nova.objects import instance  # type: ignore[import-not-found]


def install() -> None:
    """Let ImagePropertiesWeigher find its cell and its instances without a database."""
    objects.CellMapping.get_by_uuid = classmethod(
        lambda cls, _context, uuid: cls(uuid=uuid, database_connection="", transport_url="")
    )
    # What the database says of instances that are being placed: nothing yet.
    instance.db.instances_fill_metadata = lambda _context, instances, **_kwargs: [
        {**one, "system_metadata": {}} for one in instances
    ]
    context.target_cell = _target_cell


@contextmanager
def _target_cell(ctxt: Any, _cell: Any) -> Iterator[Any]:
    yield ctxt


class Placement:
    """Placement's client: accepts a claim unless the case says no, and notes what is undone."""

    def __init__(self, refuse: list[tuple[int, str]], uuids: list[str]) -> None:
        self.refused = {(uuids[number], host) for number, host in refuse if number < len(uuids)}
        self.undone: list[str] = []

    def claim_resources(
        self, _context: Any, consumer: str, request: dict[str, Any], *_args: Any, **_kwargs: Any
    ) -> bool:
        """Whether the first provider of the request may be had."""
        provider = next(iter(request["allocations"]))
        return (consumer, provider.removeprefix("uuid-")) not in self.refused

    def delete_allocation_for_instance(self, _context: Any, consumer: str, **_kwargs: Any) -> bool:
        """Note that a claim was taken back."""
        self.undone.append(consumer)
        return True
