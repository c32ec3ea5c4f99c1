"""The table of departures: sound rows, the page that shows them, and our half of each example."""

from __future__ import annotations

import pytest

from tests.conformance import case as form
from tests.conformance import departures, ours, page
from tests.conformance.case import Case
from tests.conformance.compare import FILTER, WEIGHER, Difference
from tests.conformance.departure import Departure

ROWS = pytest.mark.parametrize("row", departures.TABLE, ids=lambda row: row.id)


def test_names() -> None:
    """No two rows share a name."""
    names = [row.id for row in departures.TABLE]
    assert len(set(names)) == len(names)


@ROWS
def test_example(row: Departure) -> None:
    """The extender answers every row's case, and no filter fails on it."""
    answer = ours.judge({"judge": list(ours.FILTERS), **row.example})
    assert "refused" not in answer
    verdicts = [one[0] for name in answer["filters"] for one in answer["filters"][name]]
    assert set(verdicts) <= {True, False}
    assert row.example.keys() <= {
        *("hosts", "aggregates", "request", "options", "filters", "weighers", "schedule")
    }
    assert form.hosts(row.example)


@ROWS
def test_narrow(row: Departure) -> None:
    """No row recognises just any difference: not where a plain host is refused by itself."""
    plain: Case = {"hosts": [{}, {}]}
    filters = [
        Difference(FILTER, name, 0, [nova, {}], [not nova, None, {}])
        for name in ours.FILTERS
        for nova in (True, False)
    ]
    weighers = [Difference(WEIGHER, name, -1, {"raw": [1]}, {"raw": [2]}) for name in ours.WEIGHERS]
    assert not any(row.test(plain, found) for found in (*filters, *weighers))


def test_page_is_fresh() -> None:
    """``docs/conformance.md`` shows the table as it is (else: python -m tests.conformance.page)."""
    text = page.PAGE.read_text()
    assert page.fresh(text) == text


def test_page_without_marks() -> None:
    """A page without the marks is an error, not a page without a table."""
    with pytest.raises(ValueError, match="lacks"):
        page.fresh("# Conformance\n")
