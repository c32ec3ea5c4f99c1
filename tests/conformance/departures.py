"""The deliberate departures from Nova: each with a reason, a narrow test, and a case that shows it.

A difference that no row recognises is a fault. ``docs/conformance.md`` is made of this table
(``python -m tests.conformance.page``).
"""

from __future__ import annotations

from tests.conformance.case import Case
from tests.conformance.compare import Difference
from tests.conformance.departures_devices import DEVICES
from tests.conformance.departures_general import GENERAL

TABLE = (*GENERAL, *DEVICES)


def of(case: Case, difference: Difference) -> str | None:
    """The id of the departure that a difference is, if it is one."""
    for row in TABLE:
        if row.test(case, difference):
            return row.id
    return None
