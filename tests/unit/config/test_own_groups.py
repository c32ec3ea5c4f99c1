"""The groups Nova has not."""

from __future__ import annotations

import pytest

from extender.config.load import load
from extender.config.own_groups import HttpServerGroup, KubernetesGroup
from extender.config.problems import ConfigError, Problem
from extender.server.gunicorn_app import GRACE


def problems(text: str) -> list[Problem]:
    """What is wrong with the text."""
    with pytest.raises(ConfigError) as caught:
        load(None, text)
    return list(caught.value.problems)


def test_defaults_of_kubernetes() -> None:
    """Nobody is an administrator, scores go to 100, and a bind ends before kube-scheduler's 5 s."""
    group = KubernetesGroup()
    assert (group.placement, group.metrics_max_age) == ("advise", 300)
    assert (group.admin_namespaces, group.max_score) == ((), 100)
    assert (group.retry_history_ttl, group.preemption, group.bind_timeout) == (600, "auto", 4.0)
    assert (group.lease_name, group.lease_namespace) == ("nova-extender", "")
    assert group.lease_duration == 15


def test_defaults_of_server() -> None:
    """Loopback for everything, and idle connections kept longer than kube-scheduler keeps them."""
    group = HttpServerGroup()
    assert group.mode == "sidecar"
    assert group.bind == "127.0.0.1:8888"
    assert group.health_bind == "127.0.0.1:8889"
    assert group.debug_bind == "127.0.0.1:8890"
    assert (group.webhook_bind, group.webhook_cert_file, group.webhook_key_file) == ("", None, None)
    assert (group.cert_file, group.key_file, group.client_ca_file) == (None, None, None)
    assert group.allowed_clients == ()
    assert (group.max_body_bytes, group.keepalive, group.threads) == (16_777_216, 120, 128)
    assert group.attempts_memory_bytes == 33_554_432
    assert (group.log_level, group.log_format) == ("info", "json")


@pytest.mark.parametrize(
    ("path", "least", "most"),
    [
        ("kubernetes.max_score", 1, 2**31),
        ("kubernetes.metrics_max_age", 0, 2**31 - 1),
        ("kubernetes.retry_history_ttl", 0, 2**31 - 1),
        ("kubernetes.lease_duration", 5, 3600),
        ("server.max_body_bytes", 1024, 2**31 - 1),
        ("server.keepalive", 91, 86_400),
        ("server.threads", 1, 4096),
        ("server.attempts_memory_bytes", 0, 2**40),
    ],
)
def test_limits(path: str, least: int, most: int) -> None:
    """The limits themselves are accepted, one beyond them is not."""
    group, _, name = path.partition(".")
    for number in (least, most):
        config = load(None, f"{group}: {{{name}: {number}}}").config
        assert getattr(getattr(config, group), name) == number
    for number in (least - 1, most + 1):
        (problem,) = problems(f"{group}: {{{name}: {number}}}")
        assert problem.path == path
        assert str(number) in problem.message


def test_keepalive_says_why() -> None:
    """An operator who wants fewer seconds learns what would break."""
    (problem,) = problems("server: {keepalive: 90}")
    assert problem.message.startswith("90 is less than 91: kube-scheduler reuses")
    assert "90 seconds" in problem.accepted


def test_namespaces_are_names() -> None:
    """As a list or with commas; anything that can be no namespace is a mistake."""
    config = load(None, "kubernetes: {admin_namespaces: 'kube-system,ops'}").config
    assert config.kubernetes.admin_namespaces == ("kube-system", "ops")
    (problem,) = problems("kubernetes: {admin_namespaces: [Ops]}")
    assert problem.message == '"Ops" in the list is not the name of a namespace'


def test_all_namespaces() -> None:
    """A star stands for all of them, and for nothing less."""
    config = load(None, "kubernetes: {admin_namespaces: ['*', ops]}").config
    assert config.kubernetes.admin_namespaces == ("*", "ops")
    for wrong in ("ops-*", "**"):
        (problem,) = problems(f"kubernetes: {{admin_namespaces: ['{wrong}']}}")
        assert problem.message == f'"{wrong}" in the list is not the name of a namespace'


def test_clients_are_names_in_certificates() -> None:
    """With colons and blanks inside; what could not be told from two names is a mistake."""
    tls = "cert_file: /a, key_file: /b, client_ca_file: /c"
    names = "[system:kube-scheduler, ' Nova Extender ', '*.example']"
    config = load(None, f"server: {{{tls}, allowed_clients: {names}}}").config
    expected = ("system:kube-scheduler", "Nova Extender", "*.example")
    assert config.server.allowed_clients == expected
    for wrong in ("", "a,b", "x" * 256):
        (problem,) = problems(f"server: {{{tls}, allowed_clients: ['{wrong}']}}")
        assert problem.path == "server.allowed_clients"
        assert problem.message.endswith("in the list is not a name of a client's certificate")


def test_debug_is_for_loopback_only() -> None:
    """The other two may be anywhere."""
    load(None, "server: {bind: '0.0.0.0:1', health_bind: '[::]:2'}")
    (problem,) = problems("server: {debug_bind: '0.0.0.0:8890'}")
    assert problem.path == "server.debug_bind"
    assert "loopback" in problem.message


def test_addresses_must_differ() -> None:
    """Each that collides with an earlier one is named; port 0 never collides."""
    found = problems(
        "server: {bind: '0.0.0.0:1', health_bind: '127.0.0.1:1', debug_bind: '[::1]:1'}"
    )
    assert [problem.path for problem in found] == ["server.health_bind", "server.debug_bind"]
    assert found[0].message == '"127.0.0.1:1" collides with server.bind, "0.0.0.0:1"'
    load(
        None, "server: {bind: '127.0.0.1:0', health_bind: '127.0.0.1:0', debug_bind: '127.0.0.1:0'}"
    )


def test_the_webhook_may_be_off() -> None:
    """Empty is off, and collides with nothing; on, its address is one of the four."""
    for text in ("''", "null", "' '"):
        assert load(None, f"server: {{webhook_bind: {text}}}").config.server.webhook_bind == ""
    files = "webhook_cert_file: ' tls.crt ', webhook_key_file: /tls.key"
    server = load(None, f"server: {{webhook_bind: '[::]:9443', {files}}}").config.server
    assert (server.webhook_bind, server.webhook_cert_file) == ("[::]:9443", "tls.crt")
    for bind, other in (("127.0.0.1:8889", "health_bind"), ("0.0.0.0:8888", "bind")):
        (problem,) = problems(f"server: {{webhook_bind: '{bind}', {files}}}")
        assert problem.path == "server.webhook_bind"
        assert f"collides with server.{other}" in problem.message
    (problem,) = problems("server: {webhook_bind: 9443}")
    assert problem.accepted.endswith("; empty for off")


def test_an_address_that_is_wrong_is_not_compared() -> None:
    """One mistake is one problem."""
    (problem,) = problems("server: {bind: nowhere, health_bind: '127.0.0.1:1'}")
    assert problem.path == "server.bind"


def test_log_options_are_choices() -> None:
    """Levels in any case."""
    assert load(None, "server: {log_level: WARNING}").config.server.log_level == "warning"
    assert load(None, "server: {log_format: console}").config.server.log_format == "console"
    assert [problem.path for problem in problems("server: {log_level: 3, log_format: xml}")] == [
        "server.log_level",
        "server.log_format",
    ]


def test_limits_of_the_time_for_a_bind() -> None:
    """Fractions of a second too; not beyond what calls under way get when the program ends."""
    for text, seconds in (("0.1", 0.1), ("15", 15.0), ("'2.5'", 2.5)):
        config = load(None, f"kubernetes: {{bind_timeout: {text}}}").config
        assert config.kubernetes.bind_timeout == seconds
    for text, why in (
        ("0", "0 is less than 0.1"),
        ("15.1", "15.1 is more than 15: calls under way get 15 seconds"),
        (".inf", ".inf is not a finite number"),
        ("4s", '"4s" is not a finite number'),
    ):
        (problem,) = problems(f"kubernetes: {{bind_timeout: {text}}}")
        assert problem.path == "kubernetes.bind_timeout"
        assert problem.message.startswith(why)
        assert problem.accepted.startswith("a number of seconds, 0.1 to 15: calls")
    assert GRACE == 15


@pytest.mark.parametrize(
    ("text", "choice"),
    [("auto", "auto"), ("on", "on"), ("'off'", "off"), ("true", "on"), ("false", "off")],
)
def test_preemption_may_be_a_boolean(text: str, choice: str) -> None:
    """Helm reads an unquoted ``on`` as true, and writes that."""
    assert load(None, f"kubernetes: {{preemption: {text}}}").config.kubernetes.preemption == choice


@pytest.mark.parametrize("text", ["maybe", "1", "null", "[on]"])
def test_preemption_is_a_choice(text: str) -> None:
    """Of three."""
    (problem,) = problems(f"kubernetes: {{preemption: {text}}}")
    assert (problem.path, problem.accepted) == ("kubernetes.preemption", "auto or on or off")


def test_where_the_lease_is() -> None:
    """Its name may have dots, a namespace's may not; only the namespace may be left open."""
    text = "kubernetes: {lease_name: nova.example, lease_namespace: kube-system}"
    group = load(None, text).config.kubernetes
    assert (group.lease_name, group.lease_namespace) == ("nova.example", "kube-system")
    for text in ("''", "null", "' '"):
        group = load(None, f"kubernetes: {{lease_namespace: {text}}}").config.kubernetes
        assert group.lease_namespace == ""
    found = problems("kubernetes: {lease_name: '', lease_namespace: a.b}")
    assert [problem.path for problem in found] == [
        "kubernetes.lease_name",
        "kubernetes.lease_namespace",
    ]
    assert found[1].accepted.endswith("empty for the namespace this runs in as a pod, else default")


def test_the_placement_is_a_choice() -> None:
    """Of two, in any case."""
    assert load(None, "kubernetes: {placement: DECIDE}").config.kubernetes.placement == "decide"
    for text in ("both", "null", "''", "1"):
        (problem,) = problems(f"kubernetes: {{placement: {text}}}")
        assert (problem.path, problem.accepted) == ("kubernetes.placement", "advise or decide")


def test_the_mode_is_a_choice() -> None:
    """Of two."""
    assert load(None, "server: {mode: standalone}").config.server.mode == "standalone"
    (problem,) = problems("server: {mode: cluster}")
    assert (problem.path, problem.accepted) == ("server.mode", "sidecar or standalone")
