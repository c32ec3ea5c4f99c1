"""The interface of filters, and plug-ins that judge one host at a time."""

from __future__ import annotations

import numpy as np
import pytest

from extender.filters.base import HostFilter, Verdicts, refuse
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.reason import (
    COMMON_REASONS,
    FILTER_ERROR,
    FILTER_STOPPED,
    INVALID_HOST_ANNOTATION,
    Category,
    Reason,
)
from extender.model.request_spec import RequestSpec
from tests.builders import host, reasons, spec, table

ODD = Reason("odd_host", "host is odd", Category.POLICY)
OTHER = Reason("other", "another reason", Category.POLICY)


class EvenHosts(HostFilter):
    """A plug-in: hosts whose name ends in an even digit."""

    reasons = (OTHER, ODD)

    def host_passes(self, host: HostState, spec: RequestSpec) -> Reason | None:
        """Refuse odd hosts; a name without a digit is an error."""
        del spec
        return ODD if int(host.host[-1]) % 2 else None


class Undeclared(HostFilter):
    """A plug-in that gives a reason it has not declared."""

    reasons = (OTHER,)

    def host_passes(self, host: HostState, spec: RequestSpec) -> Reason | None:
        """Refuse node-1 properly, node-2 with a stranger's reason, node-3 as unreadable."""
        del spec
        return {"node-1": OTHER, "node-2": ODD, "node-3": INVALID_HOST_ANNOTATION}.get(host.host)


class Boolean(HostFilter):
    """A plug-in written as for Nova: true and false instead of reasons."""

    def host_passes(self, host: HostState, spec: RequestSpec) -> Reason | None:
        """Answer true."""
        del host, spec
        return True  # type: ignore[return-value]  # what is tested


class Stops(HostFilter):
    """A plug-in on the level of tables that stops filtering."""

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts | None:
        """Answer ``None``."""
        del hosts, spec
        return None


def test_common_reasons_come_first() -> None:
    """Their codes are the same in every filter; a filter's own follow in its order."""
    assert HostFilter.all_reasons() == COMMON_REASONS
    assert EvenHosts.all_reasons() == (*COMMON_REASONS, OTHER, ODD)
    codes = [EvenHosts.code(reason) for reason in EvenHosts.all_reasons()]
    assert codes == [1, 2, 3, 4, 5]
    assert EvenHosts.code(FILTER_ERROR) == 1
    assert EvenHosts.code(FILTER_STOPPED) == 2


def test_code_of_a_stranger() -> None:
    """A reason that is not declared has no code, and the error names filter and reason."""
    with pytest.raises(ValueError, match=r"Undeclared does not declare .*odd_host"):
        Undeclared.code(ODD)


@pytest.mark.parametrize(
    ("once", "index", "runs"),
    [(False, 0, True), (False, 1, True), (True, 0, True), (True, 1, False), (True, 7, False)],
)
def test_run_filter_for_index(*, once: bool, index: int, runs: bool) -> None:
    """A filter that runs once per request is skipped from the second instance on."""

    class Some(HostFilter):
        run_filter_once_per_request = once

    assert Some().run_filter_for_index(index) is runs


def test_options() -> None:
    """A filter is made with the options given, else with Nova's defaults."""
    options = SchedulerOptions(max_io_ops_per_host=3)
    assert HostFilter(options).options is options
    assert HostFilter().options == SchedulerOptions()


def test_plug_in_judges_host_by_host() -> None:
    """``host_passes`` alone is enough to be asked about a table, or a view of it."""
    hosts = table(*(host(f"node-{n}") for n in range(4)))
    plug_in = EvenHosts()
    assert reasons(plug_in, hosts, spec()) == [None, "odd_host", None, "odd_host"]
    view = hosts.take(np.array([3, 0], dtype=np.intp))
    assert reasons(plug_in, view, spec()) == ["odd_host", None]
    assert plug_in.take_faults() == []


def test_plug_in_that_raises_for_one_host() -> None:
    """That host is refused as filter_error and the fault noted; the others are judged."""
    hosts = table(host("node-1"), host("node-x"), host("node-2"))
    plug_in = EvenHosts()
    assert reasons(plug_in, hosts, spec()) == ["odd_host", "filter_error", None]
    (fault,) = plug_in.take_faults()
    assert (fault.plugin, fault.host) == ("EvenHosts", "node-x")
    assert fault.text.startswith("ValueError(")
    assert "'x'" in fault.text


def test_faults_are_taken_once() -> None:
    """Faults are handed over, not kept: the next request does not see them again."""
    plug_in = EvenHosts()
    for _ in range(2):
        reasons(plug_in, table(host("x"), host("y")), spec())
        assert [fault.host for fault in plug_in.take_faults()] == ["x", "y"]
    assert plug_in.take_faults() == []


def test_undeclared_reason_counts_as_raising() -> None:
    """The host is refused as filter_error with a telling fault, and nobody else is harmed."""
    hosts = table(host("node-1"), host("node-2"), host("node-3"), host("node-4"))
    plug_in = Undeclared()
    assert reasons(plug_in, hosts, spec()) == [
        "other",
        "filter_error",
        "invalid_host_annotation",
        None,
    ]
    (fault,) = plug_in.take_faults()
    assert fault.host == "node-2"
    assert "Undeclared does not declare the reason" in fault.text


def test_true_is_no_reason() -> None:
    """Nova's true is refused and reported, rather than taken for a pass or for code 1."""
    plug_in = Boolean()
    assert reasons(plug_in, table(host()), spec()) == ["filter_error"]
    (fault,) = plug_in.take_faults()
    assert "does not declare the reason True" in fault.text


def test_filter_that_overrides_nothing() -> None:
    """It judges nobody: every host is a filter_error that says what is missing."""
    bare = HostFilter()
    assert reasons(bare, table(host("a"), host("b")), spec()) == ["filter_error"] * 2
    faults = bare.take_faults()
    assert [fault.host for fault in faults] == ["a", "b"]
    assert "HostFilter overrides neither host_passes nor filter_all" in faults[0].text


def test_what_is_no_fault_of_the_plug_in_is_not_caught() -> None:
    """Being told to stop is passed on."""

    class Interrupted(HostFilter):
        def host_passes(self, host: HostState, spec: RequestSpec) -> Reason | None:
            del host, spec
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Interrupted().filter_all(table(host()), spec())


def test_stopping() -> None:
    """``None`` instead of verdicts is allowed."""
    assert Stops().filter_all(table(host()), spec()) is None


def test_nothing_to_tell_by_default() -> None:
    """No numbers, no facts, no limits."""
    bare = HostFilter()
    assert bare.numbers(table(host()), spec()) is None
    assert bare.explain(host(), spec()).sources == ()
    assert dict(bare.limits(host(), spec())) == {}


def test_refuse() -> None:
    """Where several masks hold the first given counts; where none holds the host passes."""
    hosts = table(*(host(name) for name in "abcd"))
    first = np.array([True, False, True, False])
    second = np.array([True, True, False, False])
    assert refuse((first, 7), (second, 5), hosts=hosts).tolist() == [7, 5, 7, 0]
    assert refuse((second, 5), (first, 7), hosts=hosts).tolist() == [5, 5, 7, 0]
    assert refuse(hosts=hosts).tolist() == [0, 0, 0, 0]
    assert refuse((first, 7), hosts=hosts).dtype == np.uint8
