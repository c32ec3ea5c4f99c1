"""Finding filters and weighers by the names in the configuration.

Source: ``nova.loadables``, ``nova.scheduler.host_manager.HostManager._choose_host_filters``.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Sequence
from importlib.metadata import entry_points
from typing import TypeVar

from extender.filters import all_filters
from extender.filters.base import HostFilter
from extender.model.options import SchedulerOptions
from extender.weighers import all_weighers
from extender.weighers.base import HostWeigher

FILTER_GROUP = "nova_extender.filters"
WEIGHER_GROUP = "nova_extender.weighers"
ALL_FILTERS = ("nova.scheduler.filters.all_filters", "extender.filters.all_filters")
ALL_WEIGHERS = ("nova.scheduler.weights.all_weighers", "extender.weighers.all_weighers")

T = TypeVar("T", HostFilter, HostWeigher)


class LoadError(Exception):
    """A filter or weigher named in the configuration cannot be had; the text says which and why."""


def available_filters(paths: Iterable[str]) -> dict[str, type[HostFilter]]:
    """The filters that ``enabled_filters`` may name, by class name.

    Args:
        paths: option ``available_filters``: Nova's ``all_filters``, dotted paths of classes, or of
            functions that return classes. Entry points of ``nova_extender.filters`` are added.

    Raises:
        LoadError: a path leads nowhere, or to something that is no filter; two filters of a name.
    """
    shipped = all_filters()
    found = _resolve(paths, ALL_FILTERS, shipped, HostFilter)
    named: dict[str, type[HostFilter]] = {}
    for cls in (*found, *_entry_points(FILTER_GROUP, HostFilter)):
        other = named.setdefault(cls.name(), cls)
        if other is not cls:
            raise LoadError(
                f"two filters are named {cls.name()}, of {other.__module__} and {cls.__module__}; "
                "rename one of the classes"
            )
    return named


def load_filters(
    available: dict[str, type[HostFilter]], enabled: Sequence[str], options: SchedulerOptions
) -> tuple[HostFilter, ...]:
    """One object for each enabled name, in order; a name listed twice is the same object twice.

    Raises:
        LoadError: unknown names, all of them.
    """
    unknown = [name for name in enabled if name not in available]
    if unknown:
        raise LoadError(f"Scheduler Host Filter {', '.join(unknown)} could not be found.")
    made = {name: _make(available[name], options) for name in dict.fromkeys(enabled)}
    return tuple(made[name] for name in enabled)


def load_weighers(paths: Iterable[str], options: SchedulerOptions) -> tuple[HostWeigher, ...]:
    """One object for each class of option ``weight_classes`` and of the entry points.

    Raises:
        LoadError: a path leads nowhere, or to something that is no weigher.
    """
    found = _resolve(paths, ALL_WEIGHERS, all_weighers(), HostWeigher)
    classes = dict.fromkeys([*found, *_entry_points(WEIGHER_GROUP, HostWeigher)])
    return tuple(_make(cls, options) for cls in classes)


def _make(cls: type[T], options: SchedulerOptions) -> T:
    try:
        return cls(options)
    except Exception as error:
        raise LoadError(f"{cls.__module__}.{cls.__name__} could not be made: {error!r}") from error


def _resolve(
    paths: Iterable[str], everything: Sequence[str], shipped: list[type[T]], base: type[T]
) -> list[type[T]]:
    classes: list[type[T]] = []
    named = {cls.__name__: cls for cls in shipped}
    nova = everything[0].rpartition(".")[0] + "."
    for path in paths:
        name = path.rpartition(".")[2]
        if path in everything:
            classes.extend(shipped)
        elif path.startswith(nova) and name in named:
            # Nova's own path of a class that ships here under the same name.
            classes.append(named[name])
        elif path.startswith(nova):
            raise LoadError(f"{path!r} is not shipped; shipped: {', '.join(named)}")
        else:
            classes.extend(_imported(path, base))
    return classes


def _imported(path: str, base: type[T]) -> list[type[T]]:
    module_name, _, name = path.rpartition(".")
    if not module_name:
        raise LoadError(f"{path!r} is not a dotted path such as my_package.my_module.MyClass")
    try:
        value = getattr(importlib.import_module(module_name), name)
    except Exception as error:
        raise LoadError(f"{path!r} could not be imported: {error!r}") from error
    if not inspect.isclass(value) and callable(value):
        try:
            returned = list(value())
        except Exception as error:
            raise LoadError(f"{path!r} could not be listed: {error!r}") from error
        return [_subclass(item, base, f"{path!r} returned") for item in returned]
    return [_subclass(value, base, f"{path!r} is")]


def _entry_points(group: str, base: type[T]) -> list[type[T]]:
    classes = []
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        try:
            value = point.load()
        except Exception as error:
            raise LoadError(f"entry point {point.name} of {group}: {error!r}") from error
        classes.append(_subclass(value, base, f"entry point {point.name} of {group} is"))
    return classes


def _subclass(value: object, base: type[T], at: str) -> type[T]:
    if inspect.isclass(value) and issubclass(value, base) and not value.__name__.startswith("_"):
        return value
    wanted = f"{base.__module__}.{base.__name__}"
    raise LoadError(f"{at} {value!r}, expected a public subclass of {wanted}")
