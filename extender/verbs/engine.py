"""What the verbs share: the cluster and its lock, the scheduler, the attempts."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from extender.model.attempt import Attempt
from extender.model.contribution import Contribution
from extender.model.host_table import HostTable
from extender.model.options import TranslateOptions
from extender.model.request_spec import RequestSpec
from extender.scheduler.drivers import CACHING
from extender.scheduler.filter_scheduler import FilterScheduler
from extender.state.attempts import Attempts
from extender.state.cluster import Cluster
from extender.state.lookup import ClusterLookup
from extender.state.snapshot import Snapshot
from extender.translate.objects import Pod
from extender.translate.pod import request_spec


@dataclass(slots=True, kw_only=True)
class Engine:
    """One running extender.

    Args:
        scheduler: the enabled filters and weighers.
        options: what translation must know.
        attempts: the ring of what was decided lately.
        record: told of each attempt, once its part is complete.
        generation: counts configurations.
        now: seconds since the epoch.
        rng: for choices that Nova leaves to chance.
        preemption: whether kube-scheduler may evict pods for reasons of ours that this would cure:
            Kubernetes 1.38 on (``pkg/scheduler/framework/preemption``).
    """

    scheduler: FilterScheduler
    options: TranslateOptions
    attempts: Attempts
    record: Callable[[Attempt], None] = lambda _: None
    generation: int = 1
    now: Callable[[], float] = time.time
    rng: random.Random = field(default_factory=random.Random)
    preemption: bool = False
    cluster: Cluster = field(default_factory=Cluster)
    lock: threading.RLock = field(default_factory=threading.RLock)
    snapshot: Snapshot | None = None
    """What the caching driver judges in the place of the cluster's table."""

    def spec(self, pod: Pod) -> RequestSpec:
        """The pod's RequestSpec, with what it names looked up.

        Raises:
            TranslateError: the pod's requests cannot be read.
        """
        lookup = ClusterLookup(self.cluster, self.scheduler.plugins)
        return request_spec(pod, self.options, lookup, self.now())

    @property
    def table(self) -> HostTable:
        """The hosts that filter and prioritize judge; bind judges those of the cluster itself."""
        return self.cluster.table if self.snapshot is None else self.snapshot.table

    def took(self, entry: Contribution) -> None:
        """A host was claimed: what is judged in the place of the cluster's table must know."""
        if self.snapshot is not None:
            self.snapshot.claim(entry)

    def gave_back(self, uid: str) -> None:
        """A claim came to nothing; no error if there was none."""
        if self.snapshot is not None:
            self.snapshot.drop(uid)

    @contextmanager
    def judging(self, pod: Pod) -> Iterator[RequestSpec]:
        """The pod's RequestSpec, with the lock held and the cluster as this pod may find it.

        Its own use never counts against itself. Pods that kube-scheduler has evicted others for
        count on the node they wait for, unless they matter less than this pod: kube-scheduler's
        own plugins reckon so, and it does not tell (``addGENominatedPods`` in
        ``pkg/scheduler/framework/runtime/framework.go``). Where this pod waits so itself, what is
        terminating on its node counts as gone: a refusal there would evict more pods elsewhere.

        Raises:
            TranslateError: the pod's requests cannot be read.
        """
        with self.lock:
            ledger = self.cluster.ledger
            leaving = [e.instance.uuid for e in ledger.on(pod.nominated_node_name) if e.terminating]
            rivals = [
                entry
                for entries in self.cluster.nominated.values()
                for uid, entry in entries.items()
                if uid != pod.uid and entry.priority >= pod.priority
            ]
            with (
                ledger.apart((pod.uid, *leaving)),
                ledger.along(rivals),
                self._snapshot_without(pod.uid),
            ):
                yield self.spec(pod)

    def _snapshot_without(self, uid: str) -> AbstractContextManager[None]:
        """The caching driver's hosts, taken anew where that is due, without the pod itself."""
        options = self.scheduler.options
        if options.driver != CACHING:
            self.snapshot = None
            return nullcontext()
        if self.snapshot is None:
            self.snapshot = Snapshot(options.periodic_task_interval)
        self.snapshot.refresh(self.cluster, self.scheduler.clock())
        return self.snapshot.apart(uid)
