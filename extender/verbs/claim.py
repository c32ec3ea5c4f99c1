"""Nova's claim: the host is judged once more, on what is known now, and taken if it still suits.

Source: ``nova.scheduler.filter_scheduler.FilterScheduler._schedule`` (17), the claim loop; here for
the one host that kube-scheduler has chosen.
"""

from __future__ import annotations

from dataclasses import dataclass

from extender.model.attempt import FilterPart
from extender.model.contribution import Contribution
from extender.model.reason import Reason
from extender.model.request_spec import RequestSpec
from extender.translate.objects import Pod
from extender.translate.share import claimed
from extender.verbs.engine import Engine


@dataclass(frozen=True, slots=True)
class Claim:
    """What became of it.

    Args:
        spec: the request as it was judged.
        judged: the filters' verdict on the one host.
        refused: why the host does not suit; ``None`` where it is claimed.
        entry: what was claimed; ``None`` where nothing was.
        taken: where the watch shows the pod already, which then is not claimed.
    """

    spec: RequestSpec
    judged: FilterPart
    refused: Reason | None
    entry: Contribution | None = None
    taken: Contribution | None = None


def claim(engine: Engine, pod: Pod, host: str) -> Claim:
    """Judge the host by the same way in as ``filter``, and claim it: in one critical section.

    Raises:
        TranslateError: the pod's requests cannot be read.
    """
    with engine.lock:
        with engine.judging(pod) as spec:
            table = engine.cluster.table
            judged = engine.scheduler.filter(table, [host], table.rows([host]), spec)
        code = int(judged.codes[0])
        if code:
            return Claim(spec, judged, judged.reason(code))
        entry = claimed(pod, host)
        taken = engine.cluster.ledger.claim(entry)
        if taken is not None:
            return Claim(spec, judged, None, taken=taken)
        engine.took(entry)
        return Claim(spec, judged, None, entry)
