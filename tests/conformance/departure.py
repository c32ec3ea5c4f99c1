"""What a row of the table of departures is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.conformance.case import Case
from tests.conformance.compare import Difference

Test = Callable[[Case, Difference], bool]


@dataclass(frozen=True, slots=True)
class Departure:
    """One row.

    Args:
        id: its name in the summary.
        nova, ours: what each does.
        why: the reason.
        test: whether a difference is this one, from the case and the answers.
        example: a case that shows it, as small as can be.
    """

    id: str
    nova: str
    ours: str
    why: str
    test: Test
    example: Case


def host(name: str = "a", **fields: Any) -> Case:
    """A host that is as the defaults say, but for these fields."""
    return {"host": name, **fields}


def case(*its_hosts: Case, **fields: Any) -> Case:
    """A case of these hosts, or of one plain host."""
    return {"hosts": list(its_hosts) or [host()], **fields}


def flavor(**fields: Any) -> Case:
    """A request for this flavor."""
    return {"flavor": fields}
