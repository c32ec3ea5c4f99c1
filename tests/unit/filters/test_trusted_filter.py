"""TrustedFilter: as far trusted as the flavor demands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from extender.filters.trusted_filter import TrustedFilter
from extender.model.host_parts import Unreadable
from extender.model.options import SchedulerOptions
from tests.builders import host, reason, reasons, spec, table

NOW = 1_000_000.0


def demanding(level: str | None, at: float | None = NOW) -> Any:
    """A request at a time whose flavor demands this level."""
    extra_specs = {} if level is None else {"trust:trusted_host": level}
    asked = spec(at=at)
    return replace(asked, flavor=replace(asked.flavor, extra_specs=extra_specs))


def judge(timeout: int = 0) -> TrustedFilter:
    """The filter with this ``attestation_auth_timeout``."""
    return TrustedFilter(SchedulerOptions(attestation_auth_timeout=timeout))


@pytest.mark.parametrize(
    ("level", "wanted", "refused"),
    [
        ("trusted", "trusted", None),
        ("untrusted", "trusted", "trust_level_mismatch"),
        ("unknown", "trusted", "trust_level_mismatch"),
        ("unknown", "unknown", None),
        ("trusted", "unknown", "trust_level_mismatch"),
        ("Trusted", "trusted", "trust_level_mismatch"),
        ("trusted", " trusted", "trust_level_mismatch"),
        ("trusted", "s== trusted", "trust_level_mismatch"),
        ("sehr vertraut ☂", "sehr vertraut ☂", None),
    ],
)
def test_equality(level: str, wanted: str, refused: str | None) -> None:
    """The texts are equal or they are not; no level is above another."""
    assert reason(judge(), host(trust_lvl=level), demanding(wanted)) == refused


@pytest.mark.parametrize("level", [None, ""])
def test_nothing_demanded(level: str | None) -> None:
    """Without the extra spec, or with an empty one, every host passes."""
    for node in (host(), host(trust_lvl="untrusted"), host(unreadable=Unreadable.TRUST)):
        assert reason(judge(60), node, demanding(level)) is None


def test_other_extra_specs_do_not_matter() -> None:
    """Only the scoped key counts."""
    asked = replace(spec(), flavor=replace(spec().flavor, extra_specs={"trusted_host": "trusted"}))
    assert reason(judge(), host(), asked) is None


@pytest.mark.parametrize(
    ("age", "refused"),
    [(0, None), (60, None), (60.5, "trust_level_mismatch"), (9e9, "trust_level_mismatch")],
)
def test_outdated(age: float, refused: str | None) -> None:
    """Attested longer ago than the timeout, a level is unknown; just as long ago it holds."""
    node = host(trust_lvl="trusted", trust_time=NOW - age)
    assert reason(judge(60), node, demanding("trusted")) == refused
    unknown = "trust_level_mismatch" if refused is None else None
    assert reason(judge(60), node, demanding("unknown")) == unknown


@pytest.mark.parametrize(
    ("timeout", "time", "at"),
    [(0, 1.0, NOW), (60, None, NOW), (60, 1.0, None), (60, NOW + 1e6, NOW)],
)
def test_never_outdated(timeout: int, time: float | None, at: float | None) -> None:
    """Without a timeout, a time of attestation or a time of the request; nor ahead of it."""
    node = host(trust_lvl="trusted", trust_time=time)
    assert reason(judge(timeout), node, demanding("trusted", at)) is None


def test_unreadable_annotation() -> None:
    """It refuses for what it is, whatever level is demanded; other annotations do not matter."""
    node = host(trust_lvl="unknown", unreadable=Unreadable.TRUST)
    assert reason(judge(), node, demanding("trusted")) == "invalid_host_annotation"
    assert reason(judge(), node, demanding("unknown")) == "invalid_host_annotation"
    others = Unreadable(~Unreadable.TRUST)
    assert reason(judge(), host(trust_lvl="a", unreadable=others), demanding("a")) is None


def test_hosts_are_judged_apart() -> None:
    """One host's level and age are no other's; changes are seen at once."""
    hosts = table(
        host("a", trust_lvl="trusted", trust_time=NOW - 1),
        host("b", trust_lvl="trusted", trust_time=NOW - 99),
        host("c", trust_lvl="trusted"),
        host("d"),
    )
    wrong = "trust_level_mismatch"
    made = judge(60)
    assert reasons(made, hosts, demanding("trusted")) == [None, wrong, None, wrong]
    assert reasons(made, hosts, demanding("trusted", NOW + 99)) == [wrong, wrong, None, wrong]
    hosts.put(host("b", trust_lvl="trusted", trust_time=NOW))
    assert reasons(made, hosts, demanding("trusted")) == [None, None, None, wrong]


def test_explains() -> None:
    """The level demanded, the host's, and how old that is."""
    facts = judge(60).explain(host(trust_lvl="trusted", trust_time=NOW - 30), demanding("trusted"))
    assert (facts.need, facts.have) == ("trusted", "trusted")
    where = "node annotation nova-extender.io/attestation, or node label"
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("trust:trusted_host", "trusted", "extra specs of the flavor or the pod"),
        ("trust_lvl", "trusted", f"{where}, attested 30 s ago"),
    ]


def test_explains_an_outdated_level() -> None:
    """What it was, and that it does not hold any more."""
    facts = judge(60).explain(host(trust_lvl="trusted", trust_time=NOW - 90), demanding("trusted"))
    assert (facts.need, facts.have) == ("trusted", "unknown")
    assert facts.sources[1].where.endswith("attested 90 s ago: trusted is outdated after 60 s")


def test_explains_a_request_that_demands_nothing() -> None:
    """Any level will do."""
    facts = judge().explain(host(), demanding(None))
    assert (facts.need, facts.have, facts.sources[0].value) == (None, "unknown", "any")
