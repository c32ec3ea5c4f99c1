"""Kubernetes quantities, exactly: ``100m``, ``1.5Gi``, ``2e3``.

Source: ``k8s.io/apimachinery/pkg/api/resource``, ``ParseQuantity``. No float is involved and no
power larger than about 10¹⁸⁰ is ever computed, whatever the text says.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from extender.translate.errors import shown

if TYPE_CHECKING:
    import msgspec

NANO = 10**9
"""Quantities are held in nano units, the smallest part that Kubernetes keeps."""

LARGEST = (2**63 - 1) * NANO
"""What a larger quantity is cut to. ``ParseQuantity`` cuts binary suffixes only; decimal ones
are cut here too, since its readers hold int64 anyway."""

ACCEPTED = "accepted: a decimal number with suffix n, u, m, k, M, G, T, P, E, Ki … Ei or e3"

_PER_MILLI = NANO // 1000

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}

_PATTERN = re.compile(
    r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:(n|u|m|k|M|G|T|P|E|[KMGTPE]i)|[eE]([+-]?)([0-9]+))?"
)

# Digits kept of a longer number. Those left out stand at least 60 decimal places below one nano
# unit, so a last digit 1 in their place (they are not all 0) rounds up exactly as they would,
# also when multiplied by 2⁶⁰.
_KEPT = 100

# A number with more digits than this before the nano unit's point is above LARGEST for certain,
# and one with less than minus this is below a nano unit even with suffix Ei.
_SPAN = 40

# Exponents of more digits are only ever "huge" (with either sign).
_EXPONENT_DIGITS = 9

_CACHED_LENGTH = 64


class QuantityError(ValueError):
    """A text that is no quantity; the message shows at most 40 characters of it."""


def parse(text: str) -> int:
    """A quantity in nano units, rounded away from zero and cut at ±(2⁶³−1) units.

    Linear in the length of the text, at once for any exponent. A sign or suffix without a digit
    is refused: ``ParseQuantity`` reads ``"k"`` as 0, but the API server never stores it so.

    Raises:
        QuantityError: the text is no quantity.
    """
    return _parse_short(text) if len(text) <= _CACHED_LENGTH else _parse(text)


def parse_json(raw: msgspec.Raw | bytes) -> int:
    """A quantity as it stands in JSON, text or number, in nano units; ``null`` is 0.

    Source: ``Quantity.UnmarshalJSON``; blanks around the text are dropped, escapes are not read.

    Raises:
        QuantityError: the value is neither text nor number, or the text is no quantity.
    """
    value = bytes(raw)
    return _parse_json_short(value) if len(value) <= _CACHED_LENGTH else _parse_json(value)


def amount_json(raw: msgspec.Raw | bytes) -> int:
    """As ``parse_json``, of what cannot be less than nothing.

    Raises:
        QuantityError: it is no quantity, or is negative.
    """
    nano = parse_json(raw)
    if nano < 0:
        raise QuantityError(f"{shown(json_text(raw), 40)} is negative; accepted: 0 or more")
    return nano


def milli(nano: int) -> int:
    """Thousandths of a unit, rounded up as kube-scheduler does: milli-cores of a CPU quantity."""
    return -(-nano // _PER_MILLI)


def units(nano: int) -> int:
    """Whole units, rounded up as kube-scheduler does: bytes of a memory quantity."""
    return -(-nano // NANO)


def json_text(raw: msgspec.Raw | bytes) -> str:
    """The text of a quantity as it stands in JSON, for messages."""
    value = bytes(raw)
    if value[:1] == b'"' and value[-1:] == b'"' and len(value) > 1:
        value = value[1:-1]
    return value.decode("utf-8", "backslashreplace").strip()


def _parse_json(value: bytes) -> int:
    return 0 if value == b"null" else _parse(json_text(value))


def _parse(text: str) -> int:
    match = _PATTERN.fullmatch(text)
    whole, fraction = (match[2], match[3] or "") if match else ("", "")
    if match is None or not (whole or fraction):
        raise QuantityError(f"{shown(text, 40)} is not a quantity; {ACCEPTED}")
    sign, _, _, suffix, exponent_sign, exponent = match.groups()
    digits = (whole + fraction).lstrip("0")
    shift = 9 - len(fraction)
    power_of_two = 0
    if exponent is not None:
        shift += _exponent(exponent_sign, exponent, len(text))
    elif suffix in _BINARY:
        power_of_two = _BINARY[suffix]
    else:
        shift += _DECIMAL[suffix or ""]
    amount = _scaled(digits, shift, power_of_two)
    return -amount if sign == "-" else amount


def _exponent(sign: str, digits: str, length: int) -> int:
    """The exponent, cut so far out that it outweighs any digits a text of ``length`` can have."""
    digits = digits.lstrip("0")
    size = int(digits or "0") if len(digits) <= _EXPONENT_DIGITS else 10**_EXPONENT_DIGITS
    size = min(size, 2 * length + 4 * _SPAN)
    return -size if sign == "-" else size


def _scaled(digits: str, shift: int, power_of_two: int) -> int:
    """``digits`` × 10^shift × 2^power_of_two, rounded up, at most LARGEST."""
    if not digits:
        return 0
    magnitude = len(digits) + shift
    if magnitude > _SPAN:
        return LARGEST
    if magnitude < -_SPAN:
        return 1
    if len(digits) > _KEPT:
        left_out = digits[_KEPT:]
        shift += len(left_out)
        digits = digits[:_KEPT]
        if left_out.strip("0"):
            digits += "1"
            shift -= 1
    amount = int(digits) << power_of_two
    power_of_ten: int = 10 ** abs(shift)
    amount = amount * power_of_ten if shift >= 0 else -(-amount // power_of_ten)
    return min(amount, LARGEST)


_parse_short = lru_cache(maxsize=8192)(_parse)
_parse_json_short = lru_cache(maxsize=8192)(_parse_json)
