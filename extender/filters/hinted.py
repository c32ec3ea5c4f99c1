"""What DifferentHostFilter and SameHostFilter share: a hint that names instances."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable
from typing import ClassVar

from extender.filters.base import HostFilter
from extender.model.facts import Source, some
from extender.model.request_spec import RequestSpec

SHOWN = 10
"""So many instances or hosts are named in an explanation."""

_LONGEST = 253
"""Characters of a name that an explanation shows; no UID and no pod's name has more."""


class HintedFilter(HostFilter, ABC):
    """Judges requests whose ``hint`` names instances, by the hosts these are on; others pass.

    An instance that is not known is on no host (``instance_uuids_overlap`` of
    ``nova.scheduler.filters.utils``).
    """

    hint: ClassVar[str]

    def asked(self, spec: RequestSpec) -> bool:
        """Whether the request has the hint; an empty one is none."""
        return bool(spec.get_scheduler_hint(self.hint))

    def occupied(self, spec: RequestSpec) -> frozenset[str]:
        """The hosts that the instances named are on."""
        return spec.hint_hosts.get(self.hint, frozenset())

    def hint_sources(self, spec: RequestSpec) -> tuple[Source, ...]:
        """The instances named and their hosts, for explanations."""
        where = "pod annotation nova-extender.io/scheduler_hints"
        if not self.asked(spec):
            return (Source(self.hint, "none", f"no such hint in {where}"),)
        hosts = _listed(sorted(self.occupied(spec)))
        return (
            Source(self.hint, _listed(spec.scheduler_hints[self.hint]), where),
            Source("hosts", hosts or "none", "bound or claimed pods of these UIDs or names"),
        )


def _listed(names: Iterable[str]) -> str:
    return some([f"{name:.{_LONGEST}}" for name in names], SHOWN)
