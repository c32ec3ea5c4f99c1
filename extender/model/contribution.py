"""What one pod takes off its host."""

from __future__ import annotations

from dataclasses import dataclass

from extender.model.host_parts import Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One counting pod's share of its host, in milli-cores and bytes.

    Args:
        instance: the pod as Nova's instance.
        host: the node it is bound to.
        virtual: how much more each of the three is than what kube-scheduler and the kubelet count,
            less than nothing where it is less; ``None`` for a pod that asks for none of
            ``nova-extender.io/vcpu`` and so on.
        extended: what it takes of extended resources, by name.
        io_op: whether it starts or terminates (Nova's building or migrating instance).
        terminating: whether it has a deletionTimestamp.
        group: its server group's name, if any.
        priority: ``spec.priority``, 0 where absent.
        owner: what its retry history is kept under: the controlling owner and what of it this pod
            is, else the pod itself.
        started: when its first container started, seconds since the epoch; ``None`` before.
        problems: what of the pod could not be read and counts as absent, for people.
    """

    instance: Instance
    host: str
    milli_vcpus: int = 0
    memory: int = 0
    disk: int = 0
    virtual: tuple[int, int, int] | None = None
    extended: tuple[tuple[str, int], ...] = ()
    io_op: bool = False
    terminating: bool = False
    group: str | None = None
    priority: int = 0
    owner: str = ""
    started: float | None = None
    problems: tuple[str, ...] = ()
