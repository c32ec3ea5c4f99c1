"""Extra specs and image properties that ask for NUMA cells, one as good as the other.

``hw:numa_nodes`` of a flavor is ``hw_numa_nodes`` of an image. Image properties come typed.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from extender.model.numa import ANY, LARGE, SMALL
from extender.translate.errors import shown
from extender.translate.property_types import WrongValueError, cpus

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN = 80
_LONGEST = 64
_WORDS = {"small": SMALL, "large": LARGE, "any": ANY}
_LARGEST_PAGE = 2**40
"""KiB; no page is as large by far."""

_SIZE = re.compile(r"\+?([0-9]*\.?[0-9]+)(?:([KMGTPEZYRQ])i?)?(b|bit|B)")
_UNITS = "KMGTPEZYRQ"
_TRUE = ("1", "t", "true", "on", "y", "yes")


class NUMAError(ValueError):
    """Extra specs or image properties that ask for cells there cannot be.

    Args:
        where: the extra specs or properties.
        wrong: what is wrong with them.
        accepted: what would be right.
    """

    def __init__(self, where: str, wrong: str, accepted: str) -> None:
        super().__init__(f"{where}: {wrong}; accepted: {accepted}")


class Specs:
    """What a flavor and an image say; an empty text is as good as none."""

    def __init__(self, extra_specs: Mapping[str, str], properties: Mapping[str, object]) -> None:
        self.extra_specs = extra_specs
        self.properties = properties

    def flavor(self, name: str) -> str | None:
        """The flavor's ``hw:`` extra spec."""
        return self.extra_specs.get(f"hw:{name}") or None

    def image(self, name: str) -> object:
        """The image's ``hw_`` property."""
        return self.properties.get(f"hw_{name}")

    def one(self, name: str, accepted: str) -> tuple[str, object]:
        """Whichever of the two there is, and what it is called; ``None`` where there is neither.

        Raises:
            NUMAError: there are both.
        """
        flavor, image = self.flavor(name), self.image(name)
        if flavor is not None and image is not None:
            raise conflict(name, accepted)
        if flavor is not None:
            return f"extra spec hw:{name}", flavor
        return f"image property hw_{name}", image

    def word(self, name: str, words: tuple[str, ...]) -> tuple[str | None, str | None]:
        """The flavor's word and the image's.

        Raises:
            NUMAError: it is none of the words.
        """
        flavor, image = self.flavor(name), self.image(name)
        for where, value in (("extra spec hw:", flavor), ("image property hw_", image)):
            if value is not None and value not in words:
                wrong = f"{shown(str(value), _SHOWN)} is no policy"
                raise NUMAError(where + name, wrong, " or ".join(words))
        return flavor, None if image is None else str(image)

    def flag(self, name: str) -> bool:
        """The flavor's extra spec as true or false, in Nova's words; any other is false."""
        return (self.flavor(name) or "").strip().lower() in _TRUE


def conflict(name: str, accepted: str) -> NUMAError:
    """Flavor and image do not agree."""
    where = f"extra spec hw:{name} and image property hw_{name}"
    return NUMAError(where, "they do not go together", accepted)


def cpu_bits(where: str, text: str) -> int:
    """CPUs such as ``0-3,^2,8``, as bits.

    Raises:
        NUMAError: it is no such text.
    """
    try:
        return sum(1 << cpu for cpu in cpus(text))
    except WrongValueError as error:
        raise NUMAError(where, f"{shown(text, _SHOWN)} cannot be", str(error)) from None


def page_size(specs: Specs) -> int | None:
    """The page size asked for: KiB, ``SMALL``, ``LARGE``, ``ANY``, or ``None``.

    The image may say which size, where the flavor leaves it open.

    Raises:
        NUMAError: it is no size, or the image asks where the flavor does not let it.

    Source: ``_get_numa_pagesize_constraint``.
    """
    flavor, image = specs.flavor("mem_page_size"), specs.image("mem_page_size")
    size = None if flavor is None else _size("extra spec hw:mem_page_size", flavor)
    if image is None or image == "":
        return size
    if size not in (LARGE, ANY):
        raise conflict("mem_page_size", "the image's, where the flavor's is large or any")
    return _size("image property hw_mem_page_size", str(image))


def _size(where: str, text: str) -> int | None:
    """KiB, or a word's number; 0 is none. Units are those of 1024, of bytes or bits."""
    if text in _WORDS:
        return _WORDS[text]
    size = _kib(text) if len(text) <= _LONGEST else None
    if size is None or size > _LARGEST_PAGE:
        accepted = "small, large, any, KiB such as 2048, or a size such as 2MB"
        raise NUMAError(where, f"{shown(text, _SHOWN)} is no page size", accepted)
    return size or None


def _kib(text: str) -> int | None:
    if text.isascii() and text.isdecimal():
        return int(text)
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    number = float(match[1]) * 1024.0 ** (_UNITS.find(match[2]) + 1 if match[2] else 0)
    return math.ceil(number / 8 if match[3] != "B" else number) // 1024
