"""Generated cases: the same again from seed and number, and near the edges they are meant for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance import case as form
from tests.conformance.case import Case
from tests.conformance.generate.cases import FILTERS, LOOP, PRE_STAGE, WEIGHERS, make
from tests.conformance.generate.operators import NUMERIC, TEXTUAL

COUNT = 3000


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """As many cases as CI runs."""
    return [make(1, number) for number in range(COUNT)]


def test_same_again() -> None:
    """Seed and number alone make a case, whatever was made before."""
    first = [make(7, number) for number in range(60)]
    assert [make(7, number) for number in reversed(range(60))] == first[::-1]
    assert make(8, 0) != first[0]


def test_json(cases: list[Case]) -> None:
    """A case survives JSON, which is how Nova's side gets it."""
    assert [json.loads(json.dumps(case)) for case in cases[:300]] == cases[:300]


def test_known_keys(cases: list[Case]) -> None:
    """Cases say nothing that the neutral form does not know: it would be lost on both sides."""
    for case in cases:
        for host in case["hosts"]:
            assert host.keys() <= form.HOST.keys()
        assert case["request"].keys() <= form.REQUEST.keys()
        assert case["request"].get("flavor", {}).keys() <= form.FLAVOR.keys()
        assert case.get("options", {}).keys() <= form.OPTIONS.keys()
        assert (case["request"].get("group") or {}).keys() <= form.GROUP.keys()


def test_hosts_differ(cases: list[Case]) -> None:
    """No two hosts of a case share a name, and no instance is on two hosts."""
    for case in cases:
        names = [host["host"] for host in case["hosts"]]
        uuids = [i["uuid"] for host in case["hosts"] for i in host.get("instances", [])]
        assert len(set(names)) == len(names)
        assert len(set(uuids)) == len(uuids)


def test_every_area_often(cases: list[Case]) -> None:
    """Each filter and weigher is the subject of 300 in 20,000 cases, that is 45 of 3,000."""
    about = Counter(name for case in cases for name in case["focus"])
    assert min(about[name] for name in (*FILTERS, *WEIGHERS, PRE_STAGE, LOOP)) >= 45


def requirements(cases: list[Case]) -> Iterator[str]:
    """The requirements of all extra specs."""
    for case in cases:
        yield from case["request"].get("flavor", {}).get("extra_specs", {}).values()


@pytest.mark.parametrize("operator", [*NUMERIC, *TEXTUAL, "<in>", "<all-in>", "<or>"])
def test_operators(cases: list[Case], operator: str) -> None:
    """Each operator comes up with an operand, without one, and without a blank behind it."""
    found = list(requirements(cases))
    assert any(text.split()[:1] == [operator] and len(text.split()) > 1 for text in found)
    assert operator in [text.strip() for text in found]
    if not operator.endswith("r>") and operator != "<all-in>":
        assert any(
            text.startswith(operator) and len(text.split()) == 1 < len(text) for text in found
        )


def test_operator_edges(cases: list[Case]) -> None:
    """Words behind, alternatives that end openly, what is no operator, blanks, odd numbers."""
    found = set(requirements(cases))
    assert any(text.startswith("<in> ") and text.endswith(" <in>") for text in found)
    assert any(text.startswith("<or> ") and text.endswith(" <or>") for text in found)
    assert any(text.startswith("> ") for text in found)
    assert any(text.startswith(" ") and text.strip() for text in found)
    assert "" in found
    assert any("nan" in text for text in found)
    assert any("1_0" in text for text in found)


def queries(cases: list[Case]) -> Iterator[str]:
    """The queries of all hints."""
    for case in cases:
        yield from (case["request"].get("hints") or {}).get("query", [])


def nodes(value: Any) -> Iterator[list[Any]]:
    """All lists of a query, it itself and those in it."""
    if isinstance(value, list):
        yield value
        for item in value:
            yield from nodes(item)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def test_queries(cases: list[Case]) -> None:
    """Sound and broken queries, nested ones, ones without arguments, objects, nulls, numbers."""
    texts, parsed = list(queries(cases)), []
    for text in texts:
        try:
            parsed.append(json.loads(text))
        except ValueError:
            parsed.append("broken")
    assert "broken" in parsed
    lists = [node for query in parsed for node in nodes(query)]
    for operator in ("=", "<", ">", "<=", ">=", "in", "and", "or", "not"):
        assert any(node[:1] == [operator] and len(node) > 2 for node in lists)
        assert any(node[:1] == [operator] and len(node) < 3 for node in lists)
    negated = [node[1:] for node in lists if node[:1] == ["not"]]
    assert any(inner[:1] == ["not"] for node in negated for inner in node if _is_list(inner))
    assert any(isinstance(query, (int, str, dict)) for query in parsed)
    odd: tuple[Any, ...] = ("", None, {})
    for argument in odd:
        assert any(argument in node[1:] for node in lists)
    assert any(str(node[1:2]).startswith("['$nothing") for node in lists)


def test_adversarial_values(cases: list[Case]) -> None:
    """Negative free memory, totals of 0, bad numbers among good ones, no metrics, other scripts."""
    hosts = [host for case in cases for host in case["hosts"]]
    assert any(host.get("free_ram_mb", 0) < 0 for host in hosts)
    assert any(host.get("vcpus_total") == 0 for host in hosts)
    assert any(host.get("hypervisor_version", 1) is None for host in hosts)
    assert any(not host["host"].isascii() for host in hosts)
    texts = [
        [a["metadata"].get("cpu_allocation_ratio") for a in case["aggregates"]] for case in cases
    ]
    assert any("1,5" in found and len(set(found) - {None}) > 1 for found in texts)
    assert any("inf" in found for found in texts)
