"""The groups Nova has not: ``kubernetes`` and ``server``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from extender.config.addresses import Bind, collide
from extender.config.group import OptionGroup
from extender.config.kinds import Whole
from extender.config.text_kinds import Choice, Names
from extender.config.values import UnacceptableError, shown


class KubernetesGroup(OptionGroup):
    """Group ``kubernetes``: what Nova's way asks of a cluster."""

    admin_namespaces: Annotated[
        tuple[str, ...],
        Names(one="the name of a namespace", many="names of namespaces", pattern=Names.NAMESPACE),
        Field(
            description="The namespaces whose pods may do what Nova leaves to administrators, such"
            " as naming the host they must run on.",
        ),
    ] = ()
    max_score: Annotated[
        int,
        Whole(least=1, most=2**31),
        Field(description="The score the best host is given in answer to prioritize."),
    ] = 100


class HttpServerGroup(OptionGroup):
    """Group ``server``: the HTTP server kube-scheduler asks."""

    bind: Annotated[
        str,
        Bind(),
        Field(description="The address at which kube-scheduler asks."),
    ] = "127.0.0.1:8888"
    health_bind: Annotated[
        str,
        Bind(),
        Field(description="The address of the probes and of the metrics."),
    ] = "127.0.0.1:8889"
    debug_bind: Annotated[
        str,
        Bind(loopback=True),
        Field(description="The address at which decisions are shown and explained."),
    ] = "127.0.0.1:8890"
    max_body_bytes: Annotated[
        int,
        Whole(least=1024, unit="bytes"),
        Field(description="The largest request body that is read; a larger one is refused."),
    ] = 16 * 1024 * 1024
    keepalive: Annotated[
        int,
        Whole(
            least=91,
            most=86_400,
            unit="seconds",
            why="kube-scheduler reuses a connection that was idle for up to 90 seconds, and would"
            " meet one that is just being closed",
        ),
        Field(description="How long an idle connection is kept open."),
    ] = 120
    threads: Annotated[
        int,
        Whole(least=1, most=4096, unit="threads"),
        Field(description="How many requests are answered at the same time."),
    ] = 128
    attempts_memory_bytes: Annotated[
        int,
        Whole(most=2**40, unit="bytes"),
        Field(description="How much memory the record of past decisions may take."),
    ] = 32 * 1024 * 1024
    log_level: Annotated[
        str,
        Choice(words=("debug", "info", "warning", "error", "critical")),
        Field(description="The least serious messages that are logged."),
    ] = "info"
    log_format: Annotated[
        str,
        Choice(words=("json", "console")),
        Field(description="Whether a line of the log is JSON or made for reading."),
    ] = "json"

    @field_validator("health_bind", "debug_bind")
    @classmethod
    def _apart_from_the_others(cls, bind: str, info: ValidationInfo) -> str:
        """Two servers cannot listen on one address; better said here than by the second of them."""
        for name, other in info.data.items():
            if name.endswith("bind") and collide(bind, other):
                raise UnacceptableError(
                    f"{shown(bind)} collides with server.{name}, {shown(other)}"
                )
        return bind
