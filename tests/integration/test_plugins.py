"""The example plug-ins of ``deploy/examples/plugins``, loaded in every way and put to work."""

from __future__ import annotations

import importlib
import random
import sys
import tomllib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest

from extender.cli.assembly import build_scheduler, load_config
from extender.config.problems import ConfigError
from extender.filters.base import HostFilter, Verdicts
from extender.model.attempt import FilterPart
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.options import SchedulerOptions
from extender.model.reason import Category, Reason
from extender.model.request_spec import RequestSpec
from extender.scheduler.explaining import explain
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.scheduler.loading import (
    LoadError,
    available_filters,
    load_filters,
    load_weighers,
)
from extender.weighers.base import Float64, HostWeigher
from tests.builders import MILLI, host, spec, table

EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples" / "plugins"
MODULE = "example_plugins"
FILTERS = ("MaintenanceWindowFilter", "VcpuReserveFilter")
WEIGHERS = ("HardwareGenerationWeigher", "FullnessWeigher")
BY_PATH = tuple(f"{MODULE}.{name}" for name in FILTERS)
WEIGHERS_BY_PATH = tuple(f"{MODULE}.{name}" for name in WEIGHERS)
WINDOW = "example.com/maintenance-window"
GENERATION = "example.com/hardware-generation"


@pytest.fixture
def examples(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The example module, importable as if it were installed, and gone afterwards."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    yield importlib.import_module(MODULE)
    sys.modules.pop(MODULE, None)


@pytest.fixture
def installed(examples: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The same with the metadata that pip would write of the example's pyproject.toml."""
    project = tomllib.loads((EXAMPLES / "pyproject.toml").read_text())["project"]
    lines = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    install(monkeypatch, tmp_path, project["name"], project["version"], lines)
    return examples


def install(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str, version: str, lines: list[str]
) -> None:
    """Put a distribution's metadata on the path, for importlib.metadata to find."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    (info / "METADATA").write_text(metadata)
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(folder))


def options(**own: object) -> SchedulerOptions:
    """Options as they come from a file with these under ``plugins.example_plugins``."""
    return SchedulerOptions(extra=MappingProxyType({MODULE: own}))


def scheduler(
    filters: tuple[HostFilter, ...] = (), weighers: tuple[HostWeigher, ...] = ()
) -> FilterScheduler:
    """A scheduler of these alone."""
    return FilterScheduler(filters, weighers, SchedulerOptions(), lambda: 0.0)


def filtered(made: FilterScheduler, hosts: HostTable, asked: RequestSpec) -> FilterPart:
    """The filters' part of an attempt on all hosts, in the table's order."""
    names = [hosts.host_state(row).host for row in range(len(hosts))]
    return made.filter(hosts, names, hosts.rows(names), asked)


def ids(part: FilterPart) -> dict[str, str | None]:
    """The id of the reason each host was refused with, ``None`` where it passed."""
    return {
        name: part.reason(code).id if code else None
        for name, code in zip(part.hosts, part.codes.tolist(), strict=True)
    }


def cluster() -> HostTable:
    """Six hosts; what each is there for stands beside it."""
    return table(
        host("open", labels={WINDOW: "tuesday-night"}),  # in a window that is open
        host("closed", labels={WINDOW: "sunday", GENERATION: "3"}, vcpus_used=2),
        host("edge", vcpus_total=6, vcpus_used=2, labels={GENERATION: "1"}),  # 4 free: just enough
        host("short", vcpus_total=6, vcpus_used=2 + MILLI),  # a milli-core less
        host("ratio", vcpus_total=2, cpu_allocation_ratio=4, labels={GENERATION: "new"}),
        host("empty"),
    )


ASKED = spec(vcpus=2)
OPEN: Mapping[str, Any] = {"open_maintenance_windows": ["tuesday-night"], "reserved_vcpus": 2}
VERDICTS = {
    "open": "in_maintenance",
    "closed": None,
    "edge": None,
    "short": "vcpu_reserve_needed",
    "ratio": None,
    "empty": None,
}
"""With 2 vCPUs asked for and 2 in reserve, 4 must be free."""


# -- the ways to load -----------------------------------------------------------------------


def test_filters_by_dotted_path_of_a_class(examples: ModuleType) -> None:
    """Each path is one filter that may be enabled, and nothing else may."""
    known = available_filters(BY_PATH)
    assert known == {name: getattr(examples, name) for name in FILTERS}
    loaded = load_filters(known, ["VcpuReserveFilter"], options(reserved_vcpus=3))
    assert [type(one) for one in loaded] == [examples.VcpuReserveFilter]


def test_filters_by_dotted_path_of_a_function(examples: ModuleType) -> None:
    """What the function returns may be enabled, beside all that ship."""
    known = available_filters(["nova.scheduler.filters.all_filters", f"{MODULE}.example_filters"])
    assert set(FILTERS) < set(known)
    assert "CoreFilter" in known
    assert known["VcpuReserveFilter"] is examples.VcpuReserveFilter


@pytest.mark.usefixtures("installed")
def test_filters_by_entry_point() -> None:
    """An installed filter may be enabled without a word in available_filters."""
    known = available_filters(["nova.scheduler.filters.all_filters"])
    assert set(FILTERS) < set(known)
    loaded = load_filters(known, ["CoreFilter", *FILTERS], options(**OPEN))
    assert [one.name() for one in loaded] == ["CoreFilter", *FILTERS]


def test_weighers_by_dotted_path(examples: ModuleType) -> None:
    """They weigh in the order in which they are named."""
    loaded = load_weighers(WEIGHERS_BY_PATH, options())
    assert [type(one) for one in loaded] == [getattr(examples, name) for name in WEIGHERS]


@pytest.mark.usefixtures("installed")
def test_weighers_by_entry_point() -> None:
    """An installed weigher weighs, after those named, in the order of the entry points' names."""
    loaded = load_weighers(["nova.scheduler.weights.all_weighers"], options())
    names = [one.name() for one in loaded]
    assert names[-2:] == ["FullnessWeigher", "HardwareGenerationWeigher"]
    assert "RAMWeigher" in names[:-2]


@pytest.mark.usefixtures("installed")
def test_named_and_installed_is_one_weigher() -> None:
    """A weigher that is named and installed does not count twice."""
    loaded = load_weighers(WEIGHERS_BY_PATH, options())
    assert [one.name() for one in loaded] == list(WEIGHERS)


@pytest.mark.usefixtures("examples")
def test_shipped_configuration() -> None:
    """The example's own config.yaml loads and decides as worked out by hand."""
    made = build_scheduler(load_config(str(EXAMPLES / "config.yaml")).config)
    names = [one.name() for one in made.filters]
    assert names == ["CoreFilter", "RamFilter", "ComputeFilter", *FILTERS]
    assert [one.name() for one in made.weighers][-2:] == list(WEIGHERS)
    # CoreFilter, which comes first, passes them all: even 'ratio' has the 2 vCPUs asked for.
    assert ids(filtered(made, cluster(), ASKED)) == VERDICTS


# -- decisions ------------------------------------------------------------------------------


@pytest.mark.usefixtures("examples")
def test_decision_of_the_filters() -> None:
    """Verdicts, reasons, counts and numbers of a whole pass."""
    loaded = load_filters(available_filters(BY_PATH), FILTERS, options(**OPEN))
    part = filtered(scheduler(loaded), cluster(), ASKED)
    assert ids(part) == VERDICTS
    assert [(s.name, s.entering, s.leaving) for s in part.steps] == [
        ("pre_stage", 6, 6),
        ("MaintenanceWindowFilter", 6, 5),
        ("VcpuReserveFilter", 5, 4),
    ]
    assert part.faults == ()
    (refused,) = (
        code for code, name in zip(part.codes, part.hosts, strict=True) if name == "short"
    )
    reason = part.reason(int(refused))
    assert reason.text == "vCPUs left are held in reserve"
    assert (reason.category, reason.cured) == (Category.CAPACITY, True)
    numbers = part.steps[2].numbers
    assert numbers is not None
    # 6 − 2.001 free, less the 2 in reserve.
    assert (numbers.need, numbers.have.tolist()) == (2000, [1999])


@pytest.mark.usefixtures("examples")
@pytest.mark.parametrize(
    ("used", "refused"), [(Fraction(4), False), (4 + MILLI, True), (Fraction(8), True)]
)
def test_reserve_at_its_boundary(*, used: Fraction, refused: bool) -> None:
    """Of 8 vCPUs 4 may be used before a request for 2 touches a reserve of 2, exactly."""
    loaded = load_filters(
        available_filters(BY_PATH), ["VcpuReserveFilter"], options(reserved_vcpus=2)
    )
    part = filtered(scheduler(loaded), table(host("a", vcpus_used=used)), ASKED)
    assert ids(part) == {"a": "vcpu_reserve_needed" if refused else None}


@pytest.mark.usefixtures("examples")
def test_reserve_and_requests_of_no_and_of_absurd_size() -> None:
    """No vCPUs pass on a full host; more than a column can hold are refused, not wrapped."""
    loaded = load_filters(
        available_filters(BY_PATH), ["VcpuReserveFilter"], options(reserved_vcpus=2)
    )
    full = table(host("full", vcpus_used=9))
    assert ids(filtered(scheduler(loaded), full, spec())) == {"full": None}
    asked = spec(vcpus=10**30)
    assert ids(filtered(scheduler(loaded), full, asked)) == {"full": "vcpu_reserve_needed"}


@pytest.mark.usefixtures("examples")
def test_decision_of_the_weighers() -> None:
    """Raw, normalised and multiplied weights, the order and the scores."""
    weighers = load_weighers(WEIGHERS_BY_PATH, options(fullness_weight_multiplier=0.5))
    hosts = table(
        host("new", labels={GENERATION: "3"}),
        host("old", labels={GENERATION: "1"}, vcpus_used=4),
        host("full", labels={GENERATION: "1"}, vcpus_used=8),
        host("unlabelled", vcpus_used=2),
    )
    part = scheduler(weighers=weighers).weigh(
        hosts, ["new", "old", "full", "unlabelled"], np.arange(4, dtype=np.intp), spec()
    )
    generation, fullness = part.steps
    assert generation.raw.tolist() == [3.0, 1.0, 1.0, 0.0]
    # From the least, 0, to the greatest, 3.
    assert generation.normalised.tolist() == pytest.approx([1.0, 1 / 3, 1 / 3, 0.0])
    assert generation.multiplier == 1.0
    # 0, 4, 8 and 2 of 8 vCPUs, between minval 0 and maxval 1 as they are.
    assert fullness.raw.tolist() == [0.0, 0.5, 1.0, 0.25]
    assert fullness.normalised.tolist() == [0.0, 0.5, 1.0, 0.25]
    assert fullness.weighed.tolist() == [0.0, 0.25, 0.5, 0.125]
    assert part.weights.tolist() == pytest.approx([1.0, 7 / 12, 5 / 6, 0.125])
    assert [part.hosts[i] for i in part.order] == ["new", "full", "old", "unlabelled"]
    assert part.scores.tolist() == [100, 33, 66, 0]
    assert part.faults == ()


@pytest.mark.usefixtures("examples")
def test_fullness_of_hosts_beyond_their_limits() -> None:
    """An over-full host counts as full, and so does one without vCPUs."""
    (weigher,) = load_weighers([f"{MODULE}.FullnessWeigher"], options())
    hosts = table(host("over", vcpus_used=12), host("none", vcpus_total=0), host("empty"))
    part = scheduler(weighers=(weigher,)).weigh(
        hosts, ["over", "none", "empty"], np.arange(3, dtype=np.intp), spec()
    )
    assert part.steps[0].raw.tolist() == [1.5, 1.0, 0.0]
    assert part.weights.tolist() == [1.0, 1.0, 0.0]


@pytest.mark.usefixtures("examples")
def test_select_destinations() -> None:
    """Three instances of a request: the reserve holds while they are placed one by one."""
    made = FilterScheduler(
        load_filters(available_filters(BY_PATH), FILTERS, options(**OPEN)),
        load_weighers(WEIGHERS_BY_PATH, options()),
        SchedulerOptions(),
        lambda: 0.0,
    )
    hosts = table(
        host("new", labels={GENERATION: "2"}),  # 8 vCPUs: places for three with 2 in reserve
        host("old", labels={GENERATION: "1"}),
    )
    rng = random.Random(1)  # noqa: S311 - chooses among the best, no secret
    found = made.select_destinations(hosts, ASKED, ["a", "b", "c", "d"], rng=rng)
    assert [chosen.service_host for chosen, *_ in found.selections] == ["new", "new", "new", "old"]


@pytest.mark.usefixtures("examples")
def test_explanation() -> None:
    """Every plug-in that blocks a host says what it needed, what it found and from where."""
    loaded = load_filters(available_filters(BY_PATH), FILTERS, options(**OPEN))
    hosts = table(host("both", labels={WINDOW: "tuesday-night"}, vcpus_used=5))
    found = explain(scheduler(loaded), hosts, ASKED, at=0.0)
    window, reserve = found.hosts[0].blockers
    assert (window.filter, window.reason.id) == ("MaintenanceWindowFilter", "in_maintenance")
    assert (window.facts.need, window.facts.have) == ("no open window", "tuesday-night")
    assert [source.where for source in window.facts.sources] == [
        f"node label {WINDOW}",
        "option plugins.example_plugins.open_maintenance_windows",
    ]
    assert (reserve.filter, reserve.reason.id) == ("VcpuReserveFilter", "vcpu_reserve_needed")
    # 8 − 5 free, of which 2 are in reserve: 1 may be had, 1 is missing.
    facts = reserve.facts
    assert (facts.need, facts.have, facts.short_by, facts.unit) == (2, 1, 1, "vCPU")
    assert [(s.name, s.value) for s in facts.sources] == [
        ("requested", "2 vCPU"),
        ("free", "3 vCPU"),
        ("reserved", "2 vCPU"),
    ]


# -- what can be wrong with the configuration -------------------------------------------------


@pytest.mark.usefixtures("examples")
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("no_such_package.MyFilter", "No module named 'no_such_package'"),
        ("example_plugins.NoSuchFilter", "NoSuchFilter"),
        ("MyFilter", "is not a dotted path"),
        ("example_plugins.FullnessWeigher", "expected a public subclass of extender.filters.base"),
        ("example_plugins.OPTIONS", "expected a public subclass"),
    ],
)
def test_paths_that_lead_to_no_filter(path: str, text: str) -> None:
    """The start stops and says which path, and why."""
    with pytest.raises(LoadError) as caught:
        available_filters([path])
    assert path in str(caught.value)
    assert text in str(caught.value)


@pytest.mark.usefixtures("examples")
def test_filter_among_the_weighers() -> None:
    """A filter is no weigher; the text names it and what is expected."""
    expected = r"VcpuReserveFilter.* expected a public subclass of .*HostWeigher"
    with pytest.raises(LoadError, match=expected):
        load_weighers([f"{MODULE}.VcpuReserveFilter"], options())


class _Private(HostFilter):
    """A class that is only there to build on."""


def private_filters() -> list[type[HostFilter]]:
    """A function that gives away what is not public."""
    return [_Private]


def numbers() -> list[object]:
    """A function that returns something other than classes."""
    return [42]


def nothing() -> None:
    """A function that returns nothing at all."""


def broken() -> list[type[HostFilter]]:
    """A function that raises."""
    raise RuntimeError("no filters today")


@pytest.mark.parametrize(
    ("name", "text"), [("nothing", "is not iterable"), ("broken", "no filters today")]
)
def test_function_that_lists_nothing(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that fails, or returns no list, stops the start like any other wrong path."""
    module = ModuleType("some_plugins")
    monkeypatch.setattr(module, name, globals()[name], raising=False)
    monkeypatch.setitem(sys.modules, "some_plugins", module)
    with pytest.raises(LoadError, match=rf"'some_plugins\.{name}' could not be listed") as caught:
        available_filters([f"some_plugins.{name}"])
    assert text in str(caught.value)


@pytest.mark.parametrize("name", ["_Private", "private_filters", "numbers"])
def test_what_is_no_public_subclass(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A private class, named or returned, and a returned number are refused by name."""
    module = ModuleType("some_plugins")
    monkeypatch.setattr(module, name, globals()[name], raising=False)
    monkeypatch.setitem(sys.modules, "some_plugins", module)
    with pytest.raises(LoadError, match=rf"'some_plugins\.{name}' .*expected a public subclass"):
        available_filters([f"some_plugins.{name}"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("no_such_package:MyFilter", "No module named 'no_such_package'"),
        ("example_plugins:FullnessWeigher", "expected a public subclass"),
    ],
)
@pytest.mark.usefixtures("examples")
def test_entry_point_that_leads_to_no_filter(
    value: str, text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An installed distribution that is broken stops the start, enabled or not."""
    lines = ["[nova_extender.filters]", f"MyFilter = {value}"]
    install(monkeypatch, tmp_path, "broken-plugins", "1.0", lines)
    with pytest.raises(LoadError, match=r"entry point MyFilter of nova_extender\.filters") as error:
        available_filters(["nova.scheduler.filters.all_filters"])
    assert text in str(error.value)


@pytest.mark.usefixtures("examples")
@pytest.mark.parametrize(
    ("name", "own", "text"),
    [
        ("MaintenanceWindowFilter", {"open_maintenance_windows": "tuesday"}, "no list of texts"),
        ("MaintenanceWindowFilter", {"open_maintenance_windows": [1]}, "no list of texts"),
        ("VcpuReserveFilter", {"reserved_vcpus": -1}, "no whole number of vCPUs"),
        ("VcpuReserveFilter", {"reserved_vcpus": 0.5}, "no whole number of vCPUs"),
        ("VcpuReserveFilter", {"reserved_vcpus": True}, "no whole number of vCPUs"),
        ("VcpuReserveFilter", {"reserved_vcpus": 10**9}, "no whole number of vCPUs"),
    ],
)
def test_filter_options_that_cannot_be_used(name: str, own: dict[str, object], text: str) -> None:
    """A filter that cannot be made of its options stops the start with its own words."""
    with pytest.raises(LoadError, match=rf"example_plugins\.{name} could not be made") as caught:
        load_filters(available_filters(BY_PATH), [name], options(**own))
    assert text in str(caught.value)
    assert f"plugins.example_plugins.{next(iter(own))}" in str(caught.value)


@pytest.mark.usefixtures("examples")
@pytest.mark.parametrize("value", ["much", True, None])
def test_weigher_options_that_cannot_be_used(value: object) -> None:
    """So does a weigher."""
    with pytest.raises(LoadError, match=r"fullness_weight_multiplier: .* is no number"):
        load_weighers(WEIGHERS_BY_PATH, options(fullness_weight_multiplier=value))


@pytest.mark.usefixtures("examples")
def test_plugin_options_that_are_no_mapping() -> None:
    """The whole group may be wrong too."""
    wrong = SchedulerOptions(extra=MappingProxyType({MODULE: 7}))
    with pytest.raises(LoadError, match="7 is no mapping of options"):
        load_filters(available_filters(BY_PATH), FILTERS, wrong)


@pytest.mark.usefixtures("examples")
def test_all_errors_of_a_configuration_at_once(tmp_path: Path) -> None:
    """A path that leads nowhere among the filters and one among the weighers are both told."""
    path = tmp_path / "config.yaml"
    path.write_text(
        "filter_scheduler:\n"
        "  available_filters: [example_plugins.Nothing]\n"
        "  weight_classes: [example_plugins.Nowhere]\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_config(str(path))
    assert "example_plugins.Nothing" in str(caught.value)
    assert "example_plugins.Nowhere" in str(caught.value)


@pytest.mark.usefixtures("examples")
def test_enabled_but_not_available(tmp_path: Path) -> None:
    """A misspelt name is refused with Nova's message and the name that was meant."""
    path = tmp_path / "config.yaml"
    path.write_text(
        "filter_scheduler:\n"
        "  available_filters: [example_plugins.example_filters]\n"
        "  enabled_filters: [VcpuReservFilter]\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_config(str(path))
    assert "Scheduler Host Filter VcpuReservFilter could not be found." in str(caught.value)
    assert "VcpuReserveFilter for VcpuReservFilter" in str(caught.value)


# -- plug-ins that misbehave --------------------------------------------------------------------

BAD_NAME = Reason("bad_name", "name of the host is bad", Category.POLICY)


class Brittle(HostFilter):
    """Raises for a host without a number at its end."""

    reasons: ClassVar[tuple[Reason, ...]] = (BAD_NAME,)

    def host_passes(self, host: HostState, spec: RequestSpec) -> Reason | None:
        """Refuse odd numbers."""
        del spec
        return BAD_NAME if int(host.host[-1]) % 2 else None


class BrittleColumns(HostFilter):
    """The same on columns: raises for the table as a whole if one host has no number."""

    reasons: ClassVar[tuple[Reason, ...]] = (BAD_NAME,)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Refuse odd numbers."""
        del spec
        odd = np.array([int(name[-1]) % 2 for name in hosts.name])
        return np.where(odd, self.code(BAD_NAME), 0).astype(np.uint8)


class ShortColumns(HostFilter):
    """Answers for one host too few."""

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Forget the last host."""
        del spec
        return np.zeros(len(hosts) - 1, dtype=np.uint8)


class Booleans(HostFilter):
    """Answers masks instead of codes."""

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Let all pass, or so it thinks."""
        del spec
        mask: Any = np.ones(len(hosts), dtype=np.bool_)
        return mask  # type: ignore[no-any-return]  # the fault under test


class UnknownCode(HostFilter):
    """Answers a code that it has no reason for."""

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Refuse all, with reason 99."""
        del spec
        return np.full(len(hosts), 99, dtype=np.uint8)


@pytest.mark.parametrize("cls", [Brittle, BrittleColumns])
def test_filter_that_raises_for_one_host(cls: type[HostFilter]) -> None:
    """That host is refused as filter_error and noted; the others are judged all the same."""
    hosts = table(host("node-1"), host("node-x"), host("node-2"))
    part = filtered(scheduler((cls(),)), hosts, ASKED)
    assert ids(part) == {"node-1": "bad_name", "node-x": "filter_error", "node-2": None}
    (fault,) = part.faults
    assert (fault.plugin, fault.host) == (cls.__name__, "node-x")
    assert fault.text.startswith("ValueError(")


@pytest.mark.parametrize(
    ("cls", "text"),
    [
        (ShortColumns, "expected whole numbers (uint8) of shape (1,)"),
        (Booleans, "gave bool of shape (1,)"),
        (UnknownCode, "gave codes from 99 to 99, but the filter declares 3 reasons"),
    ],
)
def test_filter_that_answers_in_a_wrong_shape(cls: type[HostFilter], text: str) -> None:
    """All hosts are refused as filter_error, and the fault says what was expected."""
    part = filtered(scheduler((cls(),)), table(host("node-1"), host("node-2")), ASKED)
    assert ids(part) == {"node-1": "filter_error", "node-2": "filter_error"}
    assert [fault.host for fault in part.faults] == ["node-1", "node-2"]
    assert all(text in fault.text for fault in part.faults)


class BrittleWeigher(HostWeigher):
    """Raises for a host without a number at its end."""

    def weigh_object(self, host: HostState, spec: RequestSpec) -> float:
        """The number."""
        del spec
        return float(host.host[-1])


class EndlessWeigher(HostWeigher):
    """Gives a weight that is not finite."""

    def weigh_object(self, host: HostState, spec: RequestSpec) -> float:
        """Infinity."""
        del host, spec
        return float("inf")


class LongWeigher(HostWeigher):
    """Gives one weight too many."""

    def weigh_objects(self, hosts: HostTable, spec: RequestSpec) -> Float64:
        """A row more than there are hosts."""
        del spec
        return np.zeros(len(hosts) + 1, dtype=np.float64)


@pytest.mark.usefixtures("examples")
@pytest.mark.parametrize(
    ("cls", "text"),
    [
        (BrittleWeigher, "ValueError("),
        (EndlessWeigher, "expected 2 finite weights"),
        (LongWeigher, "expected 2 finite weights"),
    ],
)
def test_weigher_that_misbehaves(cls: type[HostWeigher], text: str) -> None:
    """It adds nothing and is noted; the other weighers decide."""
    (generation,) = load_weighers([f"{MODULE}.HardwareGenerationWeigher"], options())
    hosts = table(host("node-x", labels={GENERATION: "2"}), host("node-y"))
    part = scheduler(weighers=(cls(), generation)).weigh(
        hosts, ["node-x", "node-y"], np.arange(2, dtype=np.intp), spec()
    )
    assert [step.name for step in part.steps] == ["HardwareGenerationWeigher"]
    assert part.scores.tolist() == [100, 0]
    (fault,) = part.faults
    assert fault.plugin == cls.__name__
    assert text in fault.text
