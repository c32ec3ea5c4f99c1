"""What was measured on a node: its own annotation, and what metrics.k8s.io tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from extender.model.metrics import HostMetric, NodeUsage
from extender.translate import annotations as table
from extender.translate import quantity
from extender.translate.errors import TranslateError, shown_json
from extender.translate.readers import AnnotationError, read_array
from extender.translate.schema import ApiObject, Named, Quantities
from extender.translate.times import seconds

if TYPE_CHECKING:
    from extender.translate.readers import Annotations

LARGEST = 2**63 - 1
"""Of values, either way: sums and differences of these stay far from what a float cannot hold."""

_TIME = "a time after 1970 such as 2026-01-02T03:04:05Z"


class _NodeMetrics(Named):
    """NodeMetrics of metrics.k8s.io."""

    timestamp: str | None = None
    usage: Quantities | None = None


class _NodeMetricsList(ApiObject):
    """NodeMetricsList; ``items`` is null where there is nothing yet."""

    items: list[msgspec.Raw] | None


_list = msgspec.json.Decoder(_NodeMetricsList)
_item = msgspec.json.Decoder(_NodeMetrics)


def read_metrics(annotations: Annotations) -> tuple[HostMetric, ...]:
    """Annotation ``metrics``: what an agent measured, in the order written.

    Values are whole numbers in Nova; here any number of up to 64 bits before the point. Names in an
    entry that are not known are skipped.

    Raises:
        AnnotationError: no list of objects with a text ``name`` and such a ``value``, or a
            ``timestamp`` that is no time of RFC 3339 after 1970, or a ``source`` that is no text.
    """
    return tuple(_metric(entry) for entry in read_array(annotations, table.METRICS))


def read_usage(body: bytes) -> list[NodeUsage]:
    """What metrics.k8s.io tells of all nodes.

    An entry that cannot be read, or names no node, is left out: one bad node must not hide the
    others. So is an amount that is no quantity, or below 0.

    Args:
        body: the JSON of a NodeMetricsList.

    Raises:
        TranslateError: it is no such list.
    """
    try:
        items = _list.decode(body).items or []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TranslateError(f"not a NodeMetricsList: {error}") from error
    found = (_usage(item) for item in items)
    return [usage for usage in found if usage is not None]


def _metric(entry: object) -> HostMetric:
    key = table.METRICS.key
    if not isinstance(entry, dict):
        wrong = f"{shown_json(entry, 80)} is not a metric"
        raise AnnotationError(key, wrong, "an object with name and value")
    name, value = entry.get("name"), entry.get("value")
    if not isinstance(name, str) or not name.strip():
        raise AnnotationError(key, f"name is {shown_json(name, 80)}", "a text such as cpu.percent")
    name = name.strip()
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > LARGEST:
        wrong = f"value of {shown_json(name, 80)} is {shown_json(value, 80)}"
        raise AnnotationError(key, wrong, "a number of 64 bits")
    timestamp, source = entry.get("timestamp"), entry.get("source")
    at = seconds(timestamp) if isinstance(timestamp, str) else None
    if timestamp is not None and at is None:
        wrong = f"timestamp of {shown_json(name, 80)} is {shown_json(timestamp, 80)}"
        raise AnnotationError(key, wrong, _TIME)
    if source is not None and not isinstance(source, str):
        wrong = f"source of {shown_json(name, 80)} is {shown_json(source, 80)}"
        raise AnnotationError(key, wrong, "a text")
    return HostMetric(name, float(value), at, source or "")


def _usage(raw: msgspec.Raw) -> NodeUsage | None:
    try:
        item = _item.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not item.name:
        return None
    usage = item.usage or {}
    return NodeUsage(
        host=item.name,
        timestamp=seconds(item.timestamp),
        nano_cpus=_amount(usage, "cpu"),
        nano_bytes=_amount(usage, "memory"),
    )


def _amount(usage: Quantities, name: str) -> int | None:
    if name not in usage:
        return None
    try:
        return quantity.amount_json(usage[name])
    except quantity.QuantityError:
        return None
