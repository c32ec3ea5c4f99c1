"""The kind of value that names devices: Nova's PCI aliases, as mappings or in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic.json_schema import JsonSchemaValue

from extender.config.kinds import Kind
from extender.config.text_kinds import BEHIND_A_DOMAIN
from extender.config.values import FloatText, UnacceptableError, shown

DEVICE_TYPES = ("type-PCI", "type-PF", "type-VF")
NUMA_POLICIES = ("required", "legacy", "preferred", "socket")
WITHOUT_EFFECT = ("numa_policy", "capability_type")
"""Keys that are read for Nova's sake and compared with nothing."""

_ID = "[0-9A-Fa-f]{4}"
# Kubernetes takes all with that in them for its own; and our own are no devices.
_RESOURCE = rf"(?!.*kubernetes\.io/|nova-extender\.io/){BEHIND_A_DOMAIN}"
_RULES = {
    # With a comma or a colon no flavor could ask for it: "name:count,name:count".
    "name": ("[^,:]{1,256}", "a name of 1 to 256 characters without ',' and ':'"),
    "vendor_id": (_ID, "four hexadecimal digits in quotes"),
    "product_id": (_ID, "four hexadecimal digits in quotes"),
    "resource": (_RESOURCE, "an extended resource, such as nvidia.com/gpu"),
    "device_type": ("|".join(DEVICE_TYPES), " or ".join(DEVICE_TYPES)),
    "numa_policy": ("|".join(NUMA_POLICIES), " or ".join(NUMA_POLICIES)),
    "capability_type": ("pci", "pci"),
}
_TAG = (".{1,255}", "a text of 1 to 255 printable characters")
_PLACEMENT = ("resource_class", "traits")


@dataclass(frozen=True, slots=True)
class DeviceAlias:
    """One alias: its name, and its other keys and values as written, sorted."""

    name: str
    keys: tuple[tuple[str, str], ...]

    @property
    def spec(self) -> tuple[tuple[str, str], ...]:
        """What a pool's attributes are compared with; ``device_type`` is their ``dev_type``."""
        renamed = ((_attribute(key), value) for key, value in self.keys)
        return tuple(sorted(pair for pair in renamed if pair[0] not in WITHOUT_EFFECT))


@dataclass(frozen=True)
class Aliases(Kind):
    """An ordered list of aliases: YAML mappings, or JSON texts as in Nova's own files.

    Of the same name there may be several, which are alternatives.
    """

    name: ClassVar[str] = "list"

    @property
    def accepted(self) -> str:
        """The form, by an example."""
        return (
            'a list of {"name": "a100", "vendor_id": "10de", "product_id": "20b0"} and the like,'
            " as mappings or as JSON texts, with the keys name, vendor_id, product_id, resource,"
            " device_type, numa_policy and tags"
        )

    def read(self, value: object) -> tuple[DeviceAlias, ...]:
        """The aliases, in the order given."""
        items = list(value) if isinstance(value, list | tuple) else [value]
        if len(items) == 1 and _is_text(items[0]) and not str(items[0]).strip():
            return ()
        found = [mapping for item in items for mapping in _mappings(item)]
        return tuple(_alias(number, mapping) for number, mapping in enumerate(found, 1))

    def schema(self) -> JsonSchemaValue:
        """A mapping, a text, or an array of them."""
        mapping: JsonSchemaValue = {"type": "object", "additionalProperties": {"type": "string"}}
        one: list[JsonSchemaValue] = [mapping, {"type": "string"}]
        return {"anyOf": [{"type": "array", "items": {"anyOf": one}}, *one]}

    def write(self, value: object) -> object:
        """A YAML list of mappings."""
        aliases = value if isinstance(value, tuple) else ()
        return [{"name": alias.name, **dict(alias.keys)} for alias in aliases]


def _attribute(key: str) -> str:
    return "dev_type" if key == "device_type" else key


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not isinstance(value, FloatText)


def _mappings(item: object) -> list[Mapping[str, object]]:
    """The mapping, or those of a JSON text."""
    if isinstance(item, Mapping):
        return [item]
    if not isinstance(item, str) or not _is_text(item):
        raise UnacceptableError(f"{shown(item)} is neither a mapping nor a JSON text")
    try:
        parsed = json.loads(item, object_pairs_hook=_object)
    except UnacceptableError:
        raise
    except (ValueError, RecursionError):
        raise UnacceptableError(f"{shown(item)} is not JSON") from None
    found = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(mapping, Mapping) for mapping in found):
        raise UnacceptableError(f"{shown(item)} is not a JSON object or a list of them")
    return found


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise UnacceptableError(f"the key {shown(key)} is given twice in one JSON object")
        found[key] = value
    return found


def _alias(number: int, mapping: Mapping[str, object]) -> DeviceAlias:
    where = f"alias {number}, {shown(mapping)}"
    texts = {key: _text(where, key, value) for key, value in mapping.items()}
    if "name" not in texts:
        raise UnacceptableError(f"{where} has no name")
    alias = DeviceAlias(texts.pop("name"), tuple(sorted(texts.items())))
    if not alias.spec:
        raise UnacceptableError(f"{where} says nothing of the device")
    if {"device_type", "dev_type"} <= texts.keys():
        raise UnacceptableError(f"{where} has device_type and dev_type, which are the same")
    return alias


def _text(where: str, key: str, value: object) -> str:
    if not key.isprintable() or not re.fullmatch(r"\S{1,255}", key):
        raise UnacceptableError(f"{where}: {shown(key)} is not the name of a key")
    if key in _PLACEMENT:
        raise UnacceptableError(f"{where}: {key} needs Placement, and there is none; use tags")
    pattern, what = _RULES.get(key, _TAG)
    text = value.strip() if isinstance(value, str) and _is_text(value) else ""
    if not text.isprintable() or not re.fullmatch(pattern, text):
        raise UnacceptableError(f"{where}: {key} {shown(value)} is not {what}")
    return text
