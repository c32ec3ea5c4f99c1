"""What the options of the listeners mean together."""

from __future__ import annotations

from itertools import product

import pytest

from extender.config.load import load
from extender.config.problems import ConfigError, Problem

TLS = {
    "cert_file": "/tls/tls.crt",
    "key_file": "/tls/tls.key",
    "client_ca_file": "/tls/ca.crt",
    "allowed_clients": "system:kube-scheduler",
}


def server(**values: str) -> str:
    """The group as text."""
    return f"server: {{{', '.join(f'{name}: {value!r}' for name, value in values.items())}}}"


def found(text: str) -> list[Problem]:
    """What is wrong with a configuration."""
    try:
        load(None, text)
    except ConfigError as error:
        return list(error.problems)
    return []


@pytest.mark.parametrize("given", [*product([False, True], repeat=4)])
def test_tls_needs_all_of_its_options(given: tuple[bool, ...]) -> None:
    """Or has none of them: each that is missing is named, and those that made it necessary."""
    present = {name: TLS[name] for name, there in zip(TLS, given, strict=True) if there}
    missing = [f"server.{name}" for name in TLS if name not in present]
    problems = found(server(**present))
    assert [problem.path for problem in problems] == (missing if present else [])
    verb = "is" if len(present) == 1 else "are"
    beginning = f"{', '.join(f'server.{name}' for name in present)} {verb} set, and "
    assert all(problem.message.startswith(beginning) for problem in problems)


def test_authorities_alone_are_not_enough() -> None:
    """The message says who else would get in, and what is looked for."""
    (problem,) = found(server(**{**TLS, "allowed_clients": ""}))
    assert problem.path == "server.allowed_clients"
    assert problem.message.endswith(
        "whoever has a certificate of those authorities could ask: of a cluster's own, each node "
        "has one"
    )
    assert problem.accepted == (
        "the CN, or a DNS name (SAN), of kube-scheduler's certificate, such as "
        "system:kube-scheduler"
    )


@pytest.mark.parametrize("bind", ["0.0.0.0:8888", "[::]:8888", "10.0.0.1:1", "node.example:1"])
def test_an_open_address_without_tls_is_noticed(bind: str) -> None:
    """Whoever reaches it may have pods bound; with TLS only those allowed."""
    (notice,) = load(None, server(bind=bind)).notices
    assert notice == (
        f"server.bind {bind} is no loopback address and has no TLS: whoever reaches it may ask, and"
        " have pods bound; server.cert_file and its fellows keep it to kube-scheduler"
    )
    assert load(None, server(bind=bind, **TLS)).notices == ()


@pytest.mark.parametrize("bind", ["127.0.0.1:1", "127.0.0.2:1", "[::1]:8888", "localhost:8888"])
def test_loopback_needs_no_tls(bind: str) -> None:
    """Only the pod itself reaches it."""
    assert load(None, server(bind=bind)).notices == ()


WEBHOOK = "server: {webhook_bind: '127.0.0.1:9443'"


@pytest.mark.parametrize("files", [(), ("cert",), ("key",), ("cert", "key")])
def test_the_webhook_needs_a_certificate_and_its_key(files: tuple[str, ...]) -> None:
    """API servers ask with TLS only; what is missing is named."""
    given = "".join(f", webhook_{name}_file: /tls" for name in files)
    missing = [f"server.webhook_{name}_file" for name in ("cert", "key") if name not in files]
    found: tuple[Problem, ...] = ()
    try:
        load(None, f"{WEBHOOK}{given}}}")
    except ConfigError as error:
        found = tuple(error.problems)
    assert [problem.path for problem in found] == missing
    assert all("with TLS only" in problem.message for problem in found)


@pytest.mark.parametrize("mode", ["virtual", "advisory"])
def test_the_webhook_is_for_native_overcommit(mode: str) -> None:
    """The other two leave nodes as they are, and the webhook would change them."""
    text = f"{WEBHOOK}, webhook_cert_file: /a, webhook_key_file: /b}}"
    with pytest.raises(ConfigError) as caught:
        load(None, f"{text}\nkubernetes: {{overcommit: {mode}}}")
    (problem,) = caught.value.problems
    assert problem.path == "server.webhook_bind"
    assert problem.message == f"kubernetes.overcommit {mode} leaves nodes as they are"
    assert load(None, f"{text}\nkubernetes: {{overcommit: native}}").notices == ()
