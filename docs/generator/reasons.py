"""The page of the reasons: what each says, and who gives it."""

from __future__ import annotations

from collections.abc import Iterator

from extender.filters import all_filters
from extender.model.attempt import PRE_STAGE
from extender.model.reason import COMMON_REASONS, Reason
from extender.scheduler import pre_stage
from extender.scheduler.chance import FakeFilter, ServiceUpFilter
from extender.translate import reasons as of_pods
from generator.markdown import head, reason_cells, table

_INTRODUCTION = f"""
A node that is refused carries a reason; where several filters would refuse it, that of the first.

* **Id**: the label `reason` of the [metrics](metrics.md), and the name in JSON. It stays for ever.
* **Text**: what kube-scheduler counts in the pod's `FailedScheduling` event. It never changes and
  holds neither numbers nor names; `nova-extender explain NAMESPACE/POD` adds those.
* **Category**: `capacity`, `policy`, `host`, `retry` or `data` (something cannot be read).
* **Cured**: whether fewer pods on the host could turn the verdict, so that evicting some may help.
* **Given by**: filters by name; `{PRE_STAGE}`, what is tested
  [before them](filters.md#before-the-filters); or what a [driver](../placement.md#drivers) asks.
  What concerns the *pod* is refused on every node.

Filters of your own give [their own](../plugins.md#reasons).
"""

_POD = f"`{PRE_STAGE}`, the pod"
_NODE = f"`{PRE_STAGE}`"
_EVERY_FILTER = "every filter"
_DRIVERS = (("chance_scheduler", ServiceUpFilter), ("fake_scheduler", FakeFilter))


def page() -> str:
    """The page as the code says it should be.

    Raises:
        ValueError: an id stands for two different reasons.
    """
    given: dict[str, tuple[Reason, list[str]]] = {}
    for reason, by in _given():
        known, places = given.setdefault(reason.id, (reason, []))
        if known != reason:
            raise ValueError(f"{reason.id} is both {known!r} and {reason!r}")
        places.append(by)
    rows = ((*reason_cells(reason), ", ".join(by)) for _, (reason, by) in sorted(given.items()))
    return "\n".join(
        [
            head("Reasons", "the classes under extender/filters/").rstrip("\n"),
            _INTRODUCTION,
            table(("Id", "Text", "Category", "Cured", "Given by"), rows),
        ]
    )


def _given() -> Iterator[tuple[Reason, str]]:
    """Every reason with everyone who gives it."""
    for reason in of_pods.REASONS:
        yield reason, _POD
    for reason in pre_stage.REASONS:
        yield reason, _NODE
    for reason in COMMON_REASONS:
        yield reason, _EVERY_FILTER
    for cls in all_filters():
        for reason in cls.reasons:
            yield reason, f"[{cls.name()}](filters.md#{cls.name().lower()})"
    for driver, judge in _DRIVERS:
        for reason in judge.reasons:
            yield reason, f"`{judge.name()}` of `{driver}`"
