"""JsonFilter's query language: understood once, then asked of host after host.

A query is a list ``[operator, argument, …]``; an argument is again such a list, a text that
begins with ``$`` and names an attribute of the host, or a value of JSON. Every argument is
evaluated, whatever the others said. ``and``, ``or`` and ``not`` go by Python's truth, comparisons
by Python's order, where 1 is 1.0 is true.

Source: ``nova.scheduler.filters.json_filter``, oddities included.
"""

from __future__ import annotations

import json
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from extender.model.attributes import ATTRIBUTES, entry, plain
from extender.model.host_parts import ALL_READABLE
from extender.model.host_state import HostState

DEEPEST = 20
"""Lists and objects within each other."""

MOST = 1000
"""Operators and arguments, all told."""

MOST_WORK = 100
"""Operators and variables: what takes time on each host."""

Given = list[Any]
"""The arguments of one operator that are there: what is missing or null is left out."""


class QueryError(Exception):
    """The query cannot be evaluated, at all or on this host: Nova aborts the request."""


class Query:
    """A query that was understood.

    Attributes:
        variables: the attributes that it names, as paths, each once.
        reads: what a node must not say wrongly for the query to be evaluated there.
    """

    def __init__(self, term: _Term, variables: Sequence[tuple[str, ...]]) -> None:
        self._term = term
        self.variables = tuple(variables)
        roots = dict.fromkeys(path[0] for path in self.variables)
        self._attributes = {name: ATTRIBUTES[name] for name in roots if name in ATTRIBUTES}
        self.reads = ALL_READABLE
        for attribute in self._attributes.values():
            self.reads |= attribute.unreadable

    def holds(self, host: HostState) -> bool:
        """Whether the host satisfies it.

        Raises:
            QueryError: on this host it compares what has no order, or looks into what has no
                parts.
        """
        try:
            result = self._term.value(self._values(host))
        except TypeError as error:
            raise QueryError(str(error)) from error
        return any(result) if isinstance(result, list) else bool(result)

    def _values(self, host: HostState) -> list[object]:
        # Each attribute is read once, however many paths begin with it: some take their time.
        read = {name: attribute.read(host) for name, attribute in self._attributes.items()}
        return [_walk(host, read.get(path[0]), path[1:]) for path in self.variables]


def parse(text: str | Sequence[str]) -> Query:
    """Understand a query.

    Args:
        text: the hint as it was given; a query that is falsy as a whole is satisfied everywhere.

    Raises:
        QueryError: it is none; the text says what is wrong.
    """
    if not isinstance(text, str):
        raise QueryError(f"{len(text)} queries instead of one")
    try:
        query = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise QueryError(f"it is no JSON: {error}") from error
    if not query:
        return Query(_Literal(constant=True), ())
    if isinstance(query, str):
        query = list(query)  # as Nova reads it: letter by letter
    _check_size(query)
    if not isinstance(query, list):
        raise QueryError(f"{type(query).__name__} instead of a list")
    return _Parser().query(query)


def value_of(host: HostState, path: tuple[str, ...]) -> object:
    """What a variable stands for on a host; ``None`` where it is missing.

    Raises:
        TypeError: the path goes on where there are no parts.
    """
    attribute = ATTRIBUTES.get(path[0])
    return _walk(host, None if attribute is None else attribute.read(host), path[1:])


def _walk(host: HostState, value: object, keys: tuple[str, ...]) -> object:
    for key in keys:
        if value is None:
            return None
        value = entry(value, key)
    # All instances are good for their truth only: spelling them out would cost too much.
    return value if value is host.instances else plain(value)


class _Term(ABC):
    """A part of a query."""

    @abstractmethod
    def value(self, found: Sequence[object]) -> object:
        """Its value, given those of the variables; ``None``: the argument is left out."""


@dataclass(frozen=True, slots=True)
class _Literal(_Term):
    constant: object

    def value(self, found: Sequence[object]) -> object:
        del found
        return self.constant


@dataclass(frozen=True, slots=True)
class _Variable(_Term):
    number: int

    def value(self, found: Sequence[object]) -> object:
        return found[self.number]


@dataclass(frozen=True, slots=True)
class _Operation(_Term):
    operate: Callable[[Given], object]
    arguments: tuple[_Term, ...]

    def value(self, found: Sequence[object]) -> object:
        given = [argument.value(found) for argument in self.arguments]
        return self.operate([value for value in given if value is not None])


class _Parser:
    """One query being understood, and the variables seen so far."""

    def __init__(self) -> None:
        self._variables: dict[tuple[str, ...], int] = {}
        self._work = 0

    def query(self, query: list[Any]) -> Query:
        """All of it."""
        term = self._operation(query)
        return Query(term, tuple(self._variables))

    def _operation(self, query: list[Any]) -> _Term:
        name, *arguments = query
        if not isinstance(name, str) or name not in _OPERATORS:
            raise QueryError(f"{json.dumps(name)[:80]} is no operator")
        self._count()
        terms = (self._argument(argument) for argument in arguments)
        return _Operation(_OPERATORS[name], tuple(term for term in terms if term is not None))

    def _argument(self, argument: Any) -> _Term | None:
        if isinstance(argument, list):
            return self._operation(argument) if argument else _Literal(constant=True)
        if argument is None or argument == "":
            return None
        if isinstance(argument, str) and argument.startswith("$"):
            self._count()
            path = tuple(argument[1:].split("."))
            return _Variable(self._variables.setdefault(path, len(self._variables)))
        return _Literal(argument)

    def _count(self) -> None:
        self._work += 1
        if self._work > MOST_WORK:
            raise QueryError(f"it has more than {MOST_WORK} operators and variables")


def _check_size(query: object) -> None:
    """Refuse what would take long, level by level, so that no depth can exhaust the stack."""
    level, depth, number = [query], 0, 0
    while level:
        inner: list[object] = []
        for value in level:
            if isinstance(value, list):
                inner += value
            elif isinstance(value, dict):
                inner += value.values()
        number += len(inner)
        level = [value for value in inner if isinstance(value, (list, dict))]
        depth += 1
        if depth > DEEPEST:
            raise QueryError(f"it is nested deeper than {DEEPEST}")
        if number > MOST:
            raise QueryError(f"it has more than {MOST} parts")


def _compare(holds: Callable[[Any, Any], bool]) -> Callable[[Given], object]:
    """The first argument compared with all others, each of them, so that none goes unchecked."""

    def operate(given: Given) -> bool:
        found = [holds(given[0], other) for other in given[1:]]
        return bool(found) and all(found)

    return operate


def _in(given: Given) -> bool:
    return len(given) > 1 and given[0] in given[1:]


def _not(given: Given) -> list[bool]:
    return [not value for value in given]


_OPERATORS: dict[str, Callable[[Given], object]] = {
    "=": _compare(operator.eq),
    "<": _compare(operator.lt),
    ">": _compare(operator.gt),
    "<=": _compare(operator.le),
    ">=": _compare(operator.ge),
    "in": _in,
    "not": _not,
    "or": any,
    "and": all,
}
