"""How far a node is trusted: the annotation of an attestation operator, else a label."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from extender.translate import annotations as table
from extender.translate.errors import shown_json
from extender.translate.readers import AnnotationError, read_object
from extender.translate.times import seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extender.translate.readers import Annotations

UNKNOWN = "unknown"
"""The level of a node that nobody says anything of, as the attestation service called it."""


class Trust(NamedTuple):
    """A trust level and when it was attested, seconds since the epoch; ``None``: not told."""

    level: str = UNKNOWN
    at: float | None = None


NO_TRUST = Trust()


def read_trust(annotations: Annotations, labels: Mapping[str, str], label: str) -> Trust:
    """The trust level of a node.

    The annotation ``attestation`` wins over the label; an empty one says nothing. Names in it that
    are not known are skipped.

    Args:
        annotations: the node's.
        labels: the node's.
        label: the key of the label that counts where there is no annotation.

    Raises:
        AnnotationError: the annotation is no object with a text ``trust_lvl``, or its ``vtime`` is
            no time of RFC 3339 after 1970.
    """
    key = table.ATTESTATION.key
    given = read_object(annotations, table.ATTESTATION)
    if not given:
        return Trust(labels.get(label) or UNKNOWN)
    level, vtime = given.get("trust_lvl"), given.get("vtime")
    if not isinstance(level, str) or not level.strip():
        wrong = "trust_lvl is missing" if level is None else f"trust_lvl is {shown_json(level, 80)}"
        raise AnnotationError(key, wrong, "a text such as trusted")
    if vtime is None:
        return Trust(level.strip())
    at = seconds(vtime) if isinstance(vtime, str) else None
    if at is None:
        wrong = f"vtime is {shown_json(vtime, 80)}"
        raise AnnotationError(key, wrong, "a time after 1970 such as 2026-01-02T03:04:05Z")
    return Trust(level.strip(), at)
