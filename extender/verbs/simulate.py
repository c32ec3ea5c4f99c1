"""The use case ``simulate``: where would these instances go? Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence

from extender.model.request_spec import RequestSpec
from extender.scheduler.selection import Destinations
from extender.translate.objects import Pod
from extender.verbs.engine import Engine


def simulate(engine: Engine, pod: Pod, instances: int) -> tuple[RequestSpec, Destinations]:
    """Nova's ``select_destinations`` for N instances of a pod, on a copy of what is known.

    Claims are made on the copy only, one instance after the other, with alternates.

    Raises:
        NoValidHost: fewer hosts than instances.
        TranslateError: the pod's requests cannot be read.
    """
    with engine.judging(pod) as spec:
        table = engine.cluster.table.copy()
    uuids: Sequence[str] = [f"{spec.instance_uuid or spec.name}#{n + 1}" for n in range(instances)]
    found = engine.scheduler.select_destinations(
        table, spec, uuids, rng=engine.rng, alternates=True
    )
    return spec, found
