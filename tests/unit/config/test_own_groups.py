"""The groups Nova has not."""

from __future__ import annotations

import pytest

from extender.config.load import load
from extender.config.own_groups import HttpServerGroup, KubernetesGroup
from extender.config.problems import ConfigError, Problem


def problems(text: str) -> list[Problem]:
    """What is wrong with the text."""
    with pytest.raises(ConfigError) as caught:
        load(None, text)
    return list(caught.value.problems)


def test_defaults_of_kubernetes() -> None:
    """Nobody is an administrator, and scores go to 100."""
    assert (KubernetesGroup().admin_namespaces, KubernetesGroup().max_score) == ((), 100)


def test_defaults_of_server() -> None:
    """Loopback for everything, and idle connections kept longer than kube-scheduler keeps them."""
    group = HttpServerGroup()
    assert group.bind == "127.0.0.1:8888"
    assert group.health_bind == "127.0.0.1:8889"
    assert group.debug_bind == "127.0.0.1:8890"
    assert (group.max_body_bytes, group.keepalive, group.threads) == (16_777_216, 120, 128)
    assert group.attempts_memory_bytes == 33_554_432
    assert (group.log_level, group.log_format) == ("info", "json")


@pytest.mark.parametrize(
    ("path", "least", "most"),
    [
        ("kubernetes.max_score", 1, 2**31),
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
