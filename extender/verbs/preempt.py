"""The verb ``preempt``: on which of these nodes would evictions help the pod, as far as we can see?

kube-scheduler's dry run asks its own plugins only, never an extender's filter, and so may evict
pods on nodes that the extender goes on to refuse. Source of the protocol:
``k8s.io/kube-scheduler/extender/v1``; of the dry run, ``pkg/scheduler/framework/preemption``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain

from extender.model.contribution import Contribution
from extender.model.request_spec import RequestSpec
from extender.protocol.preemption import Victims, decode_preemption_args, preemption_result
from extender.protocol.replies import Reply
from extender.translate.objects import Pod, decode_pod
from extender.verbs.engine import Engine

Evicted = Mapping[str, list[Contribution]]
"""By node, the pods that are to go, most important first."""


def preempt_pod(engine: Engine, body: bytes) -> Reply:
    """Answer one ``preempt`` call: the nodes our filters would let pass without the victims.

    Victims go back as they came, in their order, those we do not know among them: the watch lags
    behind. A node that we do not know is left out, likewise one that would be refused all the same.

    Where no victims are named (Kubernetes 1.38 on, nodes that only we refused) they are found as
    kube-scheduler finds them: if the node suits without all pods of lower priority, as many of them
    as still fit are given back, highest priority first. Nothing is known of disruption budgets
    then, and no violation of one is counted. A node that needs no victims (any more) is left out:
    to name it without any is an error to kube-scheduler, which fails the preemption as a whole.

    Raises:
        ProtocolError: the body is no ExtenderPreemptionArgs.
        TranslateError: the pod cannot be read.
    """
    args = decode_preemption_args(body)
    pod = decode_pod(args.pod)
    with engine.judging(pod) as spec:
        found = _DryRun(engine, pod, spec).run(args.victims)
    return Reply(200, preemption_result(found))


class _DryRun:
    """One pod's evictions, tried out; the engine's lock is held meanwhile."""

    def __init__(self, engine: Engine, pod: Pod, spec: RequestSpec) -> None:
        self._engine = engine
        self._pod = pod
        self._spec = spec

    def run(self, asked: Mapping[str, Victims]) -> dict[str, Victims]:
        """The nodes that suit, in the order asked, each with its victims."""
        plan = {
            node: self._named(node, victims.uids) if victims.uids else self._lesser(node)
            for node, victims in asked.items()
        }
        found: dict[str, Victims] = {}
        for part in self._parts(plan):
            with self._without(part):
                suiting = self._suiting(part)
            found |= {node: asked[node] for node in suiting if asked[node].uids}
            unnamed = {node: part[node] for node in suiting if not asked[node].uids}
            for node, entries in self._least(unnamed, 0, _longest(unnamed)).items():
                found[node] = Victims([entry.instance.uuid for entry in entries])
        return {node: found[node] for node in asked if node in found}

    def _parts(self, plan: Evicted) -> Iterator[Evicted]:
        """The nodes that can be judged in one go.

        A victim of the pod's own server group changes the verdict on other nodes than its own, so
        a node with such victims is judged alone.
        """
        group = self._spec.instance_group
        members = group.members if group is not None else frozenset()
        alone = {n for n, gone in plan.items() if any(e.instance.uuid in members for e in gone)}
        yield {node: gone for node, gone in plan.items() if node not in alone}
        yield from ({node: gone} for node, gone in plan.items() if node in alone)

    def _named(self, node: str, uids: Iterable[str]) -> list[Contribution]:
        """What we know of a node's victims; a pod that we know elsewhere takes nothing off it."""
        found = map(self._engine.cluster.ledger.get, dict.fromkeys(uids))
        return [entry for entry in found if entry is not None and entry.host == node]

    def _lesser(self, node: str) -> list[Contribution]:
        """The pods of lower priority on a node, most important first.

        Of equal ones the longer running counts more, as to kube-scheduler; the name decides between
        the rest. A pod that is going anyway is no victim, nor one whose Binding the watch has not
        shown: it counts by our claim only.
        """
        ledger = self._engine.cluster.ledger
        found = [
            entry
            for entry in ledger.on(node)
            if entry.priority < self._pod.priority
            and not entry.terminating
            and not ledger.claimed(entry.instance.uuid)
        ]
        return sorted(found, key=_importance)

    def _least(self, unnamed: Evicted, low: int, high: int) -> dict[str, list[Contribution]]:
        """Whom each node must lose of its pods ranked ``low`` to ``high``, the former ones settled.

        All nodes are judged at once, rank by rank. The ranks are halved rather than counted off, so
        that pods are taken away within one another, and each only a few times.
        """
        ranked = {
            node: entries[low:high] for node, entries in unnamed.items() if len(entries) > low
        }
        if not ranked:
            return {}
        if high - low == 1:
            suiting = set(self._suiting(ranked))
            return {node: entries for node, entries in ranked.items() if node not in suiting}
        middle = (low + high) // 2
        with self._without({node: entries[middle - low :] for node, entries in ranked.items()}):
            first = self._least(unnamed, low, middle)
        with self._without(first):
            second = self._least(unnamed, middle, high)
        return {
            n: first.get(n, []) + second.get(n, []) for n in ranked if n in first or n in second
        }

    @contextmanager
    def _without(self, gone: Evicted) -> Iterator[None]:
        """The cluster without these pods."""
        uids = [entry.instance.uuid for entry in chain.from_iterable(gone.values())]
        with self._engine.cluster.ledger.apart(uids):
            yield

    def _suiting(self, nodes: Collection[str]) -> list[str]:
        """Those that the filters let pass as things stand, in their order."""
        engine = self._engine
        names = list(nodes)
        table = engine.cluster.table
        spec = self._spec
        if spec.instance_group is not None or spec.hint_hosts:
            # Who is in the group, and where whom a hint names is, changes with who is taken away.
            spec = engine.spec(self._pod)
        part = engine.scheduler.filter(table, names, table.rows(names), spec)
        suiting: list[str] = part.hosts[part.passed].tolist()
        return suiting


def _importance(entry: Contribution) -> tuple[int, bool, float, str, str, str]:
    """Sorts the most important first."""
    started = entry.started
    instance = entry.instance
    return (
        -entry.priority,
        started is None,
        started or 0.0,
        instance.namespace,
        instance.name,
        instance.uuid,
    )


def _longest(unnamed: Evicted) -> int:
    return max(map(len, unnamed.values()), default=0)
