"""The verb ``filter``: which of these nodes may the pod use, and why not the others?

Source of the protocol: ``k8s.io/kube-scheduler/extender/v1``, ``pkg/scheduler/extender.go``.
"""

from __future__ import annotations

from extender.model.attempt import Attempt, FilterPart
from extender.protocol.replies import Reply, filter_reply
from extender.protocol.requests import decode_args
from extender.translate.objects import decode_pod
from extender.verbs.asked import asked
from extender.verbs.engine import Engine


def filter_pod(engine: Engine, body: bytes) -> Reply:
    """Answer one ``filter`` call: names that pass, and a reason for each other.

    Raises:
        ProtocolError: the body is no ExtenderArgs.
        TranslateError: the pod, or a node sent whole, cannot be read.
    """
    args = decode_args(body)
    pod = decode_pod(args.pod)
    attempt = None
    with engine.judging(pod) as spec:
        hosts = asked(engine, args)
        part = engine.scheduler.filter(hosts.table, hosts.names, hosts.rows, spec)
        if hosts.nodes is None:
            attempt = Attempt(
                uid=spec.instance_uuid,
                namespace=spec.project_id,
                name=spec.name,
                at=engine.now(),
                generation=engine.generation,
                request=spec.brief,
                refusal=spec.refusal.detail if spec.refusal else "",
                filtered=part,
            )
            engine.attempts.add(attempt)
    if attempt is not None:
        engine.record(attempt)
    passed, failed = split(part)
    nodes = None if hosts.nodes is None else [hosts.nodes[name] for name in passed]
    # For the nominated node asked about alone an unresolvable refusal would set off a second
    # eviction elsewhere (``preemption.go``: PodEligibleToPreemptOthers).
    if spec.nominated_host is not None and list(hosts.names) == [spec.nominated_host]:
        return Reply(200, filter_reply(passed, nodes, failed, {}))
    return Reply(200, filter_reply(passed, nodes, {}, failed))


def split(part: FilterPart) -> tuple[list[str], dict[str, str]]:
    """The names that passed, and for each other its reason's text; in the order asked."""
    refused = ~part.passed
    texts = {code: part.reason(code).text for code in part.rejections}
    codes = part.codes[refused].tolist()
    failed = zip(part.hosts[refused].tolist(), map(texts.__getitem__, codes), strict=True)
    return part.hosts[part.passed].tolist(), dict(failed)
