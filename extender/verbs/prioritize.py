"""The verb ``prioritize``: which of the nodes that passed would the pod rather have?

Source of the protocol: ``k8s.io/kube-scheduler/extender/v1``, ``pkg/scheduler/extender.go``.
"""

from __future__ import annotations

import numpy as np

from extender.model.names import at
from extender.protocol.replies import Reply
from extender.protocol.requests import decode_args
from extender.translate.objects import decode_pod
from extender.verbs.asked import asked
from extender.verbs.engine import Engine
from extender.verbs.stages import Stages


def prioritize_pod(engine: Engine, body: bytes) -> Reply:
    """Answer one ``prioritize`` call: one entry for every name, 0 for a name we do not know.

    Raises:
        ProtocolError: the body is no ExtenderArgs.
        TranslateError: the pod, or a node sent whole, cannot be read.
    """
    stages = Stages(engine.scheduler.clock)
    args = decode_args(body)
    pod = decode_pod(args.pod)
    stages.end("decode")
    attempt = None
    with engine.lock:
        stages.end("wait")
        with engine.judging(pod) as spec:
            hosts = asked(engine, args)
            stages.end("translate")
            known = hosts.rows >= 0
            part = engine.scheduler.weigh(
                hosts.table, at(hosts.names, known), hosts.rows[known], spec
            )
            stages.end("weigh")
            if hosts.nodes is None:
                attempt = engine.attempts.join(spec.instance_uuid, part)
    scores = np.zeros(len(hosts.names), dtype=np.int64)
    scores[known] = part.scores
    reply = Reply(200, hosts.sent.scored(scores))
    stages.end("encode")
    if attempt is not None:
        attempt.stages = stages.seconds
        engine.record(attempt)
    return reply
