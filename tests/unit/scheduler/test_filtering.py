"""The filters in order over the hosts asked about, whatever a filter does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.filters.base import HostFilter, Verdicts
from extender.filters.core_filter import CoreFilter
from extender.filters.ram_filter import RamFilter
from extender.model.attempt import PRE_STAGE, FilterPart, Numbers
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import Destination, Refusal, RequestSpec
from extender.scheduler import filtering
from tests.builders import host, spec, table
from tests.unit.scheduler.stubs import (
    REFUSED,
    ByColumn,
    ByHost,
    FilterA,
    FilterB,
    FilterC,
    Once,
    Stopping,
    steps,
    ticking,
    verdicts,
)

Answer = Callable[[HostTable], Any]


def judged(
    filters: Sequence[HostFilter],
    names: Sequence[str],
    asked: RequestSpec | None = None,
    hosts: HostTable | None = None,
    index: int = 0,
) -> FilterPart:
    """The filters' part for these hosts, of a table with just them unless another is given."""
    hosts = hosts if hosts is not None else table(*(host(name) for name in names))
    rows = hosts.rows(names)
    return filtering.run(filters, hosts, names, rows, asked or spec(), ticking(), index)


class Odd(ByColumn):
    """Answer with whatever the test says."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts | None:
        """Answer as told."""
        del spec
        found: Verdicts | None = self.answer(hosts)
        return found


def test_in_configured_order() -> None:
    """Each filter sees what the last one left; the first that refuses a host gives the reason."""
    part = judged([FilterA("h1"), FilterB("h1", "h2")], ["h1", "h2", "h3"])
    assert steps(part) == [(PRE_STAGE, 3, 3), ("FilterA", 3, 2), ("FilterB", 2, 1)]
    assert verdicts(part) == {"h1": "refused", "h2": "refused", "h3": None}
    assert [part.step_of(code).name for code in part.codes[:2].tolist()] == ["FilterA", "FilterB"]
    assert part.survivors(1) == ["h2", "h3"]
    assert part.passed.tolist() == [False, False, True]
    assert not part.no_valid_host
    assert part.decisive is None


def test_stops_when_nothing_is_left() -> None:
    """N's example: 3 hosts, A leaves 2, B leaves 0, and C is never asked."""
    last = FilterC()
    part = judged([FilterA("h3"), FilterB("h1", "h2"), last], ["h1", "h2", "h3"])
    assert steps(part)[1:] == [("FilterA", 3, 2), ("FilterB", 2, 0)]
    assert part.survivors(1) == ["h1", "h2"]
    assert part.survivors(2) == []
    assert part.decisive == "FilterB"
    assert part.no_valid_host
    assert last.asked == []


def test_no_filters() -> None:
    """With no filter enabled everything known passes."""
    part = judged([], ["h1", "h2"])
    assert verdicts(part) == {"h1": None, "h2": None}
    assert steps(part) == [(PRE_STAGE, 2, 2)]


@pytest.mark.parametrize("first", [FilterA(), ByHost()])
@pytest.mark.parametrize("known", [0, 3])
def test_empty_request_still_runs_the_first_filter(first: HostFilter, known: int) -> None:
    """An empty list goes through the first filter, "start: 0, end: 0", and no further."""
    hosts = table(*(host(f"h{n}") for n in range(known)))
    part = judged([first, FilterB()], [], hosts=hosts)
    assert steps(part) == [(PRE_STAGE, 0, 0), (first.name(), 0, 0)]
    assert verdicts(part) == {}
    assert part.no_valid_host
    assert part.decisive is None


def test_emptied_before_the_filters() -> None:
    """When ignoring leaves nothing, no filter runs."""
    first = FilterA()
    part = judged([first], ["h1", "h2"], spec(ignore_hosts=("H1", "h2")))
    assert steps(part) == [(PRE_STAGE, 2, 0)]
    assert part.decisive == PRE_STAGE
    assert first.asked == []


def test_once_per_request() -> None:
    """A filter that runs once per request is left out for all but the first instance."""
    first = judged([Once("h1"), FilterA("h2")], ["h1", "h2"])
    assert verdicts(first) == {"h1": "refused", "h2": "refused"}
    later = judged([Once("h1"), FilterA("h2")], ["h1", "h2"], index=1)
    assert verdicts(later) == {"h1": None, "h2": "refused"}
    assert steps(later) == [(PRE_STAGE, 2, 2), ("FilterA", 2, 1)]


def test_run_filter_for_index_may_be_overridden() -> None:
    """A plug-in may decide by itself for which instances it runs."""

    class Second(FilterA):
        def run_filter_for_index(self, index: int) -> bool:
            return index == 1

    runs = [bool(steps(judged([Second()], ["h1"], index=n))[1:]) for n in range(3)]
    assert runs == [False, True, False]


def test_run_filter_for_index_that_raises() -> None:
    """A plug-in that cannot say whether it runs is run, and noted."""

    class Undecided(FilterA):
        def run_filter_for_index(self, index: int) -> bool:
            raise IndexError(index)

    part = judged([Undecided("h1"), FilterB()], ["h1", "h2"])
    assert verdicts(part) == {"h1": "refused", "h2": None}
    assert [(f.plugin, f.text) for f in part.faults] == [("Undecided", "IndexError(0)")]


def test_none_stops_filtering() -> None:
    """``None`` is "stop": what came this far is refused with that reason and nobody else runs."""
    last = FilterC()
    part = judged([FilterA("h1"), Stopping(), last], ["h1", "h2", "h3"])
    assert verdicts(part) == {"h1": "refused", "h2": "filter_stopped", "h3": "filter_stopped"}
    assert steps(part)[1:] == [("FilterA", 3, 2), ("Stopping", 2, 0)]
    assert last.asked == []
    assert part.faults == ()


def test_plug_in_is_asked_about_survivors_only() -> None:
    """One that judges host by host is spared the hosts already refused, and keeps their order."""
    plug_in = ByHost("h4")
    hosts = table(*(host(f"h{n}") for n in range(1, 9)))
    part = judged([FilterA("h2"), plug_in], ["h5", "h4", "strange", "h2", "h1"], hosts=hosts)
    assert plug_in.asked == ["h5", "h4", "h1"]
    assert verdicts(part) == {
        "h5": None,
        "h4": "refused",
        "strange": "not_in_cache",
        "h2": "refused",
        "h1": None,
    }


def test_unknown_names() -> None:
    """A name nobody knows is refused as watch lag, wherever it stands, and no filter sees it."""
    asked_of = FilterA("h2")
    hosts = table(host("h1"), host("h2"))
    part = judged([asked_of], ["x", "h2", "y", "h1", "z"], hosts=hosts)
    assert verdicts(part) == {
        "x": "not_in_cache",
        "h2": "refused",
        "y": "not_in_cache",
        "h1": None,
        "z": "not_in_cache",
    }
    assert steps(part) == [(PRE_STAGE, 5, 2), ("FilterA", 2, 1)]
    assert part.known == 2
    assert set(asked_of.asked[0]) <= {"h1", "h2"}


def test_all_unknown() -> None:
    """With nobody known the filters are not asked."""
    part = judged([FilterA()], ["x", "y"], hosts=table())
    assert verdicts(part) == {"x": "not_in_cache", "y": "not_in_cache"}
    assert steps(part) == [(PRE_STAGE, 2, 0)]


def test_refused_pod_on_unknown_names() -> None:
    """A pod that cannot be judged is refused for that also where the host is not known."""
    bad = Reason("bad_pod", "pod is bad", Category.DATA)
    part = judged([FilterA()], ["h1", "x"], spec(refusal=Refusal(bad, "")), table(host("h1")))
    assert verdicts(part) == {"h1": "bad_pod", "x": "bad_pod"}


def test_forced_hosts_skip_every_filter() -> None:
    """Forced hosts pass without a filter; with a check type they are filtered."""
    forced: dict[str, Any] = {"force_hosts": ("H2",)}
    part = judged([FilterA("h2")], ["h1", "h2"], spec(**forced))
    assert verdicts(part) == {"h1": "not_forced_host", "h2": None}
    assert steps(part) == [(PRE_STAGE, 2, 1)]
    hints = {"_nova_check_type": ("evacuate",)}
    part = judged([FilterA("h2")], ["h1", "h2"], spec(**forced, scheduler_hints=hints))
    assert verdicts(part) == {"h1": "not_forced_host", "h2": "refused"}


def test_requested_destination_does_not_skip_filters() -> None:
    """The destination asked for is filtered like any other host."""
    asked = spec(requested_destination=Destination(host="h2"))
    part = judged([FilterA("h2")], ["h1", "h2"], asked)
    assert verdicts(part) == {"h1": "not_requested_destination", "h2": "refused"}


def test_rebuild() -> None:
    """Where only a rebuild is checked, hosts pass unless the filter says RUN_ON_REBUILD."""

    class AlsoOnRebuild(FilterB):
        RUN_ON_REBUILD = True

    rebuild = spec(scheduler_hints={"_nova_check_type": ("rebuild",)})
    unasked = FilterA("h1")
    part = judged([unasked, AlsoOnRebuild("h2")], ["h1", "h2"], rebuild)
    assert verdicts(part) == {"h1": None, "h2": "refused"}
    assert steps(part)[1:] == [("FilterA", 2, 2), ("AlsoOnRebuild", 2, 1)]
    assert unasked.asked == []


@pytest.mark.parametrize("check", [("rebuild", "rebuild"), ("REBUILD",), ("rebuild ",)])
def test_not_quite_rebuild(check: tuple[str, ...]) -> None:
    """Only exactly the list ``["rebuild"]`` is a rebuild."""
    asked = spec(scheduler_hints={"_nova_check_type": check})
    assert verdicts(judged([FilterA("h1")], ["h1"], asked)) == {"h1": "refused"}


def test_plug_in_that_raises_for_one_host() -> None:
    """Only the host it raised for is refused, and the fault names plug-in, host and cause."""
    part = judged([ByHost("h3", raising=["h2"]), FilterB()], ["h1", "h2", "h3"])
    assert verdicts(part) == {"h1": None, "h2": "filter_error", "h3": "refused"}
    assert [(f.plugin, f.host, f.text) for f in part.faults] == [("ByHost", "h2", "KeyError('h2')")]
    assert steps(part)[1:] == [("ByHost", 3, 1), ("FilterB", 1, 1)]


def test_faults_are_not_told_twice() -> None:
    """The faults of one request do not show up in the next."""
    plug_in = ByHost(raising=["h1"])
    assert len(judged([plug_in], ["h1", "h2"]).faults) == 1
    assert judged([plug_in], ["h2"]).faults == ()


def test_filter_that_raises_on_the_whole_table() -> None:
    """It is asked about each host alone, so that only those it cannot judge are refused."""

    def answer(hosts: HostTable) -> Verdicts:
        if "h2" in hosts.name.tolist():
            raise ZeroDivisionError
        return np.where(hosts.name == "h3", np.uint8(ByColumn.code(REFUSED)), np.uint8(0))

    part = judged([Odd(answer), FilterB()], ["h1", "h2", "h3", "h4"])
    assert verdicts(part) == {"h1": None, "h2": "filter_error", "h3": "refused", "h4": None}
    assert [(f.plugin, f.host) for f in part.faults] == [("Odd", "h2")]
    assert "ZeroDivisionError" in part.faults[0].text


@pytest.mark.parametrize(
    "answer",
    [
        lambda hosts: np.zeros(len(hosts) + 1, dtype=np.uint8),
        lambda hosts: np.zeros((len(hosts), 1), dtype=np.uint8),
        lambda hosts: np.full(len(hosts), -1, dtype=np.int64),
        lambda hosts: np.zeros(len(hosts), dtype=np.float64),
        lambda hosts: np.zeros(len(hosts), dtype=np.bool_),
        lambda hosts: np.full(len(hosts), np.nan),
        lambda hosts: np.full(len(hosts), 200, dtype=np.uint8),
        lambda hosts: np.full(len(hosts), len(ByColumn.all_reasons()) + 1, dtype=np.uint8),
        lambda hosts: [0] * len(hosts),
        lambda _: "all of them",
        lambda _: (_ for _ in ()).throw(MemoryError),
    ],
)
def test_answers_that_are_no_verdicts(answer: Answer) -> None:
    """A wrong shape, type or code refuses the hosts as a filter error and never the request."""
    part = judged([Odd(answer), FilterB()], ["h1", "h2"])
    assert verdicts(part) == {"h1": "filter_error", "h2": "filter_error"}
    assert [fault.host for fault in part.faults] == ["h1", "h2"]
    assert steps(part)[1:] == [("Odd", 2, 0)]


def test_undeclared_reason_of_a_plug_in() -> None:
    """A plug-in that gives a reason it does not declare is at fault."""

    class Undeclared(ByHost):
        reasons: ClassVar[tuple[Reason, ...]] = ()

    part = judged([Undeclared("h1")], ["h1", "h2"])
    assert verdicts(part) == {"h1": "filter_error", "h2": None}
    assert "does not declare" in part.faults[0].text


def test_neither_method_overridden() -> None:
    """A plug-in that judges nothing refuses everybody, and says what it lacks."""
    part = judged([HostFilter()], ["h1"])
    assert verdicts(part) == {"h1": "filter_error"}
    assert "overrides neither host_passes nor filter_all" in part.faults[0].text


def test_a_filter_may_not_change_what_others_judge_by() -> None:
    """A filter that writes into a column fails on it, and the column stays as it was."""

    def answer(hosts: HostTable) -> Verdicts:
        hosts.cpu_used[:] = 10**9
        return np.zeros(len(hosts), dtype=np.uint8)

    part = judged([Odd(answer), CoreFilter()], ["h1"], spec(vcpus=1))
    assert verdicts(part) == {"h1": "filter_error"}
    assert "read-only" in part.faults[0].text
    assert verdicts(judged([CoreFilter()], ["h1"], spec(vcpus=1))) == {"h1": None}


def test_numbers_of_the_refused() -> None:
    """Need, and what each refused host has, in the order asked: 4 vCPUs against 2, 1 and 3."""
    hosts = table(*(host(f"h{n}", vcpus_total=n) for n in range(1, 9)))
    part = judged([CoreFilter()], ["h2", "h5", "h1", "x", "h3"], spec(vcpus=4), hosts)
    numbers = part.steps[1].numbers
    assert numbers is not None
    assert (numbers.need, numbers.have.tolist()) == (4000, [2000, 1000, 3000])
    assert numbers.unit.text(int(numbers.have[0])) == "2 vCPU"


def test_numbers_only_of_those_refused_here() -> None:
    """Hosts that an earlier filter refused are not in a later one's numbers."""
    hosts = table(
        host("cores", vcpus_total=1, total_usable_ram_mb=1),
        host("memory", total_usable_ram_mb=2),
        host("fits"),
    )
    part = judged([CoreFilter(), RamFilter()], list(hosts.index), spec(vcpus=2, memory_mb=3), hosts)
    assert [len(s.numbers.have) if s.numbers else 0 for s in part.steps] == [0, 1, 1]
    judged_here = judged([CoreFilter()], ["fits"], spec(vcpus=1), hosts)
    assert judged_here.steps[1].numbers is None


def test_numbers_that_raise() -> None:
    """The verdict stands without its numbers."""

    class Numberless(FilterA):
        def numbers(self, hosts: HostTable, spec: RequestSpec) -> Numbers | None:
            raise ArithmeticError(hosts, spec)

    part = judged([Numberless("h1")], ["h1", "h2"])
    assert verdicts(part) == {"h1": "refused", "h2": None}
    assert part.steps[1].numbers is None
    assert part.faults == ()


def test_time_by_the_clock_handed_in() -> None:
    """Each filter's seconds come from the clock; the pre-stage is not timed."""
    part = judged([FilterA(), FilterB()], ["h1"])
    assert [step.seconds for step in part.steps] == [0.0, 1.0, 1.0]


def test_codes_of_many_steps() -> None:
    """More filters than a byte could count: a host's code still leads to its own step."""
    filters: list[HostFilter] = [FilterA() for _ in range(199)]
    part = judged([*filters, FilterB("h1")], ["h1", "h2"])
    assert part.step_of(int(part.codes[0])).name == "FilterB"
    assert verdicts(part) == {"h1": "refused", "h2": None}


NAMES = [f"h{n}" for n in range(24)]


class Small(HostFilter):
    """Refuse hosts with fewer than twelve vCPUs, host by host."""

    reasons: ClassVar[tuple[Reason, ...]] = (REFUSED,)

    def host_passes(self, host: HostState, spec: RequestSpec) -> Reason | None:
        """Compare."""
        del spec
        return REFUSED if host.vcpus_total < 12 else None


@settings(deadline=None)
@given(st.lists(st.sampled_from([*NAMES, "x", "y"]), unique=True))
def test_few_of_many_are_judged_like_all(names: list[str]) -> None:
    """Whether the columns are gathered first or judged whole, a host's verdict is the same."""
    hosts = table(*(host(name, vcpus_total=n) for n, name in enumerate(NAMES)))
    asked = spec(vcpus=9, ignore_hosts=("H20", "h3"))
    filters = [CoreFilter(), FilterA("h15"), Small()]
    whole = verdicts(judged(filters, NAMES, asked, hosts))
    part = judged(filters, names, asked, hosts)
    expected = {name: whole.get(name, "not_in_cache") for name in names}
    assert verdicts(part) == expected
    assert list(part.hosts) == names
