"""The groups Nova has not: ``kubernetes`` and ``server``."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from extender.config.addresses import Bind, collide
from extender.config.group import OptionGroup
from extender.config.kinds import Boolean, Number, Whole
from extender.config.text_kinds import Choice, Name, Names, Text
from extender.config.values import UnacceptableError, shown


class KubernetesGroup(OptionGroup):
    """Group ``kubernetes``: what Nova's way asks of a cluster."""

    placement: Annotated[
        str,
        Choice(words=("advise", "decide")),
        Field(
            description="Whether the extender advises, by scores that kube-scheduler adds to its"
            " own, or decides, by naming the one host that it would have chosen.",
        ),
    ] = "advise"
    overcommit: Annotated[
        str,
        Choice(words=("native", "virtual", "advisory")),
        Field(
            description="How a ratio above 1 takes effect: native multiplies the nodes'"
            " status.allocatable by it; with virtual only pods that ask for nova-extender.io/vcpu,"
            " /memory-mb and /disk-gb may exceed what is real; with advisory none may.",
        ),
    ] = "native"
    allow_memory_overcommit: Annotated[
        bool,
        Boolean(),
        Field(
            description="Whether ratios of memory above 1 count; otherwise, and on nodes whose"
            " memory manager is Static, they count as 1.",
        ),
    ] = False
    admin_namespaces: Annotated[
        tuple[str, ...],
        Names(
            one="the name of a namespace",
            many='names of namespaces, "*" for all',
            pattern=rf"\*|{Names.NAMESPACE}",
        ),
        Field(
            description="The namespaces whose pods may do what Nova leaves to administrators, such"
            " as naming the host they must run on; * is for clusters where an admission policy,"
            " such as the chart's, keeps the annotations for it to those who may write them.",
        ),
    ] = ()
    max_score: Annotated[
        int,
        Whole(least=1, most=2**31),
        Field(description="The score the best host is given in answer to prioritize."),
    ] = 100
    metrics_max_age: Annotated[
        int,
        Whole(unit="seconds"),
        Field(
            description="After how long a metric of a host counts as missing; 0 for never.",
        ),
    ] = 300
    retry_history_ttl: Annotated[
        int,
        Whole(unit="seconds"),
        Field(
            description="After how long RetryFilter forgets a failed attempt and the host it failed"
            " on; 0 for never.",
        ),
    ] = 600
    preemption: Annotated[
        str,
        Choice(words=("auto", "on", "off"), switch=True),
        Field(
            description="Whether refusals that fewer pods on the host would cure are answered as"
            " such, so that kube-scheduler may evict pods there; auto does so from Kubernetes 1.38"
            " on, for earlier ones fail at it.",
        ),
    ] = "auto"
    bind_timeout: Annotated[
        float,
        Number(
            least=0.1,
            most=15,
            unit="seconds",
            why="calls under way get 15 seconds when the extender is told to stop",
        ),
        Field(
            description="The time in which all of a bind ends, whatever the API server does; keep"
            " it below the httpTimeout in kube-scheduler's configuration, by default 5 seconds.",
        ),
    ] = 4.0
    lease_name: Annotated[
        str,
        Name(one="the name of a Lease", pattern=Name.OBJECT),
        Field(
            description="The Lease whose holder writes what is written in the background, and"
            " alone answers where server.mode is standalone.",
        ),
    ] = "nova-extender"
    lease_namespace: Annotated[
        str,
        Name(
            one="the name of a namespace",
            pattern=Names.NAMESPACE,
            empty="the namespace this runs in as a pod, else default",
        ),
        Field(description="The namespace of the Lease."),
    ] = ""
    lease_duration: Annotated[
        int,
        Whole(
            least=5,
            most=3600,
            unit="seconds",
            why="it must outlast a renewal that fails once or twice, and be over soon when its"
            " holder is gone",
        ),
        Field(description="How long the Lease is held without being renewed."),
    ] = 15


class HttpServerGroup(OptionGroup):
    """Group ``server``: the HTTP server kube-scheduler asks."""

    mode: Annotated[
        str,
        Choice(words=("sidecar", "standalone")),
        Field(
            description="Whether each kube-scheduler asks an extender beside it, or all ask a"
            " Service behind which only the holder of the Lease is ready and answers.",
        ),
    ] = "sidecar"
    bind: Annotated[
        str,
        Bind(),
        Field(description="The address at which kube-scheduler asks."),
    ] = "127.0.0.1:8888"
    cert_file: Annotated[
        str | None,
        Text(may_be_unset=True),
        Field(
            description="The file with the certificate of bind, in PEM, with those it was signed"
            " by; read anew when it changes; without it kube-scheduler asks in the clear.",
        ),
    ] = None
    key_file: Annotated[
        str | None,
        Text(may_be_unset=True),
        Field(description="The file with the key of that certificate, in PEM, not encrypted."),
    ] = None
    client_ca_file: Annotated[
        str | None,
        Text(may_be_unset=True),
        Field(
            description="The file with the certificates, in PEM, of the authorities that sign"
            " kube-scheduler's; read anew when it changes.",
        ),
    ] = None
    allowed_clients: Annotated[
        tuple[str, ...],
        Names(
            one="a name of a client's certificate",
            many="names of clients' certificates, each a CN or a DNS name (SAN)",
            pattern=Names.CLIENT,
        ),
        Field(
            description="Who may ask, of those with a certificate by client_ca_file: its CN or one"
            " of its DNS names is among these.",
        ),
    ] = ()
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
    webhook_bind: Annotated[
        str,
        Bind(may_be_off=True),
        Field(
            description="The address, with TLS, at which API servers ask what to change of a node:"
            " the way of kubernetes.overcommit native before Kubernetes 1.36.",
        ),
    ] = ""
    webhook_cert_file: Annotated[
        str | None,
        Text(may_be_unset=True),
        Field(
            description="The file with the certificate of webhook_bind, in PEM, with those it was"
            " signed by; read anew when it changes.",
        ),
    ] = None
    webhook_key_file: Annotated[
        str | None,
        Text(may_be_unset=True),
        Field(description="The file with the key of that certificate, in PEM, not encrypted."),
    ] = None
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

    @field_validator("health_bind", "debug_bind", "webhook_bind")
    @classmethod
    def _apart_from_the_others(cls, bind: str, info: ValidationInfo) -> str:
        """Two servers cannot listen on one address; better said here than by the second of them."""
        for name, other in info.data.items():
            if name.endswith("bind") and bind and collide(bind, other):
                raise UnacceptableError(
                    f"{shown(bind)} collides with server.{name}, {shown(other)}"
                )
        return bind
