"""tests.bench.figures and tests.bench.report."""

from __future__ import annotations

import pytest

from tests.bench.figures import Figure, document
from tests.bench.report import as_text


def test_targets() -> None:
    """At the limit is within it, whichever way is good."""
    assert Figure("a", 1.0, "ratio", target=1.0).met is True
    assert Figure("a", 1.01, "ratio", target=1.0).met is False
    assert Figure("a", 60.0, "ratio", "higher", 60.0).met is True
    assert Figure("a", 59.0, "ratio", "higher", 60.0).met is False
    assert Figure("a", 1.0, "ms").met is None


def test_a_document() -> None:
    """What a machine reads: the figures with their verdicts, beside the machine's facts."""
    found = document("bench", {"cores": 2}, [Figure("a", 2.0, "ratio", target=1.0)])
    assert found["machine"] == {"cores": 2}
    assert found["figures"] == [
        {"id": "a", "value": 2.0, "unit": "ratio", "better": "lower", "target": 1.0, "met": False}
    ]


def test_an_id_that_stands_twice() -> None:
    """Two figures of one name could not be told apart."""
    with pytest.raises(ValueError, match=r"\['a'\]"):
        document("bench", {}, [Figure("a", 1.0, "ms"), Figure("a", 2.0, "ms")])


def test_tables() -> None:
    """Latencies stand beside the echo's; other groups have a line a figure."""
    where = "latency/all pass/100/filter"
    text = as_text(
        [
            Figure(f"{where}/p50", 0.6, "ms"),
            Figure(f"{where}/echo p50", 0.3, "ms"),
            Figure(f"{where}/p50 to echo", 2.0, "ratio", target=2.5),
            Figure("load/file/seconds", 6.0, "s", target=5.0),
        ]
    )
    lines = text.splitlines()
    assert " ".join(lines[1].split()) == "all pass 100 filter p50 0.60 0.30 2.00 ≤ 2.5 met"
    assert "load/file/seconds      6  s     ≤ 5     missed" in lines
