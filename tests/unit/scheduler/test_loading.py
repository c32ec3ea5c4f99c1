"""Filters and weighers by the names in the configuration."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from extender.filters import all_filters
from extender.filters.base import HostFilter
from extender.filters.core_filter import CoreFilter
from extender.filters.ram_filter import RamFilter
from extender.model.options import SchedulerOptions
from extender.scheduler import loading
from extender.scheduler.loading import (
    LoadError,
    available_filters,
    load_filters,
    load_weighers,
)
from extender.weighers import all_weighers
from extender.weighers.base import HostWeigher
from extender.weighers.cpu import CPUWeigher
from extender.weighers.ram import RAMWeigher

ALL = "nova.scheduler.filters.all_filters"
ALL_WEIGHERS = "nova.scheduler.weights.all_weighers"


class MyFilter(HostFilter):
    """A plug-in."""


class MyWeigher(HostWeigher):
    """A plug-in."""


class _Hidden(HostFilter):
    """Nobody's to use."""


class Choosy(HostFilter):
    """Cannot be made."""

    def __init__(self, options: SchedulerOptions | None = None) -> None:
        super().__init__(options)
        raise ValueError("no such disk")


def refuse_to_list() -> list[type[HostFilter]]:
    """A function that fails."""
    raise OSError("the list is gone")


@pytest.fixture
def plug_ins(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module ``my_plugins`` to load from."""
    module = ModuleType("my_plugins")
    for cls in (MyFilter, MyWeigher, _Hidden, Choosy):
        setattr(module, cls.__name__, cls)
    contents: dict[str, object] = {
        "some_filters": lambda: [MyFilter, CoreFilter],
        "some_weighers": lambda: (MyWeigher,),
        "wrong_things": lambda: [MyFilter, MyWeigher],
        "no_list": lambda: None,
        "refuse_to_list": refuse_to_list,
        "number": 3,
    }
    for name, value in contents.items():
        setattr(module, name, value)
    monkeypatch.setitem(sys.modules, "my_plugins", module)
    return module


@pytest.fixture
def entry_points(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Declare entry points of a group, name to value."""
    declared: dict[str, list[EntryPoint]] = {}

    def find(group: str) -> list[EntryPoint]:
        return declared.get(group, [])

    def declare(group: str, **values: str) -> None:
        declared[group] = [EntryPoint(name, value, group) for name, value in values.items()]

    monkeypatch.setattr(loading, "entry_points", find)
    return declare


def test_nova_s_function_names_all_shipped() -> None:
    """Nova's default, and our own path for it, mean every filter that ships."""
    shipped = {cls.__name__ for cls in all_filters()}
    assert set(available_filters([ALL])) == shipped
    assert set(available_filters(["extender.filters.all_filters"])) == shipped
    assert {"CoreFilter", "RetryFilter", "AllHostsFilter"} <= shipped


def test_nova_s_path_of_a_class_that_ships() -> None:
    """Nova's dotted path of one class means the class here of that name."""
    assert available_filters(["nova.scheduler.filters.core_filter.CoreFilter"]) == {
        "CoreFilter": CoreFilter
    }
    (weigher,) = load_weighers(["nova.scheduler.weights.ram.RAMWeigher"], SchedulerOptions())
    assert type(weigher) is RAMWeigher


def test_nova_s_path_of_a_class_that_does_not_ship() -> None:
    """Nova's path of a class that is not here is refused with what is."""
    with pytest.raises(LoadError) as error:
        available_filters(["nova.scheduler.filters.gone_filter.GoneFilter"])
    assert "is not shipped" in str(error.value)
    assert "'nova.scheduler.filters.gone_filter.GoneFilter' is not shipped" in str(error.value)
    assert "CoreFilter" in str(error.value)


@pytest.mark.usefixtures("plug_ins")
def test_third_party_class_and_function() -> None:
    """A dotted path of a class, or of a function that returns classes."""
    assert available_filters(["my_plugins.MyFilter"]) == {"MyFilter": MyFilter}
    both = available_filters(["my_plugins.some_filters"])
    assert both == {"MyFilter": MyFilter, "CoreFilter": CoreFilter}
    assert {"MyFilter", "RamFilter"} <= set(available_filters([ALL, "my_plugins.MyFilter"]))


@pytest.mark.usefixtures("plug_ins")
@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("MyFilter", "is not a dotted path such as my_package.my_module.MyClass"),
        ("", "is not a dotted path"),
        ("no_such_package.MyFilter", "could not be imported: ModuleNotFoundError"),
        ("my_plugins.Missing", "could not be imported: AttributeError"),
        ("my_plugins.MyWeigher", "expected a public subclass of extender.filters.base.HostFilter"),
        ("my_plugins._Hidden", "expected a public subclass"),
        ("my_plugins.number", "expected a public subclass"),
        ("my_plugins.wrong_things", "my_plugins.wrong_things' returned"),
        ("my_plugins.refuse_to_list", "the list is gone"),
        ("my_plugins.no_list", "my_plugins.no_list"),
    ],
)
def test_paths_that_lead_nowhere(path: str, told: str) -> None:
    """What cannot be had stops the start, naming the path and what was expected."""
    with pytest.raises(LoadError) as error:
        available_filters([path])
    assert told in str(error.value)


@pytest.mark.usefixtures("plug_ins")
def test_weigher_paths_that_lead_nowhere() -> None:
    """For weighers the text names their base class."""
    with pytest.raises(LoadError) as error:
        load_weighers(["my_plugins.MyFilter"], SchedulerOptions())
    assert "expected a public subclass of extender.weighers.base.HostWeigher" in str(error.value)


def test_enabled_filters_in_order() -> None:
    """One object for each name, in the order configured; one listed twice is the same twice."""
    options = SchedulerOptions(max_instances_per_host=7)
    names = ["RamFilter", "CoreFilter", "RamFilter"]
    loaded = load_filters(available_filters([ALL]), names, options)
    assert [type(f) for f in loaded] == [RamFilter, CoreFilter, RamFilter]
    assert loaded[0] is loaded[2]
    assert all(f.options is options for f in loaded)


def test_unknown_filters() -> None:
    """Nova's message, with every unknown name."""
    with pytest.raises(LoadError) as error:
        load_filters(
            available_filters([ALL]), ["CoreFilter", "RmaFilter", "corefilter"], SchedulerOptions()
        )
    text = "Scheduler Host Filter RmaFilter, corefilter could not be found."
    assert str(error.value).startswith(text)


def test_no_filters() -> None:
    """None at all is allowed."""
    assert load_filters({}, [], SchedulerOptions()) == ()


@pytest.mark.usefixtures("plug_ins")
def test_class_that_cannot_be_made() -> None:
    """A class that raises when it is made is named, with the cause."""
    known = available_filters(["my_plugins.Choosy"])
    with pytest.raises(LoadError, match=r"Choosy could not be made: ValueError\('no such disk'\)"):
        load_filters(known, ["Choosy"], SchedulerOptions())


def test_all_weighers() -> None:
    """Nova's function means every weigher that ships, in order of name."""
    names = [w.name() for w in load_weighers([ALL_WEIGHERS], SchedulerOptions())]
    assert names == [cls.__name__ for cls in all_weighers()]
    assert {"CPUWeigher", "DiskWeigher", "IoOpsWeigher", "RAMWeigher"} <= set(names)


@pytest.mark.usefixtures("plug_ins")
def test_weighers_in_load_order_and_once() -> None:
    """Weighers run in the order listed; a class named twice is weighed once."""
    paths = [
        "my_plugins.some_weighers",
        "extender.weighers.ram.RAMWeigher",
        "nova.scheduler.weights.ram.RAMWeigher",
        "extender.weighers.cpu.CPUWeigher",
    ]
    loaded = load_weighers(paths, SchedulerOptions())
    assert [type(w) for w in loaded] == [MyWeigher, RAMWeigher, CPUWeigher]


@pytest.mark.usefixtures("plug_ins")
def test_entry_points(entry_points: Callable[..., None]) -> None:
    """Installed packages offer filters and weighers, found without being named."""
    entry_points("nova_extender.filters", mine="my_plugins:MyFilter")
    entry_points("nova_extender.weighers", mine="my_plugins:MyWeigher")
    assert set(available_filters([])) == {"MyFilter"}
    assert [type(w) for w in load_weighers([], SchedulerOptions())] == [MyWeigher]


@pytest.mark.usefixtures("plug_ins")
@pytest.mark.parametrize("value", ["my_plugins:MyWeigher", "my_plugins:Missing", "no_such:Thing"])
def test_entry_point_that_leads_nowhere(entry_points: Callable[..., None], value: str) -> None:
    """An entry point that cannot be had is named with its group."""
    entry_points("nova_extender.filters", mine=value)
    with pytest.raises(LoadError, match=r"^entry point mine of nova_extender\.filters"):
        available_filters([ALL])


def test_two_filters_of_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of the two ``enabled_filters`` means nobody could tell, so the start stops."""
    twin = type("CoreFilter", (HostFilter,), {"__module__": "my_twins"})
    module = ModuleType("my_twins")
    module.CoreFilter = twin  # type: ignore[attr-defined]  # made for this test
    monkeypatch.setitem(sys.modules, "my_twins", module)
    with pytest.raises(
        LoadError, match=r"two filters are named CoreFilter, of extender.* my_twins"
    ):
        available_filters([ALL, "my_twins.CoreFilter"])
