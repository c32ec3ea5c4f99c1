"""The use case ``explain``: what blocks a pending pod on every node, judged now."""

from __future__ import annotations

from extender.model.explanation import Explanation
from extender.scheduler.explaining import explain
from extender.translate.objects import Pod, decode_pod
from extender.verbs.engine import Engine


class NotPending(LookupError):  # noqa: N818 - a state of the pod, not a fault
    """The pod is not pending: the text says where it is, or that it is not known."""


def explain_pod(engine: Engine, pod: Pod) -> Explanation:
    """Judge a pod, known or not, by every filter on every known host.

    Raises:
        TranslateError: the pod's requests cannot be read.
    """
    with engine.judging(pod) as spec:
        mode = engine.options.overcommit
        return explain(engine.scheduler, engine.cluster.table, spec, spec.at or 0.0, mode)


def explain_pending(engine: Engine, namespace: str, name: str) -> Explanation:
    """Judge a pending pod by its name.

    Raises:
        NotPending: no pending pod of that name is known.
        TranslateError: the pod's requests cannot be read.
    """
    with engine.lock:
        raw = engine.cluster.pending.get((namespace, name))
        if raw is None:
            bound = engine.cluster.ledger.find(namespace, name)
            if bound is not None:
                raise NotPending(
                    f"pod {namespace}/{name} is bound to node {bound.host}: only pending pods are "
                    "explained; what was decided stands under /debug/attempts"
                )
            raise NotPending(
                f"no pending pod {namespace}/{name} is known; check namespace and name with "
                f"'kubectl get pods -n {namespace}'"
            )
        return explain_pod(engine, decode_pod(raw))
