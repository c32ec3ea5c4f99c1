"""The page of the filters, from their classes."""

from __future__ import annotations

from collections.abc import Iterable

from extender.config.options import Config
from extender.filters import all_filters
from extender.filters.base import HostFilter
from extender.model.attempt import PRE_STAGE
from extender.model.reason import COMMON_REASONS, Reason
from extender.scheduler import pre_stage
from extender.translate import reasons as of_pods
from generator.markdown import (
    bullets,
    code,
    described,
    head,
    option_links,
    reason_cells,
    releases,
    table,
    yes,
)
from generator.notes import AGGREGATE_KEYS, NOTES
from generator.watching import ALL_KEYS, aggregate_keys_of_filter, options_of_filter

_INTRODUCTION = """
A filter refuses hosts that do not suit a pod. Those named in option
[`filter_scheduler.enabled_filters`](options.md#filter_scheduler) run, in that order, and each sees
only what the ones before have left. A refused host carries a [reason](reasons.md).

These are Nova's filters, those included that Nova has removed since. Ratios, reserves and zones are
options too, but they are read when a node is translated, not by the filters that compare what comes
of it; see [options](options.md#default) and [annotations](annotations.md). How to write a filter:
[plug-ins](../plugins.md).
"""

_PRE_STAGE = f"""\
## Before the filters

These are tested first; steps and metrics call them `{PRE_STAGE}`. A pod that cannot be judged is
refused on every host, with the first of these reasons that holds:
"""

_OF_HOSTS = """\
Then each host is tested. Ignoring a host beats forcing it. Forcing skips all filters, but not what
Nova asks of Placement: aggregates, traits and resource classes (see
[who decides](../placement.md#pre-filters)).
"""

_COMMON = """\
## Reasons of every filter
"""


def page() -> str:
    """The page as the classes say it should be."""
    filters = all_filters()
    return "\n".join(
        [
            head("Filters", "the classes under extender/filters/").rstrip("\n"),
            _INTRODUCTION,
            _overview(filters),
            _PRE_STAGE,
            _reasons(of_pods.REASONS),
            _OF_HOSTS,
            _reasons(pre_stage.REASONS),
            _COMMON,
            _reasons(COMMON_REASONS),
            *(_section(cls) for cls in filters),
        ]
    )


def _overview(filters: Iterable[type[HostFilter]]) -> str:
    return table(
        ("Filter", "What it does", "By default", "In Nova", "Note"),
        (
            (
                f"[{cls.name()}](#{cls.name().lower()})",
                described(cls, summary=True),
                _position(cls),
                releases(cls.added_in, cls.removed_in),
                NOTES.get(cls.name(), ""),
            )
            for cls in filters
        ),
    )


def _position(cls: type[HostFilter]) -> str:
    """Where the filter stands among those that are enabled by default."""
    enabled = Config().filter_scheduler.enabled_filters
    if cls.name() not in enabled:
        return "off"
    return f"on, {enabled.index(cls.name()) + 1} of {len(enabled)}"


def _section(cls: type[HostFilter]) -> str:
    note = NOTES.get(cls.name())
    facts = bullets(
        (
            ("By default", _position(cls)),
            ("In Nova", releases(cls.added_in, cls.removed_in)),
            *((("Note", note),) if note else ()),
            ("Runs for the first instance of a request only", yes(cls.run_filter_once_per_request)),
            ("Runs when a rebuild is checked", yes(cls.RUN_ON_REBUILD)),
            ("Options it reads", option_links(options_of_filter(cls)) or "none"),
            ("Keys of aggregate metadata it reads", _aggregate_keys(cls)),
        )
    )
    reasons = _reasons(cls.reasons) if cls.reasons else "It refuses nobody.\n"
    return f"## {cls.name()}\n\n{described(cls)}\n\n{facts}\n{reasons}"


def _aggregate_keys(cls: type[HostFilter]) -> str:
    """The keys by name, or in words where the filter goes through all that there are.

    Raises:
        KeyError: there are no words for it.
    """
    keys = aggregate_keys_of_filter(cls)
    if ALL_KEYS in keys:
        return AGGREGATE_KEYS[cls.name()]
    return ", ".join(map(code, keys)) or "none"


def _reasons(reasons: Iterable[Reason]) -> str:
    return table(("Id", "Text", "Category", "Cured"), map(reason_cells, reasons))
