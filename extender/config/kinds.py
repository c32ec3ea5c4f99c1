"""The kinds of value an option can have: how each is read, described, checked and written out.

A kind is one object with four faces, so that the reader, the error messages, the JSON Schema and
the documentation cannot disagree. It stands in the option's annotation, where pydantic finds it.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from extender.config.values import FloatText, UnacceptableError, shown

MOST_WHOLE = 2**31 - 1
"""The bound of a whole number where no option says otherwise: times 2**20 it still fits 64 bits."""

_WHOLE = r"[+-]?(?:0|[1-9][0-9]*)"
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_RATIO = r"[0-9]{1,3}(?:\.[0-9]{1,3})?"
_RATIO_BOUND = 1000
_RATIO_STEPS = 1000
_LONGEST_NUMBER = 40


def _reason(why: str) -> str:
    """The reason for a limit, as it stands behind it."""
    return f": {why}" if why else ""


class Kind(ABC):
    """How the value of an option is read and described.

    Attributes:
        name: The kind in one or two words, for tables.
    """

    name: ClassVar[str]

    @property
    @abstractmethod
    def accepted(self) -> str:
        """What is accepted, as an error message and the documentation say it."""

    @abstractmethod
    def read(self, value: object) -> object:
        """The typed value.

        Raises:
            UnacceptableError: It is not acceptable; the message shows the value and says why.
        """

    @abstractmethod
    def schema(self) -> JsonSchemaValue:
        """The JSON Schema of everything that is accepted."""

    def write(self, value: object) -> object:
        """The value as YAML writes it, from which ``read`` gives the same value again."""
        return value

    def __get_pydantic_core_schema__(
        self,
        source: object,
        handler: GetCoreSchemaHandler,
    ) -> CoreSchema:
        del source, handler  # the kind alone decides
        return core_schema.no_info_plain_validator_function(
            self.read,
            serialization=core_schema.plain_serializer_function_ser_schema(self.write),
        )

    def __get_pydantic_json_schema__(
        self,
        schema: CoreSchema,
        handler: GetJsonSchemaHandler,
    ) -> JsonSchemaValue:
        del schema, handler
        return self.schema()


@dataclass(frozen=True)
class Whole(Kind):
    """An integer within limits; in quotes too, as Nova's own files are all text."""

    name: ClassVar[str] = "whole number"

    least: int = 0
    most: int = MOST_WHOLE
    unit: str = ""
    why: str = ""

    @property
    def accepted(self) -> str:
        """The unit, the limits, and the reason for them."""
        what = f"a whole number of {self.unit}" if self.unit else "a whole number"
        open_end = self.most == MOST_WHOLE
        limits = f"{what}, {self.least} {'or more' if open_end else f'to {self.most}'}"
        return limits + _reason(self.why)

    def read(self, value: object) -> int:
        """The integer."""
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not re.fullmatch(_WHOLE, text):
            raise UnacceptableError(f"{shown(value)} is not a whole number")
        # The length first: Python refuses to read thousands of digits.
        number = int(text) if len(text) <= _LONGEST_NUMBER else None
        if (number is None and text.startswith("-")) or (
            number is not None and number < self.least
        ):
            raise UnacceptableError(f"{shown(value)} is less than {self.least}{_reason(self.why)}")
        if number is None or number > self.most:
            raise UnacceptableError(f"{shown(value)} is more than {self.most}{_reason(self.why)}")
        return number

    def schema(self) -> JsonSchemaValue:
        """An integer, or its digits in quotes."""
        number = {"type": "integer", "minimum": self.least, "maximum": self.most}
        return {"anyOf": [number, {"type": "string", "pattern": f"^{_WHOLE}$"}]}


@dataclass(frozen=True)
class Number(Kind):
    """A finite number: of any sign, from a least one on, or within limits."""

    name: ClassVar[str] = "number"

    least: float = -math.inf
    most: float = math.inf
    unit: str = ""
    why: str = ""

    @property
    def accepted(self) -> str:
        """What every such option takes, or the unit, the limits, and the reason for them."""
        if math.isinf(self.least):
            return "a finite number, such as 1.0 or -0.5"
        what = f"a number of {self.unit}" if self.unit else "a number"
        end = "or more" if math.isinf(self.most) else f"to {self.most:g}"
        return f"{what}, {self.least:g} {end}{_reason(self.why)}"

    def read(self, value: object) -> float:
        """The number."""
        number = math.nan
        if isinstance(value, int | float) and not isinstance(value, bool):
            # An integer beyond the largest float has no float, not even an infinite one.
            number = float(value) if abs(value) < 2**1023 else math.inf
        elif isinstance(value, str) and re.fullmatch(_NUMBER, value):
            number = float(value)
        if not math.isfinite(number):
            raise UnacceptableError(f"{shown(value)} is not a finite number")
        if number < self.least:
            why = f"{shown(value)} is less than {self.least:g}{_reason(self.why)}"
            raise UnacceptableError(why)
        if number > self.most:
            why = f"{shown(value)} is more than {self.most:g}{_reason(self.why)}"
            raise UnacceptableError(why)
        return number

    def schema(self) -> JsonSchemaValue:
        """A number, or its text in quotes."""
        limits = {"minimum": self.least, "maximum": self.most}
        finite = {name: limit for name, limit in limits.items() if math.isfinite(limit)}
        number: JsonSchemaValue = {"type": "number", **finite}
        return {"anyOf": [number, {"type": "string", "pattern": f"^{_NUMBER}$"}]}


@dataclass(frozen=True)
class Ratio(Kind):
    """An allocation ratio, exactly the fraction that was written.

    With ``may_be_unset``, Nova's 0.0 stands for "not set" and is read as None.
    """

    name: ClassVar[str] = "ratio"

    may_be_unset: bool = False

    @property
    def accepted(self) -> str:
        """The form, and what zero means."""
        form = "a number above 0 with at most three digits before and after the point, such as 16.0"
        return f"{form}; 0.0 for not set" if self.may_be_unset else form

    def read(self, value: object) -> Fraction | None:
        """The exact ratio, or None for one that is not set."""
        if value is None and self.may_be_unset:
            return None
        if isinstance(value, Fraction):
            # Only from Python: a file's numbers come as text.
            if 0 < value < _RATIO_BOUND and (value * _RATIO_STEPS).denominator == 1:
                return value
            raise UnacceptableError(f"{value} is not a ratio")
        if isinstance(value, float):
            return self.read(FloatText(repr(value)))
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not re.fullmatch(_RATIO, text):
            raise UnacceptableError(f"{shown(value)} is not a ratio")
        ratio = Fraction(text)
        if ratio:
            return ratio
        if self.may_be_unset:
            return None
        raise UnacceptableError(f"{shown(value)} is not above 0")

    def schema(self) -> JsonSchemaValue:
        """A number, or its text in quotes."""
        bound = "minimum" if self.may_be_unset else "exclusiveMinimum"
        forms: list[JsonSchemaValue] = [
            {"type": "number", bound: 0, "exclusiveMaximum": _RATIO_BOUND},
            {"type": "string", "pattern": f"^{_RATIO}$"},
        ]
        return {"anyOf": [*forms, {"type": "null"}] if self.may_be_unset else forms}

    def write(self, value: object) -> object:
        """The shortest decimal, which for so few digits is exact."""
        return float(value) if isinstance(value, Fraction) else 0.0


@dataclass(frozen=True)
class Boolean(Kind):
    """Yes or no, in the words Nova's own files may use."""

    name: ClassVar[str] = "boolean"

    WORDS: ClassVar[dict[str, bool]] = {
        form: meaning
        for word, meaning in (
            ("true", True),
            ("yes", True),
            ("on", True),
            ("false", False),
            ("no", False),
            ("off", False),
        )
        for form in (word, word.title(), word.upper())
    }

    @property
    def accepted(self) -> str:
        """The same for every such option."""
        return "true or false"

    def read(self, value: object) -> bool:
        """The boolean."""
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in self.WORDS:
            return self.WORDS[value]
        raise UnacceptableError(f"{shown(value)} is neither true nor false")

    def schema(self) -> JsonSchemaValue:
        """A boolean, or one of Nova's words."""
        return {"anyOf": [{"type": "boolean"}, {"enum": list(self.WORDS)}]}
