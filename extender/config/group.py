"""What the groups of options have in common, and what is noted about an option beside its kind."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True, slots=True)
class Nova:
    """Where an option stands in Nova; stands in the annotation of an option that Nova has.

    Attributes:
        legacy: Its older name, which stood in group ``DEFAULT``.
        since: The release it came in; empty where it is not known.
        until: The release it was removed in.
        default: Nova's own default, where it is another.
    """

    legacy: str = ""
    since: str = ""
    until: str = ""
    default: str = ""


class OptionGroup(BaseModel):
    """One group of options: never changed after it was read, and without unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid")
