"""Reading annotation values: every value is hostile until it is read here.

Blanks around a value are dropped and an empty value is as good as none. A value is bounded in
size and, before any parser sees it, in depth.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from extender.translate.errors import shown
from extender.translate.ratio import ACCEPTED as ACCEPTED_RATIO
from extender.translate.ratio import RatioError, parse_ratio

if TYPE_CHECKING:
    from fractions import Fraction

    from extender.translate.annotations import Annotation

LARGEST_VALUE = 64 * 1024
"""Bytes a value may have."""

DEEPEST = 20
"""Lists and objects a value may have within one another."""

Annotations = Mapping[str, str]

_LARGEST_INTEGER = 2**63 - 1
_INTEGER = re.compile(r"[0-9]{1,19}")

# A JSON text, also one that never ends, or a bracket. Possessive, and a quote always matches, so
# the scan is linear in whatever it is given.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[][{}]', re.DOTALL)


class AnnotationError(ValueError):
    """An annotation that cannot be understood.

    Args:
        key: the annotation's whole key.
        wrong: what is wrong with it; shows at most 80 characters of a value.
        accepted: what would be right.
    """

    def __init__(self, key: str, wrong: str, accepted: str) -> None:
        super().__init__(f"annotation {key}: {wrong}; accepted: {accepted}")
        self.key = key
        self.wrong = wrong
        self.accepted = accepted


def read_text(annotations: Annotations, row: Annotation) -> str | None:
    """The value without the blanks around it, ``None`` where it is absent or empty.

    Raises:
        AnnotationError: the value is too large.
    """
    value = annotations.get(row.key)
    if not value:
        return None
    # A text of so many characters cannot have more bytes than are allowed.
    if 4 * len(value) > LARGEST_VALUE:
        size = len(value.encode("utf-8", "surrogatepass"))
        if size > LARGEST_VALUE:
            raise AnnotationError(
                row.key, f"the value has {size} bytes", f"at most {LARGEST_VALUE} bytes"
            )
    return value.strip() or None


def read_boolean(annotations: Annotations, row: Annotation) -> bool:
    """``true`` or ``false``; false where absent.

    Raises:
        AnnotationError: anything else.
    """
    text = read_text(annotations, row)
    if text not in (None, "true", "false"):
        raise AnnotationError(row.key, f"{shown(text, 80)} is not a boolean", "true or false")
    return text == "true"


def read_integer(annotations: Annotations, row: Annotation) -> int | None:
    """A whole number from 0 to 2⁶³−1, ``None`` where absent.

    Raises:
        AnnotationError: anything else.
    """
    text = read_text(annotations, row)
    if text is None:
        return None
    if _INTEGER.fullmatch(text) is None or (number := int(text)) > _LARGEST_INTEGER:
        accepted = f"a whole number from 0 to {_LARGEST_INTEGER}"
        raise AnnotationError(row.key, f"{shown(text, 80)} is not such a number", accepted)
    return number


def read_ratio(annotations: Annotations, row: Annotation) -> Fraction | None:
    """An allocation ratio, exact; ``None`` where absent.

    Raises:
        AnnotationError: not a ratio (``extender.translate.ratio``).
    """
    text = read_text(annotations, row)
    if text is None:
        return None
    try:
        return parse_ratio(text)
    except RatioError as error:
        wrong = f"{shown(text, 80)} is not an allocation ratio"
        raise AnnotationError(row.key, wrong, ACCEPTED_RATIO) from error


def read_list(annotations: Annotations, row: Annotation) -> tuple[str, ...]:
    """``a,b`` or a JSON list of texts; blanks around items and empty items are dropped.

    Raises:
        AnnotationError: not such a list.
    """
    text = read_text(annotations, row)
    if text is None:
        return ()
    items: list[Any] = text.split(",")
    if text.startswith("["):
        items = parse_json(row.key, text)
        for item in items:
            if not isinstance(item, str):
                wrong = f"{shown(json.dumps(item), 80)} is not a text"
                raise AnnotationError(row.key, wrong, "a,b or a JSON list of texts")
    return tuple(stripped for item in items if (stripped := item.strip()))


def read_object(annotations: Annotations, row: Annotation) -> dict[str, Any]:
    """A JSON object, ``{}`` where absent.

    Raises:
        AnnotationError: not a JSON object.
    """
    text = read_text(annotations, row)
    if text is None:
        return {}
    value = parse_json(row.key, text)
    if not isinstance(value, dict):
        raise AnnotationError(row.key, f"{shown(text, 80)} is not an object", "a JSON object")
    return value


def read_array(annotations: Annotations, row: Annotation) -> list[Any]:
    """A JSON list of anything, empty where absent.

    Raises:
        AnnotationError: not a JSON list.
    """
    text = read_text(annotations, row)
    if text is None:
        return []
    value = parse_json(row.key, text)
    if not isinstance(value, list):
        raise AnnotationError(row.key, f"{shown(text, 80)} is not a list", "a JSON list")
    return value


def parse_json(key: str, text: str) -> Any:
    """Strict JSON: bounded depth, finite numbers, whole ones of 64 bits, no name twice.

    Raises:
        AnnotationError: anything else; ``key`` names the annotation.
    """
    if _too_deep(text):
        wrong = f"lists and objects are nested deeper than {DEEPEST}: {shown(text, 80)}"
        raise AnnotationError(key, wrong, f"a depth of at most {DEEPEST}")
    try:
        value = _DECODER.decode(text)
        if "\\u" in text:
            # An escaped half of a surrogate pair could not be written out again.
            json.dumps(value, ensure_ascii=False).encode()
    except ValueError as error:
        cause = "half of a surrogate pair" if isinstance(error, UnicodeError) else str(error)
        wrong = f"{shown(text, 80)} is not valid JSON: {cause}"
        raise AnnotationError(key, wrong, "JSON") from error
    return value


def _too_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    depth = 0
    for token in _TOKEN.finditer(text):
        first = token[0][0]
        if first in "[{":
            depth += 1
            if depth > DEEPEST:
                return True
        elif first in "]}":
            depth -= 1
    return False


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{shown(text, 40)} is out of range")
    return number


def _whole(text: str) -> int:
    if len(text) > len(str(-_LARGEST_INTEGER)) or abs(number := int(text)) > _LARGEST_INTEGER:
        raise ValueError(f"{shown(text, 40)} is out of range")
    return number


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"{shown(twice, 40)} stands twice")
    return unique


_DECODER = json.JSONDecoder(
    parse_int=_whole,
    parse_float=_finite,
    parse_constant=_no_constant,
    object_pairs_hook=_unique,
)
