"""Image properties: what Nova says of an image, and a pod of what runs in it.

Properties that Nova knows are typed as Nova types them; any others are kept as texts, for
ImagePropertiesWeigher. Source: ``nova.objects.image_meta.ImageMetaProps``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from extender.model.image_pairs import LONGEST_PAIR, MOST_PAIRS, Pairs, every_pair, image_pairs
from extender.translate import annotations as table
from extender.translate.errors import shown, shown_json
from extender.translate.image_property_table import ADAPTER, CELLS, PROPERTIES, RENAMED, TRAITS
from extender.translate.property_types import WrongValueError
from extender.translate.readers import AnnotationError, read_object, read_text

if TYPE_CHECKING:
    from extender.translate.property_types import Reader
    from extender.translate.readers import Annotations

_ROW = table.IMAGE_PROPERTIES
_MOST_CELLS = 128
_PART = re.compile(
    r"(?P<cells>hw_numa_cpus|hw_numa_mem)\.(?P<cell>0|[1-9][0-9]{0,3})|trait:(?P<trait>.+)"
)
_SHOWN = 80
_LONGEST_REMEMBERED = 1024


class ImageProperties(NamedTuple):
    """What an annotation ``image_properties`` says.

    Args:
        properties: typed values by Nova's names.
        others: any further ones, as Python's text.
        pairs: both as ImagePropertiesWeigher counts them.
        problem: what is too much to be counted, for people; empty where nothing is.
    """

    properties: Mapping[str, object]
    others: Mapping[str, str]
    pairs: Pairs
    problem: str = ""


NO_PROPERTIES = ImageProperties(MappingProxyType({}), MappingProxyType({}), ())


def read_image_properties(annotations: Annotations) -> ImageProperties:
    """Annotation ``image_properties``.

    Raises:
        AnnotationError: not an object, or a value that a property cannot have. Properties that
            Nova knows but would pass over are refused too: a list that is given whole, a NUMA
            cell without those before it, a trait that is not required.
    """
    text = read_text(annotations, _ROW)
    if text is None:
        return NO_PROPERTIES
    return _remembered(text) if len(text) <= _LONGEST_REMEMBERED else _read(text)


def pairs_of_instance(annotations: Annotations, problems: list[str]) -> Pairs:
    """The pairs of a pod that counts on a host; what cannot be read counts as none.

    Args:
        annotations: the pod's.
        problems: takes in what does not count, for people.
    """
    try:
        found = read_image_properties(annotations)
    except AnnotationError as error:
        problems.append(str(error))
        return ()
    if found.problem:
        problems.append(found.problem)
    return found.pairs


def _read(text: str) -> ImageProperties:
    properties, others = _sorted_out(read_object({_ROW.key: text}, _ROW))
    pairs = image_pairs(properties, others)
    problem = ""
    if left_out := len(every_pair(properties, others)) - len(pairs):
        problem = (
            f"annotation {_ROW.key}: ImagePropertiesWeigher does not count {left_out} of the "
            f"properties; accepted: {MOST_PAIRS} properties, each with its name of at most "
            f"{LONGEST_PAIR} characters"
        )
    return ImageProperties(MappingProxyType(properties), MappingProxyType(others), pairs, problem)


_remembered = lru_cache(maxsize=512)(_read)
"""The pods of an owner have one text: it is read once, and they share what is made of it."""


def _sorted_out(given: Mapping[str, Any]) -> tuple[dict[str, object], dict[str, str]]:
    """Typed properties, and texts of those that Nova does not know."""
    properties = _from_old_names(given)
    others: dict[str, str] = {}
    for name, value in given.items():
        if name in PROPERTIES:
            properties[name] = _value(name, value, PROPERTIES[name])
        elif name in CELLS:
            raise _wrong(name, value, f"{name}.0, {name}.1 and so on")
        elif name == TRAITS:
            raise _wrong(name, value, "trait:NAME")
        elif not (name in RENAMED or name == ADAPTER or _PART.fullmatch(name)):
            others[name] = str(value)
    properties.update(_lists(given))
    return properties, others


def _lists(given: Mapping[str, Any]) -> dict[str, object]:
    """The properties that are given in parts."""
    cells: dict[str, dict[int, object]] = {}
    traits: list[str] = []
    for name, value in given.items():
        match = _PART.fullmatch(name)
        if match is None:
            continue
        if match["trait"] is None:
            cell = _value(name, value, CELLS[match["cells"]])
            cells.setdefault(match["cells"], {})[int(match["cell"])] = cell
        elif value == "required":
            traits.append(match["trait"])
        else:
            raise _wrong(name, value, "required")
    lists: dict[str, object] = {TRAITS: traits} if traits else {}
    for name, found in cells.items():
        last = max(found)
        if last >= min(len(found), _MOST_CELLS):
            accepted = f"{name}.0 to {name}.{_MOST_CELLS - 1} without a gap"
            raise AnnotationError(_ROW.key, f"there is {name}.{last}", accepted)
        lists[name] = [found[cell] for cell in sorted(found)]
    return lists


def _from_old_names(given: Mapping[str, Any]) -> dict[str, object]:
    found: dict[str, object] = {}
    for old, new in RENAMED.items():
        if old in given:
            found[new] = _value(old, given[old], PROPERTIES[new])
    if adapter := given.get(ADAPTER):
        found["hw_disk_bus"] = "ide" if adapter == "ide" else "scsi"
        if adapter != "ide":
            found["hw_scsi_model"] = _value(ADAPTER, adapter, PROPERTIES["hw_scsi_model"])
    return found


def _value(name: str, value: Any, read: Reader) -> object:
    try:
        return read(value)
    except WrongValueError as error:
        raise _wrong(name, value, str(error)) from None


def _wrong(name: str, value: Any, accepted: str) -> AnnotationError:
    wrong = f"{shown(name, _SHOWN)} is {shown_json(value, _SHOWN)}"
    return AnnotationError(_ROW.key, wrong, accepted)
