"""The verb ``filter``: which of these nodes may the pod use, and why not the others?

Source of the protocol: ``k8s.io/kube-scheduler/extender/v1``, ``pkg/scheduler/extender.go``.
"""

from __future__ import annotations

from extender.model.attempt import Attempt, FilterPart
from extender.model.names import NamesAt
from extender.model.request_spec import RequestSpec
from extender.protocol.node_names import NodeNames
from extender.protocol.replies import Reply, filter_reply
from extender.protocol.requests import decode_args
from extender.translate.objects import decode_pod
from extender.verbs.asked import Asked, asked
from extender.verbs.decide import Choice, choose, settle
from extender.verbs.engine import Engine
from extender.verbs.stages import Stages

Maps = tuple[bytes, bytes]


def filter_pod(engine: Engine, body: bytes) -> Reply:
    """Answer one ``filter`` call: names that pass, and a reason for each other.

    Where the extender decides, the one name that was chosen, and reasons only where none passes.

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
            choice = choose(engine, pod, spec, hosts)
            part = (
                engine.scheduler.filter(hosts.table, hosts.names, hosts.rows, spec)
                if choice is None
                else choice.filtered
            )
            stages.end("filter" if choice is None else "choose")
        if choice is not None:
            settle(engine, pod, choice)
        if hosts.nodes is None:
            attempt = _attempt(engine, spec, part)
            engine.attempts.add(attempt)
    chosen = None if choice is None else choice.host
    reply = _reply(engine, spec, hosts, part, chosen)
    stages.end("encode")
    if attempt is not None:
        attempt.stages = stages.seconds
        engine.record(attempt)
    if choice is not None and choice.host is not None:
        _decided(engine, spec, choice)
    return reply


def _reply(
    engine: Engine, spec: RequestSpec, hosts: Asked, part: FilterPart, chosen: str | None
) -> Reply:
    """The one host that was chosen, or else all that passed and why the others did not."""
    if chosen is not None:
        # The others are in neither of the failed maps: nothing is wrong with them.
        return Reply(200, filter_reply(NodeNames.of((chosen,))))
    passed = hosts.sent.among(part.passed)
    if isinstance(hosts.names, NamesAt):  # prioritize will be asked about just these
        hosts.table.keep(hosts.names.column, passed.json, hosts.rows[part.passed])
    nodes = None
    if hosts.nodes is not None:
        nodes = [hosts.nodes[name] for name in passed.texts]
    maps = _maps(part, hosts.sent, spec.nominated_host, engine.preemption)
    return Reply(200, filter_reply(passed, nodes, *maps))


def _decided(engine: Engine, spec: RequestSpec, choice: Choice) -> None:
    """What prioritize would add to the attempt, which is not asked where there is one host."""
    with engine.lock:
        attempt = engine.attempts.join(spec.instance_uuid, choice.weighed, choice.host)
    if attempt is not None:
        engine.record(attempt)


def _attempt(engine: Engine, spec: RequestSpec, part: FilterPart) -> Attempt:
    """What is remembered of this request from now on."""
    return Attempt(
        uid=spec.instance_uuid,
        namespace=spec.project_id,
        name=spec.name,
        at=spec.at or 0.0,
        generation=engine.generation,
        request=spec.brief,
        refusal=spec.refusal.detail if spec.refusal else "",
        filtered=part,
    )


def _maps(part: FilterPart, sent: NodeNames, spare: str | None, preemption: bool) -> Maps:
    """The members of the two maps of refused nodes: ``FailedNodes``, and the unresolvable ones.

    The first is for those that fewer pods on the node would cure, where ``preemption`` may act on
    that. Up to Kubernetes 1.37 it cannot: its dry run does not see us and ends in an error. An
    unresolvable refusal of ``spare``, the nominated node, would set off a second eviction elsewhere
    (``PodEligibleToPreemptOthers`` in ``pkg/scheduler/framework/plugins/defaultpreemption``).
    """
    failed, unresolvable = [], []
    for code in part.rejections:
        reason = part.reason(code)
        refused = part.codes == code
        if preemption and reason.cured:
            failed.append(sent.each_with(refused, reason.text))
            continue
        if spare is not None and (spared := refused & (part.hosts == spare)).any():
            failed.append(sent.each_with(spared, reason.text))
            refused &= ~spared
        unresolvable.append(sent.each_with(refused, reason.text))
    return b",".join(filter(None, failed)), b",".join(filter(None, unresolvable))
