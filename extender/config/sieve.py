"""Sorts what a file holds: options in effect, older names, options without effect, unknown ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from extender.config.class_names import nearest
from extender.config.dormant import DORMANT, dormant_notice
from extender.config.options import PLUGINS, group_models, options
from extender.config.problems import Problem
from extender.config.values import cut, shown

_LEGACY_GROUP = "DEFAULT"
_SUGGESTED = 50
"""So many unknown names are compared with all known ones; looking for more would take minutes."""


@dataclass
class Sieved:
    """The options in effect under their present names, and what is to be said of the rest.

    Attributes:
        values: Group, then option, then the value as it was read.
        written: For an option in effect given by its older name, the path of that name.
        notices: What an operator should know although it is no error.
        problems: What is wrong with the names.
    """

    values: dict[str, object] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@cache
def legacy_names() -> Mapping[str, tuple[str, str]]:
    """Older name, all of group ``DEFAULT``, → present group and name."""
    return MappingProxyType(
        {
            option.nova.legacy: (option.group, option.name)
            for option in options()
            if option.nova and option.nova.legacy
        },
    )


def sieve(tree: Mapping[str, object]) -> Sieved:
    """Sort the groups and options of a file."""
    return _Sieve(tree).run()


class _Sieve:
    """One pass over one file."""

    def __init__(self, tree: Mapping[str, object]) -> None:
        self._tree = tree
        self._found = Sieved()
        self._groups: dict[str, dict[str, object]] = {}
        self._unknown = 0

    def run(self) -> Sieved:
        older: list[tuple[str, object]] = []
        for group, content in self._tree.items():
            if group == PLUGINS:
                self._found.values[PLUGINS] = content
            elif group not in group_models() and group not in DORMANT:
                self._refuse_group(group)
            elif isinstance(content, Mapping):
                for name, value in content.items():
                    self._option(group, name, value, older)
            elif content is not None:
                # A group with all its options commented out reads as null, and that is fine.
                self._problem(group, f"{shown(content)} is not a mapping", "a mapping of options")
        # Only now is it known whether the present name was given too.
        for name, value in older:
            self._older(name, value)
        self._found.values.update(self._groups)
        return self._found

    def _option(
        self,
        group: str,
        name: str,
        value: object,
        older: list[tuple[str, object]],
    ) -> None:
        path = f"{group}.{name}"
        if group in group_models() and name in group_models()[group].model_fields:
            self._groups.setdefault(group, {})[name] = value
        elif group == _LEGACY_GROUP and name in legacy_names():
            older.append((name, value))
        elif name in DORMANT.get(group, {}):
            self._found.notices.append(dormant_notice(path, DORMANT[group][name]))
        else:
            self._problem(cut(path), "unknown option", self._meant(group, name))

    def _older(self, name: str, value: object) -> None:
        path = f"{_LEGACY_GROUP}.{name}"
        group, present = legacy_names()[name]
        options_of_group = self._groups.setdefault(group, {})
        if present in options_of_group:
            why = f"given together with {group}.{present}, of which it is the older name"
            self._problem(path, why, f"delete {path} and keep {group}.{present}")
            return
        options_of_group[present] = value
        self._found.written[f"{group}.{present}"] = path
        self._found.notices.append(
            f"{path} is the older name of {group}.{present}; it is read, but should be renamed",
        )

    def _refuse_group(self, group: str) -> None:
        known = _group_names()
        meant = self._like(group, known)
        if not meant:
            # Perhaps an option that was written without its group.
            homes = [path for path in _all_paths() if path.rpartition(".")[2] == group]
            meant = homes[0] if homes else ""
        accepted = f"did you mean {meant}?" if meant else f"one of {', '.join(known)}"
        self._problem(cut(group), "unknown group", accepted)

    def _meant(self, group: str, name: str) -> str:
        """What may have been meant: the name in another group, or one like it in this."""
        for path in _all_paths():
            if path.rpartition(".")[2] == name:
                return f"did you mean {path}?"
        present = list(group_models()[group].model_fields) if group in group_models() else []
        older = list(legacy_names()) if group == _LEGACY_GROUP else []
        close = self._like(name, [*present, *older, *DORMANT.get(group, {})])
        if close:
            return f"did you mean {group}.{close}?"
        return f"one of {', '.join(present)}" if present else "an option of Nova's"

    def _like(self, name: str, known: list[str]) -> str:
        self._unknown += 1
        return next(iter(nearest(name, known)), "") if self._unknown <= _SUGGESTED else ""

    def _problem(self, path: str, message: str, accepted: str) -> None:
        self._found.problems.append(Problem(path, message, accepted))


@cache
def _all_paths() -> tuple[str, ...]:
    """Every path that is read, options in effect first."""
    return (
        *(option.path for option in options()),
        *(f"{_LEGACY_GROUP}.{name}" for name in legacy_names()),
        *(f"{group}.{name}" for group, names in DORMANT.items() for name in names),
    )


def _group_names() -> list[str]:
    return list(dict.fromkeys((*group_models(), PLUGINS, *DORMANT)))
