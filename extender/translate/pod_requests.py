"""What a pod counts as: kube-scheduler's effective requests, and what only the extender counts.

Source: ``k8s.io/component-helpers/resource``, ``PodRequests``, Kubernetes 1.37: quantities are
summed exactly (``extender.translate.pod_amounts``) and rounded up once, on the sum over the pod.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from extender.model.flavor import GIB, MIB
from extender.model.overcommit import VIRTUAL_NAMES
from extender.translate import quantity
from extender.translate.extended import is_extended
from extender.translate.pod_amounts import NATIVE, Amounts, Count, Names, Problem, amounts_of

if TYPE_CHECKING:
    from extender.translate.schema import Pod, PodSpec, PodStatus

VIRTUAL: Names = (VIRTUAL_NAMES["cpu"], VIRTUAL_NAMES["ram"], VIRTUAL_NAMES["disk"])
"""What a pod may ask for instead: whole vCPUs, MiB and GiB, which only the extender counts."""

_VIRTUAL_UNITS = (1000, MIB, GIB)

MOST_EXTENDED = 48
"""Extended resources of a pod that are counted. Each three of them take one look at the whole pod,
which is as large as its author likes."""


class Requests(NamedTuple):
    """Effective requests: milli-cores, bytes of memory, bytes of ephemeral storage.

    ``virtual`` is how much more of the three that is than kube-scheduler and the kubelet count, of
    a pod that asks for one of `VIRTUAL`; less than nothing where it asks for less of that than of
    the real resource. ``extended`` are extended resources by name, whole ones, without those of
    which it asks 0.
    """

    milli_vcpus: int = 0
    memory: int = 0
    disk: int = 0
    problems: tuple[Problem, ...] = ()
    extended: tuple[tuple[str, int], ...] = ()
    virtual: Amounts | None = None


NOTHING = Requests()


def effective_requests(pod: Pod, *, bound: bool) -> Requests:
    """What the pod counts as.

    Args:
        pod: as the API server has it, or a manifest: what a container only limits it requests.
        bound: whether the pod counts on its node, which looks at its status too (a resize may be
            under way); a pod that is yet to be placed is judged by its spec alone.
    """
    spec = pod.spec
    if spec is None:
        return NOTHING
    status = pod.status if bound else None
    count = Count(NATIVE, [])
    cpu, memory, disk = amounts_of(spec, status, count)
    native = quantity.milli(cpu), quantity.units(memory), quantity.units(disk)
    if count.others is None:
        problems = tuple(dict.fromkeys(count.problems)) if count.problems else ()
        return Requests(*native, problems=problems)
    counted, virtual = native, None
    if not count.others.isdisjoint(VIRTUAL):
        counted = _with_virtual(spec, status, count, native)
        virtual = _difference(counted, native)
    return Requests(
        *counted,
        virtual=virtual,
        extended=_extended(spec, status, count),
        problems=tuple(dict.fromkeys(count.problems)),
    )


def _with_virtual(
    spec: PodSpec, status: PodStatus | None, count: Count, native: Amounts
) -> Amounts:
    """The three resources; what is named of `VIRTUAL` in the place of what is native."""
    named = count.others or ()
    total = amounts_of(spec, status, Count(VIRTUAL, count.problems))
    cpu, memory, disk = (
        quantity.units(amount) * unit if name in named else own
        for name, amount, unit, own in zip(VIRTUAL, total, _VIRTUAL_UNITS, native, strict=True)
    )
    return cpu, memory, disk


def _extended(spec: PodSpec, status: PodStatus | None, count: Count) -> tuple[tuple[str, int], ...]:
    """The extended resources among those seen, three at a time."""
    names = sorted(filter(is_extended, count.others or ()))
    if len(names) > MOST_EXTENDED:
        wrong = f"{len(names)} extended resources are named; accepted: at most {MOST_EXTENDED}"
        count.problems.append(Problem("spec", names[MOST_EXTENDED][:40], wrong))
        names = names[:MOST_EXTENDED]
    found: list[tuple[str, int]] = []
    for first in range(0, len(names), len(NATIVE)):
        one, two, three = (*names[first : first + len(NATIVE)], "", "")[: len(NATIVE)]
        three_of_them = (one, two, three)
        total = amounts_of(spec, status, Count(three_of_them, count.problems))
        counted = zip(three_of_them, map(quantity.units, total), strict=True)
        found += [(name, amount) for name, amount in counted if name and amount]
    return tuple(found)


def _difference(a: Amounts, b: Amounts) -> Amounts:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]
