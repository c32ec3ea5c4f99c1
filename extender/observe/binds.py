"""How binds end, and what was claimed: metrics drawn from attempts and from the ledger."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter

from extender.model.attempt import Attempt, BindPart
from extender.observe.watches import NAMESPACE

CLAIM_REFUSED = "claim_refused"


class BindMetrics:
    """Counts binds, claims, retries and drift.

    Args:
        registry: where the metrics go.
        outcomes: every way a bind may end; their series exist from the start, at 0.
    """

    def __init__(self, registry: CollectorRegistry, outcomes: Iterable[str] = ()) -> None:
        self._registry = registry
        self._binds = self._counter("binds", "Binds by how they ended.", "outcome")
        self._conflicts = self._counter(
            "claim_conflicts",
            "Claims refused by the second look before a bind: the host was taken meanwhile. The "
            "pod simply tries again.",
        )
        self._agree = self._counter(
            "landed_on_top",
            "Binds of pods that were weighed, by whether kube-scheduler chose a host of the "
            "greatest weight.",
            "agree",
        )
        self.retries = self._counter(
            "retries",
            "Attempts that count against max_attempts: kubelets' rejections by their reason, and "
            "binds that were refused.",
            "reason",
        )
        self.exceeded = self._counter(
            "max_retries_exceeded", "Calls of filter for a pod that had used up its max_attempts."
        )
        self.drift = self._counter(
            "drift",
            "Differences found by recounting what pods take; each is logged and mended. Anything "
            "but 0 is a defect.",
        )
        self.expired = self._counter(
            "claims_expired",
            "Claims given up: the API server's word never came, or the pod was gone before the "
            "watch had shown it bound.",
        )
        for outcome in outcomes:
            self._binds.labels(outcome)
        for agree in ("true", "false"):
            self._agree.labels(agree)

    def rejected(self, reason: str) -> None:
        """Count a kubelet's rejection; names of extended resources, which are many, as one."""
        extended = reason.startswith("OutOf") and "/" in reason
        self.retries.labels("OutOfExtendedResources" if extended else reason).inc()

    def record(self, attempt: Attempt, part: BindPart) -> None:
        """Count a bind."""
        self._binds.labels(part.outcome).inc()
        if part.outcome == CLAIM_REFUSED:
            self._conflicts.inc()
        if part.counted:
            self.retries.labels(f"bind_{part.outcome}").inc()
        agrees = attempt.agrees
        if agrees is not None and not part.text:
            self._agree.labels(str(agrees).lower()).inc()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace=NAMESPACE, registry=self._registry)
