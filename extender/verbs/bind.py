"""The verb ``bind``: claim the host, then have the API server bind the pod to it.

Source of the protocol: ``k8s.io/kube-scheduler/extender/v1``, ``pkg/scheduler/extender.go``. An
``Error`` puts the pod into kube-scheduler's error back-off, from where it is tried again: Nova's
reschedule.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from extender.kube.binding import Binding, Outcome, Result
from extender.kube.errors import KubeError
from extender.model.attempt import Attempt, BindPart
from extender.protocol.binding import BindingArgs, binding_result, decode_binding_args
from extender.protocol.replies import Reply
from extender.scheduler.pre_stage import NOT_IN_CACHE
from extender.translate.objects import Pod, decode_pod
from extender.translate.owners import owner_key
from extender.verbs import decision
from extender.verbs.binding import (
    BUSY,
    CLAIM_REFUSED,
    NODE_GONE,
    SILENT,
    TRIED,
    Api,
    Failed,
    NotBoundError,
    Work,
    briefly,
    named,
)
from extender.verbs.claim import Claim, claim
from extender.verbs.engine import Engine
from extender.verbs.gate import Gate
from extender.verbs.handover import HandOver
from extender.verbs.refresh import Refresher

AT_ONCE = 112
"""Calls of bind at the same time. kube-scheduler sends as many as it has pods; beyond this they
would take the threads that filter is answered by (``server.threads`` less some)."""

DOUBT = 60.0
"""Seconds for which a Binding without an answer may still be carried out: the API server's own
``--request-timeout``."""

_CLOSING = 0.25
"""Seconds of the budget that are left for our own reply."""


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
        self._gate = Gate(at_once, clock)
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
        work = Work(args, began + self._budget - _CLOSING)
        outcome, text = Outcome.BOUND.value, ""
        try:
            self._bind(work)
        except NotBoundError as error:
            outcome, text = error.outcome, error.text
        except KubeError as error:
            outcome = Outcome.UNAVAILABLE.value
            text = f"the API server cannot be asked about pod {named(args)}: {briefly(error)}"
        if outcome != Outcome.BOUND.value:
            self._give_up(args.pod_uid)
        counted = outcome in TRIED and self._tried(work, text)
        judged = work.claim.judged if work.claim else None
        seconds = self._clock() - began
        self._remember(args, BindPart(args.node, outcome, text, seconds, judged, counted))
        return Reply(200, binding_result(f"nova-extender: {text}" if text else ""))

    def _bind(self, work: Work) -> None:
        """All of it, in one of the slots.

        Raises:
            NotBoundError: why not.
            KubeError: the API server could not be asked before the claim.
        """
        if not self._slots.acquire(blocking=False):
            text = f"{self._at_once} binds are under way already; kube-scheduler tries again"
            raise NotBoundError(BUSY, text)
        try:
            if not self._gate.enter(work.half(self._clock())):
                text = (
                    "the API server is slow, and others are before it; kube-scheduler tries again"
                )
                raise NotBoundError(BUSY, text)
            answered = True
            try:
                self._claim_and_act(work)
            except (KubeError, NotBoundError) as error:
                answered = isinstance(error, NotBoundError) and error.outcome not in SILENT
                raise
            finally:
                self._gate.leave(answered=answered)
        finally:
            self._slots.release()

    def _claim_and_act(self, work: Work) -> None:
        """The same, once it is our turn to ask the API server.

        Raises:
            NotBoundError: why not.
            KubeError: the API server could not be asked before the claim.
        """
        pod = work.pod = self._pod(work)
        if self._handover.recent:
            self._catch_up(work, pod)
        work.claim = claim(self._engine, pod, work.args.node)
        if not self._settled(work.claim, work.args):
            self._carry_out(work, pod, work.claim)

    def _pod(self, work: Work) -> Pod:
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
            raise NotBoundError(Outcome.GONE.value, f"pod {named(args)} does not exist any more")
        pod = decode_pod(raw)
        if pod.uid != args.pod_uid:
            text = (
                f"pod {named(args)} was made anew: it has UID {pod.uid}, and the one with UID "
                f"{args.pod_uid} was to be bound"
            )
            raise NotBoundError(Outcome.GONE.value, text)
        return pod

    def _settled(self, claimed: Claim, args: BindingArgs) -> bool:
        """Whether the pod is on the host already: a bind whose reply was lost comes again.

        Raises:
            NotBoundError: the claim was refused, or the pod is on another host.
        """
        if claimed.refused == NOT_IN_CACHE:
            raise NotBoundError(NODE_GONE, f"node {args.node} does not exist (any more)")
        if claimed.refused is not None:
            text = (
                f"node {args.node} no longer suits the pod: {claimed.refused.text}; it was judged "
                "again before the bind"
            )
            raise NotBoundError(CLAIM_REFUSED, text)
        if claimed.taken is None:
            return False
        if claimed.taken.host != args.node:
            text = f"pod {named(args)} is bound to node {claimed.taken.host} already"
            raise NotBoundError(Outcome.CONFLICT.value, text)
        return True

    def _carry_out(self, work: Work, pod: Pod, claimed: Claim) -> None:
        """Send the Binding, and settle the claim by what comes of it, whatever that is.

        Raises:
            NotBoundError: the API server's answer, or that there was none.
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
                    self._engine.cluster.alternates.forget(args.pod_uid)
                elif result.outcome is Outcome.UNKNOWN:
                    ledger.doubt(args.pod_uid, self._clock() + DOUBT, claimed.entry)
                else:
                    ledger.drop(args.pod_uid, claimed.entry)
        if result.outcome is not Outcome.BOUND:
            raise NotBoundError(result.outcome.value, result.text)

    def _give_up(self, uid: str) -> None:
        """What ``filter`` chose for the pod came to nothing; a claim of bind's own is another."""
        engine = self._engine
        with engine.lock:
            engine.cluster.provisional.drop(uid)
            if not engine.cluster.ledger.claimed(uid):
                engine.gave_back(uid)

    def _catch_up(self, work: Work, pod: Pod) -> None:
        """See what whoever was asked before us may have bound a moment ago."""
        node, namespace = work.args.node, pod.namespace
        timeout = work.half(self._clock())
        self._refresher.look("node", node, lambda: self._api.pods_on(node, timeout), timeout)
        if decision.names_group(pod):
            left = work.half(self._clock())
            self._refresher.look(
                "namespace", namespace, lambda: self._api.pods_in(namespace, left), left
            )

    def _tried(self, work: Work, text: str) -> bool:
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
