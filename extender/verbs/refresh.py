"""Pods that others have bound while our watch did not show it yet: taken in as claims."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from extender.translate.errors import TranslateError
from extender.translate.objects import decode_pod
from extender.translate.pod import contribution
from extender.verbs.engine import Engine

SOON = 10.0
"""Seconds after which the watch must have shown such a pod, if it is there still."""


def adopt(engine: Engine, pods: Iterable[bytes | msgspec.Raw], own: str, clock: float) -> int:
    """Count the pods of a fresh list that are bound and not known yet; returns how many.

    They lapse like a bind of ours without an answer: a pod that was deleted while the list was on
    its way must not stay.

    Args:
        engine: what is known.
        pods: as listed.
        own: the UID of the pod that is to be bound, which is not counted.
        clock: seconds on the clock that claims lapse by.
    """
    adopted = 0
    for raw in pods:
        try:
            entry = contribution(decode_pod(raw))
        except TranslateError:
            continue  # the watch tells of it
        if entry is None or not entry.instance.uuid or entry.instance.uuid == own:
            continue
        with engine.lock:
            ledger = engine.cluster.ledger
            if ledger.get(entry.instance.uuid) is None:
                ledger.claim(entry)
                ledger.doubt(entry.instance.uuid, clock + SOON)
                adopted += 1
    return adopted
