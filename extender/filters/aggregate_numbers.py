"""Numbers that host aggregates carry in their metadata, for the filters that read them.

Source: ``nova.scheduler.filters.utils`` (aggregate_values_from_key, validate_num_values).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar

import numpy as np

from extender.model.columns import Int64, clamp
from extender.model.facts import Source
from extender.model.groups import Aggregates, values_from_key
from extender.model.host_table import HostTable

N = TypeVar("N", int, Fraction)
Cast = Callable[[str], N]
"""From text to number; raises ValueError for a text that is none."""


@lru_cache(maxsize=1024)
def fraction(text: str) -> Fraction:
    """The exact fraction of any text that Python's ``float`` takes: ``" 1.5 "``, ``-2``, ``1e1``.

    What a float takes for 0 is 0; an exponent of millions would be all zeros to work through.

    Raises:
        ValueError: it is no number, or not finite. Nova lets ``inf`` lift a limit, and ``nan``
            confuse it.
    """
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:80]!r} is not finite")
    return Fraction(text) if number else Fraction(0)


def least(aggregates: Aggregates, key: str, cast: Cast[N]) -> N | None:
    """The least number under ``key``; ``None`` where there is none.

    There is none either where one of several texts is no number: it voids them all, as in Nova. A
    comma list is one text, and no number.
    """
    try:
        return min((cast(text) for text in values_from_key(aggregates, key)), default=None)
    except ValueError:
        return None


def least_whole(hosts: HostTable, key: str, default: int) -> Int64:
    """For each host the least whole number under ``key``, else ``default``.

    A whole number is what Python's ``int`` takes, as in Nova: ``" 5"`` and ``"-1"`` are, ``"5.0"``
    is not. Worked out once for each distinct set of aggregates.

    Args:
        hosts: the hosts.
        key: of the aggregates' metadata.
        default: an option's value; like the key never one from a request, as it is remembered.
    """

    def number(aggregates: Aggregates) -> int:
        found = least(aggregates, key, int)
        return clamp(default if found is None else found)

    memo = (least_whole.__qualname__, key, default)
    return hosts.encoded("aggregates").spread(number, np.int64, memo=memo)


def sources(
    aggregates: Aggregates, key: str, cast: Cast[N], kind: str, instead: Source
) -> tuple[Source, ...]:
    """Where a host's number comes from, for explanations, with a word on texts that are none.

    Args:
        aggregates: the host's.
        key: of the aggregates' metadata.
        cast: as for ``least``.
        kind: what the texts should be: "a whole number".
        instead: what counts where the aggregates give no number.
    """
    found: list[Source] = []
    for aggregate in aggregates:
        if key in aggregate.metadata:
            text, where = aggregate.metadata[key], f"aggregate {aggregate.name}"
            try:
                cast(text)
            except ValueError:
                where += f", ignored with all aggregates' {key}: it is not {kind}"
            found.append(Source(key, text, where))
    return tuple(found) if least(aggregates, key, cast) is not None else (*found, instead)
