"""Pod → Contribution: what a pod takes off its node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extender.model.contribution import Contribution
from extender.model.host_parts import Instance
from extender.translate import annotations as table
from extender.translate.failures import started
from extender.translate.image_properties import pairs_of_instance
from extender.translate.owners import owner_key
from extender.translate.pod_requests import effective_requests
from extender.translate.readers import AnnotationError, read_text

if TYPE_CHECKING:
    from extender.translate.annotations import Annotation
    from extender.translate.readers import Annotations
    from extender.translate.schema import Pod


def contribution(pod: Pod) -> Contribution | None:
    """What the pod takes off its node; ``None`` for a pod that is not bound or has ended.

    Never raises: a quantity that cannot be read counts as 0 and an annotation that cannot be read
    as none (``problems`` names them), or one bad pod would hide a node's other pods.
    """
    host = pod.node_name
    if not host or pod.terminal:
        return None
    return _contribution(
        pod, host, bound=True, io_op=pod.terminating or pod.phase == "Pending", since=started(pod)
    )


def claimed(pod: Pod, host: str) -> Contribution:
    """What a pending pod will take off a host, as if it were bound there and starting.

    Counted by its spec, as its request is. Never raises, as ``contribution``.
    """
    return _contribution(pod, host, bound=False, io_op=True, since=None)


def _contribution(
    pod: Pod, host: str, *, bound: bool, io_op: bool, since: float | None
) -> Contribution:
    requests = effective_requests(pod, bound=bound)
    problems = [str(problem) for problem in requests.problems]
    annotations = pod.annotations
    return Contribution(
        instance=Instance(
            uuid=pod.uid,
            namespace=pod.namespace,
            name=pod.name,
            flavor=_lenient(annotations, table.FLAVOR, problems) or "",
            image_properties=pairs_of_instance(annotations, problems),
        ),
        host=host,
        milli_vcpus=requests.milli_vcpus,
        memory=requests.memory,
        disk=requests.disk,
        virtual=requests.virtual,
        extended=requests.extended,
        io_op=io_op,
        terminating=pod.terminating,
        group=_lenient(annotations, table.SERVER_GROUP, problems),
        priority=pod.priority,
        owner=owner_key(pod),
        started=since,
        problems=tuple(problems),
    )


def _lenient(annotations: Annotations, row: Annotation, problems: list[str]) -> str | None:
    try:
        return read_text(annotations, row)
    except AnnotationError as error:
        problems.append(str(error))
        return None
