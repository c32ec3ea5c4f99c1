"""The language of extra specs: an operator and its operands, held against a text.

Source: ``nova.scheduler.filters.extra_specs_ops``, whose operators and oddities these are: ``=``
means at least, there is no ``<``, words too many are ignored, and a text without an operator is
compared whole.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from enum import IntEnum
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from extender.model.columns import Bool, Vocabulary

ASKED_BY = "Flavor, or pod annotation nova-extender.io/extra_specs"
"""Where extra specs come from, for explanations."""

Outcomes = npt.NDArray[np.uint8]
"""One ``Outcome`` a distinct value, by the value's code."""


class Outcome(IntEnum):
    """What comes of holding a value against a requirement."""

    HOLDS = 0
    FAILS = 1
    INVALID = 2
    """It cannot be evaluated: Nova raises and aborts the request."""


class Requirement(ABC):
    """A requirement that was understood."""

    def match(self, value: str | None) -> Outcome:
        """Hold one value against it; no value never holds, whatever the requirement."""
        return Outcome.FAILS if value is None else self.judge(value)

    @abstractmethod
    def judge(self, value: str) -> Outcome:
        """Hold one text against it."""

    @abstractmethod
    def match_all(self, vocabulary: Vocabulary) -> Outcomes:
        """Hold all distinct values against it at once; what is no text fails."""


def parse(requirement: str) -> Requirement:
    """Understand the text of a requirement; any text is one.

    A text that begins with no operator is one that the value must equal, blanks and all.
    """
    first, *words = requirement.split() or [""]
    make = _OPERATORS.get(first)
    if make is None:
        return _Equal([requirement])
    if not words:
        return _Always(Outcome.INVALID if first == "<or>" else Outcome.FAILS)
    return make(words)


class _Always(Requirement):
    """One outcome for all texts."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def judge(self, value: str) -> Outcome:
        del value
        return self._outcome

    def match_all(self, vocabulary: Vocabulary) -> Outcomes:
        return np.where(_texts(vocabulary), np.uint8(self._outcome), np.uint8(Outcome.FAILS))


class _Equal(Requirement):
    """The value is one of these texts, or none of them; their codes are looked up."""

    def __init__(self, texts: Iterable[str], *, negated: bool = False) -> None:
        self._texts = frozenset(texts)
        self._negated = negated

    def judge(self, value: str) -> Outcome:
        return Outcome.HOLDS if (value in self._texts) != self._negated else Outcome.FAILS

    def match_all(self, vocabulary: Vocabulary) -> Outcomes:
        named = np.zeros(len(vocabulary.values), dtype=np.bool_)
        codes = (vocabulary.code(text) for text in self._texts)
        named[[code for code in codes if code >= 0]] = True
        return _outcomes(_texts(vocabulary) & ~named if self._negated else named)


class _Number(Requirement):
    """The value is a number that compares with this one as wanted, as Python's floats do."""

    def __init__(self, compare: Callable[[Any, Any], Any], operand: float) -> None:
        self._compare = compare
        self._operand = operand

    def judge(self, value: str) -> Outcome:
        number = _number(value)
        if number is None:
            return Outcome.INVALID
        return Outcome.HOLDS if self._compare(number, self._operand) else Outcome.FAILS

    def match_all(self, vocabulary: Vocabulary) -> Outcomes:
        numbers = vocabulary.array(f"{__name__} numbers", _float, np.float64)
        is_none = vocabulary.array(f"{__name__} no numbers", _is_no_number, np.bool_)
        outcomes = _outcomes(self._compare(numbers, self._operand))
        outcomes[is_none] = Outcome.INVALID
        outcomes[~_texts(vocabulary)] = Outcome.FAILS
        return outcomes


class _Text(Requirement):
    """The value compares with a text as wanted, by the order of characters, or contains it."""

    def __init__(self, holds: Callable[[str, str], bool], words: list[str]) -> None:
        self._holds = holds
        self._operand = words[0]

    def judge(self, value: str) -> Outcome:
        return Outcome.HOLDS if self._holds(value, self._operand) else Outcome.FAILS

    def match_all(self, vocabulary: Vocabulary) -> Outcomes:
        holds, operand = self._holds, self._operand
        values = vocabulary.values
        found = [isinstance(value, str) and holds(value, operand) for value in values]
        return _outcomes(np.array(found, dtype=np.bool_))


class _AllIn(Requirement):
    """The value contains every one of these words; a part of a word in it is enough."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = tuple(dict.fromkeys(words))

    def judge(self, value: str) -> Outcome:
        return Outcome.HOLDS if all(word in value for word in self._words) else Outcome.FAILS

    def match_all(self, vocabulary: Vocabulary) -> Outcomes:
        # One word at a time, and only where those before it were found.
        left = [code for code, value in enumerate(vocabulary.values) if isinstance(value, str)]
        for word in self._words:
            left = [code for code in left if word in vocabulary.values[code]]
        found = np.zeros(len(vocabulary.values), dtype=np.bool_)
        found[left] = True
        return _outcomes(found)


def _outcomes(holds: Bool) -> Outcomes:
    return np.where(holds, np.uint8(Outcome.HOLDS), np.uint8(Outcome.FAILS))


def _number(text: str) -> float | None:
    """What Python's ``float`` takes, as in Nova: ``" 5 "``, ``"1_0"``, ``"inf"``, ``"nan"``."""
    try:
        return float(text)
    except ValueError:
        return None


def _float(value: object) -> float:
    number = _number(value) if isinstance(value, str) else None
    return float("nan") if number is None else number


def _is_no_number(value: object) -> bool:
    return not isinstance(value, str) or _number(value) is None


def _texts(vocabulary: Vocabulary) -> Bool:
    """Which values are texts."""
    return vocabulary.array(f"{__name__} texts", lambda value: isinstance(value, str), np.bool_)


def _numeric(compare: Callable[[Any, Any], Any], words: list[str]) -> Requirement:
    operand = _number(words[0])
    return _Always(Outcome.INVALID) if operand is None else _Number(compare, operand)


_OPERATORS: dict[str, Callable[[list[str]], Requirement]] = {
    "=": partial(_numeric, operator.ge),
    ">=": partial(_numeric, operator.ge),
    "==": partial(_numeric, operator.eq),
    "!=": partial(_numeric, operator.ne),
    "<=": partial(_numeric, operator.le),
    "s==": lambda words: _Equal(words[:1]),
    "s!=": lambda words: _Equal(words[:1], negated=True),
    "s<": partial(_Text, operator.lt),
    "s<=": partial(_Text, operator.le),
    "s>": partial(_Text, operator.gt),
    "s>=": partial(_Text, operator.ge),
    "<in>": partial(_Text, operator.contains),
    "<all-in>": _AllIn,
    # Every other word is taken for a further "<or>", whatever it is.
    "<or>": lambda words: _Equal(words[::2]),
}
"""What makes a requirement of an operator's words, of which there is one at least."""
