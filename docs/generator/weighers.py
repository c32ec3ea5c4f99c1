"""The page of the weighers, from their classes."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from extender.weighers import all_weighers
from extender.weighers.base import HostWeigher
from generator.markdown import bullets, code, described, head, option_links, releases, table
from generator.notes import NOTES
from generator.watching import options_of_weigher

_INTRODUCTION = """
Weighers put the hosts that passed all filters into an order. Those named in option
[`filter_scheduler.weight_classes`](options.md#filter_scheduler) run; by default that is all of
them, and they are all that Nova has. For each weigher:

1. The raw weights of the hosts are cut to its least and greatest value, where it has them.
2. They are brought to 0…1: (x − lo) ÷ (hi − lo), where lo and hi are its least and greatest value,
   or where it has none, those of the hosts at hand. Where lo = hi, all are 0.
3. They are multiplied by the weigher's multiplier. Below 0 it prefers what it would otherwise
   avoid; 0 switches the weigher off. Where an aggregate of the host has metadata of the
   multiplier's name, the least such value counts instead of the option.

The sum over the weighers is the host's weight; one host alone is not weighed. kube-scheduler is
told the rank of the weight: the best host gets [`kubernetes.max_score`](options.md#kubernetes), the
worst 0, the others are spread evenly between, and equal weights get equal scores. How to write a
weigher: [plug-ins](../plugins.md).
"""

_RAW = "Raw weight: "


def page() -> str:
    """The page as the classes say it should be."""
    weighers = all_weighers()
    return "\n".join(
        [
            head("Weighers", "the classes under extender/weighers/").rstrip("\n"),
            _INTRODUCTION,
            _overview(weighers),
            *(_section(cls) for cls in weighers),
        ]
    )


def _overview(weighers: Iterable[type[HostWeigher]]) -> str:
    return table(
        ("Weigher", "What it does", "Raw weight", "Multiplier", "Least", "In Nova"),
        (
            (
                f"[{cls.name()}](#{cls.name().lower()})",
                _purpose(cls),
                _raw_weight(cls),
                _multiplier(cls),
                "" if cls.minval is None else _bound(cls.minval),
                releases(cls.added_in, ""),
            )
            for cls in weighers
        ),
    )


def _purpose(cls: type[HostWeigher]) -> str:
    """The first line of the weigher's module."""
    module = inspect.getmodule(cls)
    text = inspect.getdoc(module) if module else None
    if not text:
        raise ValueError(f"the module of {cls.name()} has no docstring to take its purpose from")
    return text.split("\n\n", maxsplit=1)[0]


def _raw_weight(cls: type[HostWeigher]) -> str:
    """What the first paragraph of the weigher's docstring says of it.

    Raises:
        ValueError: it says nothing of it.
    """
    text = described(cls, summary=True)
    if not text.startswith(_RAW):
        raise ValueError(f"the docstring of {cls.name()} does not begin with {_RAW!r}")
    return text.removeprefix(_RAW)


def _multiplier(cls: type[HostWeigher]) -> str:
    """The option of the multiplier and its default; it is the first that a weigher reads."""
    if not cls.multiplier_option:
        return "1.0"
    row = options_of_weigher(cls)[0]
    name = row.name if row.group == "filter_scheduler" else f"{row.group}.{row.name}"
    return f"`{name}`: {row.default}"


def _section(cls: type[HostWeigher]) -> str:
    note = NOTES.get(cls.name())
    facts = bullets(
        (
            ("In Nova", releases(cls.added_in, "")),
            *((("Note", note),) if note else ()),
            ("Options it reads", option_links(options_of_weigher(cls), defaults=True) or "none"),
            ("Key of aggregate metadata", code(cls.multiplier_option) or "none"),
            ("Least value", _bound(cls.minval)),
            ("Greatest value", _bound(cls.maxval)),
        )
    )
    return f"## {cls.name()}\n\n{_purpose(cls)}\n\n{described(cls)}\n\n{facts}"


def _bound(value: float | None) -> str:
    return "that of the hosts" if value is None else f"{value:g}"
