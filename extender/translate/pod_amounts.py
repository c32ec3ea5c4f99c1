"""How much of some resources a pod asks for: kube-scheduler's rules, from container to pod.

Source: ``k8s.io/component-helpers/resource``, ``PodRequests``, Kubernetes 1.37. Claims of dynamic
resource allocation that count as CPU or memory (alpha) are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extender.translate import quantity
from extender.translate.errors import shown
from extender.translate.schema import ContainerStatus, PodSpec, PodStatus

if TYPE_CHECKING:
    import msgspec

    from extender.translate.schema import Container, Quantities

CPU, MEMORY, DISK = "cpu", "memory", "ephemeral-storage"

Names = tuple[str, str, str]
NATIVE: Names = (CPU, MEMORY, DISK)
_NATIVE = frozenset(NATIVE)

Amounts = tuple[int, int, int]
"""So much of three resources: CPU, memory and disk, or whichever are being counted."""

ZERO: Amounts = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Problem:
    """A quantity that cannot be read, and counts as 0: where it stands, its text, what is wrong."""

    path: str
    text: str
    wrong: str

    def __str__(self) -> str:
        return f"{self.path}: {self.wrong}"


class Count:
    """Three resources being counted, and what was come across meanwhile.

    Args:
        names: which; of others than ``NATIVE`` there are no pod-level requests.
        problems: told of what cannot be read, which counts as 0.

    Attributes:
        others: the names in all maps that have others than the native ones; ``None`` where all
            have only these.
    """

    __slots__ = ("names", "others", "problems")

    def __init__(self, names: Names, problems: list[Problem]) -> None:
        self.names = names
        self.problems = problems
        self.others: set[str] | None = None

    def see(self, requests: Quantities) -> None:
        """Note the names of a map of quantities."""
        if self.others is None:
            self.others = set()
        self.others.update(requests)


def amounts_of(spec: PodSpec, status: PodStatus | None, count: Count) -> Amounts:
    """What a pod asks of the three resources, in nano units, exactly.

    Args:
        spec: the pod's.
        status: likewise, of a pod that counts on its node (a resize may be under way); ``None``
            for one that is yet to be placed.
        count: the resources.
    """
    total = _containers(spec, status, count)
    if count.names is NATIVE and spec.resources is not None and spec.resources.requests:
        total = _pod_level(spec.resources.requests, status, total, count)
    if spec.overhead:
        count.see(spec.overhead)
        total = _sum(total, _amounts(spec.overhead, "spec.overhead", count))
    return total


def _containers(spec: PodSpec, status: PodStatus | None, count: Count) -> Amounts:
    """What the containers need together, by their spec and, for a bound pod, their status."""
    regular = spec.containers or ()
    init = spec.init_containers or ()
    own = [_own(container, "containers", count) for container in regular]
    init_own = [_own(container, "initContainers", count) for container in init]
    restartable = [container.restart_policy == "Always" for container in init]
    by_spec = _aggregate(own, init_own, restartable)
    if status is None:
        return by_spec
    infeasible = _resize_infeasible(status)
    statuses = _statuses(status)
    resources = status.resources
    in_place = status.allocated_resources is not None and (
        resources is not None and resources.requests is not None
    )
    if not statuses and not in_place:
        # Without a status all three views are the spec, or nothing once it is infeasible.
        return ZERO if infeasible else by_spec
    if in_place:
        # The pod's own totals stand for the sums over its containers.
        allocated = _pod_allocated(status, count)
        actuated = _pod_actuated(status, count)
    else:
        views = [
            [
                _views(container, amounts, statuses, infeasible, count)
                for container, amounts in zip(containers, amounts_of, strict=True)
            ]
            for containers, amounts_of in ((regular, own), (init, init_own))
        ]
        allocated, actuated = (
            _aggregate([v[i] for v in views[0]], [v[i] for v in views[1]], restartable)
            for i in (0, 1)
        )
    reported = _largest(actuated, allocated)
    return reported if infeasible else _largest(by_spec, reported)


def _aggregate(
    regular: Sequence[Amounts], init: Sequence[Amounts], restartable: Sequence[bool]
) -> Amounts:
    """The containers run together, after the init containers one by one beside the sidecars.

    A restartable init container (a sidecar) stays, so it counts with the regular ones and with
    every init container that starts after it.
    """
    total = regular[0] if len(regular) == 1 else _sum_of(regular)
    if not init:
        return total
    sidecars = ZERO
    peak = ZERO
    for amounts, stays in zip(init, restartable, strict=True):
        if stays:
            total = _sum(total, amounts)
            sidecars = _sum(sidecars, amounts)
            peak = _largest(peak, sidecars)
        else:
            peak = _largest(peak, _sum(amounts, sidecars))
    return _largest(total, peak)


def _views(
    container: Container,
    by_spec: Amounts,
    statuses: dict[str, ContainerStatus],
    infeasible: bool,
    count: Count,
) -> tuple[Amounts, Amounts]:
    """What a container was allocated, and what it runs with.

    Where its status says nothing, its spec stands in, unless that is a resize that cannot be.
    """
    name = container.name or ""
    status = statuses.get(name)
    allocated = ZERO if infeasible else by_spec
    if status is None:
        return allocated, allocated
    place = f"status of container {shown(name, 63)}"
    if status.allocated_resources is not None:
        where = f"{place}: allocatedResources"
        allocated = _amounts(status.allocated_resources, where, count)
    actuated = allocated
    if status.resources is not None and status.resources.requests is not None:
        where = f"{place}: resources.requests"
        actuated = _amounts(status.resources.requests, where, count)
    return allocated, actuated


def _pod_level(
    requests: Quantities, status: PodStatus | None, total: Amounts, count: Count
) -> Amounts:
    """The sum over the containers, replaced where the pod as a whole asks for cpu or memory."""
    if not any(name in (CPU, MEMORY) or name.startswith("hugepages-") for name in requests):
        return total
    sources = [(requests, _amounts(requests, "spec.resources.requests", count))]
    if status is not None and status.resources is not None:
        if _resize_infeasible(status):
            sources = []
        if status.resources.requests:
            sources.append((status.resources.requests, _pod_actuated(status, count)))
        if status.allocated_resources:
            sources.append((status.allocated_resources, _pod_allocated(status, count)))
    cpu, memory, disk = total
    given = [amounts[0] for names, amounts in sources if CPU in names]
    cpu = max(given) if given else cpu
    given = [amounts[1] for names, amounts in sources if MEMORY in names]
    memory = max(given) if given else memory
    return cpu, memory, disk


def _pod_allocated(status: PodStatus, count: Count) -> Amounts:
    return _amounts(status.allocated_resources, "status.allocatedResources", count)


def _pod_actuated(status: PodStatus, count: Count) -> Amounts:
    requests = status.resources.requests if status.resources is not None else None
    return _amounts(requests, "status.resources.requests", count)


def _resize_infeasible(status: PodStatus) -> bool:
    for condition in status.conditions or ():
        if condition.type == "PodResizePending":
            return condition.reason == "Infeasible"
    return False


def _statuses(status: PodStatus) -> dict[str, ContainerStatus]:
    """The statuses that say something about resources, by container name; the first one counts."""
    found: dict[str, ContainerStatus] = {}
    for statuses in (status.container_statuses, status.init_container_statuses):
        for entry in statuses or ():
            if entry.allocated_resources is not None or entry.resources is not None:
                found.setdefault(entry.name or "", entry)
    return found


def _own(container: Container, field: str, count: Count) -> Amounts:
    resources = container.resources
    if resources is None:
        return ZERO
    requests = resources.requests
    if resources.limits:
        # The API server has done so already (``SetDefaults_Pod`` in ``pkg/apis/core/v1``); a
        # manifest that was never sent there has not.
        requests = {**resources.limits, **(requests or {})}
    if not requests:
        return ZERO
    if not _NATIVE.issuperset(requests):
        count.see(requests)
    before = len(count.problems)
    amounts = _amounts(requests, "resources.requests", count)
    for number in range(before, len(count.problems)):
        problem = count.problems[number]
        path = f"spec.{field}[{shown(container.name or '', 63)}].{problem.path}"
        count.problems[number] = Problem(path, problem.text, problem.wrong)
    return amounts


def _amounts(requests: Quantities | None, path: str, count: Count) -> Amounts:
    """The three resources of a map of quantities; what cannot be read counts as 0."""
    if not requests:
        return ZERO
    get = requests.get
    one, two, three = count.names
    first, second, third = get(one), get(two), get(three)
    return (
        0 if first is None else _amount(first, path, one, count),
        0 if second is None else _amount(second, path, two, count),
        0 if third is None else _amount(third, path, three, count),
    )


def _amount(raw: msgspec.Raw, path: str, name: str, count: Count) -> int:
    try:
        return quantity.amount_json(raw)
    except quantity.QuantityError as error:
        text = quantity.json_text(raw)[:40]
        count.problems.append(Problem(f"{path}.{name}", text, str(error)))
        return 0


def _sum(a: Amounts, b: Amounts) -> Amounts:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def _sum_of(many: Iterable[Amounts]) -> Amounts:
    total = ZERO
    for amounts in many:
        total = _sum(total, amounts)
    return total


def _largest(a: Amounts, b: Amounts) -> Amounts:
    return max(a[0], b[0]), max(a[1], b[1]), max(a[2], b[2])
