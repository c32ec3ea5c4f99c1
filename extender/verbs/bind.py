"""The verb ``bind``: claim the host, then have the API server bind the pod to it.

Source of the protocol: ``k8s.io/kube-scheduler/extender/v1``, ``pkg/scheduler/extender.go``. An
``Error`` puts the pod into kube-scheduler's error back-off, from where it is tried again: Nova's
reschedule.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from extender.kube.binding import Binding, Outcome, Result
from extender.kube.errors import ApiError, KubeError, TransportError
from extender.model.attempt import Attempt, BindPart
from extender.protocol.binding import BindingArgs, binding_result, decode_binding_args
from extender.protocol.replies import Reply
from extender.scheduler.pre_stage import NOT_IN_CACHE
from extender.translate.objects import Pod, decode_pod
from extender.translate.owners import owner_key
from extender.verbs import decision
from extender.verbs.claim import Claim, claim
from extender.verbs.engine import Engine
from extender.verbs.handover import HandOver
from extender.verbs.refresh import Refresher

AT_ONCE = 112
"""Binds under way at the same time. kube-scheduler sends as many as it has pods; beyond this they
would take the threads that filter is answered by (``server.threads`` less some)."""

DOUBT = 60.0
"""Seconds for which a Binding without an answer may still be carried out: the API server's own
``--request-timeout``."""

_CLOSING = 0.25
"""Seconds of the budget that are left for our own reply."""

NODE_GONE = "node_gone"
CLAIM_REFUSED = "claim_refused"
BUSY = "busy"
OUTCOMES = (*(outcome.value for outcome in Outcome), CLAIM_REFUSED, NODE_GONE, BUSY)
"""Every way a bind ends, as ``binds_total`` counts them."""

_TRIED = (Outcome.REFUSED.value, NODE_GONE)
"""Those that count as an attempt of the pod (design §8). A refused claim does not, as in Nova; nor
does what is no fault of the host's: an API server out of reach, a pod that is gone or taken."""


class Api(Protocol):
    """What bind asks of the API server."""

    def bind(self, binding: Binding, budget: float, /, already: int = 0) -> Result:
        """Bind the pod; ``already`` is how many bytes of other annotations it has."""

    def get_pod(self, namespace: str, name: str, timeout: float, /) -> bytes | None:
        """The pod's JSON, ``None`` if there is none of that name."""

    def pods_on(self, node: str, timeout: float, /) -> Iterable[bytes | msgspec.Raw]:
        """The pods bound to the node that have not ended, as they are now."""

    def pods_in(self, namespace: str, timeout: float, /) -> Iterable[bytes | msgspec.Raw]:
        """The pods of a namespace, as they are now."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A bind that counts as an attempt: what the pod's annotations are to say of it from now on."""

    namespace: str
    name: str
    uid: str
    annotations: Mapping[str, str]


class PodBinder:
    """Answers ``bind``, in as many threads as kube-scheduler asks with.

    Args:
        engine: what is known.
        api: the API server.
        handover: whether others may have bound pods that are not known yet.
        budget: seconds within which every call is answered (``kubernetes.bind_timeout``).
        after_failure: told of each attempt that failed; the pod's history is to be written down,
            not before kube-scheduler has put the pod back into its queue.
        at_once: binds under way at the same time; more are sent back to kube-scheduler's queue.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        engine: Engine,
        api: Api,
        handover: HandOver,
        budget: float,
        after_failure: Callable[[Failed], object],
        at_once: int = AT_ONCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._api = api
        self._handover = handover
        self._budget = budget
        self._after_failure = after_failure
        self._refresher = Refresher(engine, clock)
        self._slots = threading.Semaphore(at_once)
        self._at_once = at_once
        self._clock = clock

    def __call__(self, body: bytes) -> Reply:
        """Answer one ``bind`` call; an empty ``Error`` means that the pod is bound.

        Raises:
            ProtocolError: the body is no ExtenderBindingArgs.
            TranslateError: the pod cannot be read.
        """
        began = self._clock()
        args = decode_binding_args(body)
        work = _Work(args, began + self._budget - _CLOSING)
        outcome, text = Outcome.BOUND.value, ""
        try:
            self._bind(work)
        except _NotBoundError as error:
            outcome, text = error.outcome, error.text
        except KubeError as error:
            outcome = Outcome.UNAVAILABLE.value
            text = f"the API server cannot be asked about pod {_named(args)}: {_briefly(error)}"
        counted = outcome in _TRIED and self._tried(work, text)
        judged = work.claim.judged if work.claim else None
        seconds = self._clock() - began
        self._remember(args, BindPart(args.node, outcome, text, seconds, judged, counted))
        return Reply(200, binding_result(f"nova-extender: {text}" if text else ""))

    def _bind(self, work: _Work) -> None:
        """All of it, in one of the slots.

        Raises:
            _NotBoundError: why not.
            KubeError: the API server could not be asked before the claim.
        """
        if not self._slots.acquire(blocking=False):
            text = f"{self._at_once} binds are under way already; kube-scheduler tries again"
            raise _NotBoundError(BUSY, text)
        try:
            pod = work.pod = self._pod(work)
            if self._handover.recent:
                self._catch_up(work, pod)
            work.claim = claim(self._engine, pod, work.args.node)
            if not self._settled(work.claim, work.args):
                self._carry_out(work, pod, work.claim)
        finally:
            self._slots.release()

    def _pod(self, work: _Work) -> Pod:
        """The pod as the watch knows it; where that lags behind, as the API server has it."""
        args = work.args
        with self._engine.lock:
            raw = self._engine.cluster.pending.get((args.pod_namespace, args.pod_name))
        if raw is not None:
            pod = decode_pod(raw)
            if pod.uid == args.pod_uid:
                return pod
        raw = self._api.get_pod(args.pod_namespace, args.pod_name, work.half(self._clock()))
        if raw is None:
            raise _NotBoundError(Outcome.GONE.value, f"pod {_named(args)} does not exist any more")
        pod = decode_pod(raw)
        if pod.uid != args.pod_uid:
            text = (
                f"pod {_named(args)} was made anew: it has UID {pod.uid}, and the one with UID "
                f"{args.pod_uid} was to be bound"
            )
            raise _NotBoundError(Outcome.GONE.value, text)
        return pod

    def _settled(self, claimed: Claim, args: BindingArgs) -> bool:
        """Whether the pod is on the host already: a bind whose reply was lost comes again.

        Raises:
            _NotBoundError: the claim was refused, or the pod is on another host.
        """
        if claimed.refused == NOT_IN_CACHE:
            raise _NotBoundError(NODE_GONE, f"node {args.node} does not exist (any more)")
        if claimed.refused is not None:
            text = (
                f"node {args.node} no longer suits the pod: {claimed.refused.text}; it was judged "
                "again before the bind"
            )
            raise _NotBoundError(CLAIM_REFUSED, text)
        if claimed.taken is None:
            return False
        if claimed.taken.host != args.node:
            text = f"pod {_named(args)} is bound to node {claimed.taken.host} already"
            raise _NotBoundError(Outcome.CONFLICT.value, text)
        return True

    def _carry_out(self, work: _Work, pod: Pod, claimed: Claim) -> None:
        """Send the Binding, and settle the claim by what comes of it, whatever that is.

        Raises:
            _NotBoundError: the API server's answer, or that there was none.
        """
        args, lock = work.args, self._engine.lock
        # Doubted unless the API server's own word says otherwise.
        result = Result(Outcome.UNKNOWN, "internal error")
        try:
            with lock:
                attempt = self._engine.attempts.newest(args.pod_uid)
            binding = Binding(
                namespace=args.pod_namespace,
                name=args.pod_name,
                uid=args.pod_uid,
                node=args.node,
                annotations=decision.for_binding(claimed.spec, args.node, attempt),
            )
            already = sum(
                len(key.encode()) + len(value.encode())
                for key, value in pod.annotations.items()
                if key not in binding.annotations
            )
            result = self._api.bind(binding, work.deadline - self._clock(), already=already)
        finally:
            ledger = self._engine.cluster.ledger
            with lock:
                if result.outcome is Outcome.BOUND:
                    ledger.confirm(args.pod_uid, claimed.entry)
                elif result.outcome is Outcome.UNKNOWN:
                    ledger.doubt(args.pod_uid, self._clock() + DOUBT, claimed.entry)
                else:
                    ledger.drop(args.pod_uid, claimed.entry)
        if result.outcome is not Outcome.BOUND:
            raise _NotBoundError(result.outcome.value, result.text)

    def _catch_up(self, work: _Work, pod: Pod) -> None:
        """See what whoever was asked before us may have bound a moment ago."""
        node, namespace = work.args.node, pod.namespace
        timeout = work.half(self._clock())
        self._refresher.look("node", node, lambda: self._api.pods_on(node, timeout), timeout)
        if decision.names_group(pod):
            left = work.half(self._clock())
            self._refresher.look(
                "namespace", namespace, lambda: self._api.pods_in(namespace, left), left
            )

    def _tried(self, work: _Work, text: str) -> bool:
        """Count the attempt, and have it written down; whether the pod keeps count at all."""
        pod, args = work.pod, work.args
        if pod is None:
            return False
        spec = work.claim.spec if work.claim is not None else None
        if spec is None or spec.retry is None:
            return False  # pinned to one host: there is no other to try
        engine = self._engine
        owner = owner_key(pod)
        with engine.lock:
            cluster = engine.cluster
            cluster.retries.bind_failed(pod.uid, owner, args.node, text, engine.now())
            made = cluster.retries.retries(pod.uid, owner, cluster.unstarted(owner))
        self._after_failure(
            Failed(args.pod_namespace, args.pod_name, pod.uid, decision.after_failure(made))
        )
        return True

    def _remember(self, args: BindingArgs, part: BindPart) -> None:
        engine = self._engine
        with engine.lock:
            attempt = engine.attempts.bound(args.pod_uid, part)
            if attempt is None:
                attempt = Attempt(
                    uid=args.pod_uid,
                    namespace=args.pod_namespace,
                    name=args.pod_name,
                    at=engine.now(),
                    generation=engine.generation,
                    bound=part,
                )
                engine.attempts.add(attempt)
        engine.record(attempt)


@dataclass(slots=True)
class _Work:
    """One call on its way."""

    args: BindingArgs
    deadline: float
    pod: Pod | None = None
    claim: Claim | None = None

    def half(self, now: float) -> float:
        """Half of the seconds that are left: what comes after needs some, too."""
        return max(0.1, (self.deadline - now) / 2)


def _briefly(error: KubeError) -> str:
    """What went wrong, in the same words each time: a new text makes kube-scheduler try anew."""
    if isinstance(error, ApiError):
        return f"it answers {error.status} {error.reason}"
    return f"{error.kind} fault" if isinstance(error, TransportError) else "no way to it"


def _named(args: BindingArgs) -> str:
    return f"{args.pod_namespace}/{args.pod_name}"


class _NotBoundError(Exception):
    """How a bind ended that did not bind, and what kube-scheduler is told."""

    def __init__(self, outcome: str, text: str) -> None:
        super().__init__(text)
        self.outcome = outcome
        self.text = text
