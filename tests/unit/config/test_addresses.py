"""Addresses to listen on."""

from __future__ import annotations

import pytest

from extender.config.addresses import Bind, collide, is_loopback, split_bind
from extender.config.values import FloatText, UnacceptableError


@pytest.mark.parametrize(
    ("bind", "parts"),
    [
        ("127.0.0.1:8888", ("127.0.0.1", 8888)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("[::]:65535", ("::", 65535)),
        ("[0:0:0:0:0:0:0:1]:1", ("::1", 1)),
        ("localhost:8888", ("localhost", 8888)),
        ("nova-extender.kube-system.svc:8888", ("nova-extender.kube-system.svc", 8888)),
    ],
)
def test_an_address_is_host_and_port(bind: str, parts: tuple[str, int]) -> None:
    """IPv6 stands in brackets in the text, and without them in what is listened on."""
    assert split_bind(bind) == parts
    assert Bind().read(bind) == bind


def test_an_address_may_be_off() -> None:
    """Where nothing has to be listened on; otherwise it is an address like any other."""
    off = Bind(may_be_off=True)
    for value in ("", " ", None):
        assert off.read(value) == ""
        with pytest.raises(UnacceptableError):
            Bind().read(value)
    assert off.read("[::]:9443") == "[::]:9443"
    wrongs: tuple[object, ...] = (0, False, [], FloatText("1"), "off")
    for wrong in wrongs:
        with pytest.raises(UnacceptableError):
            off.read(wrong)


@pytest.mark.parametrize(
    "bind",
    [
        "",
        "8888",
        ":8888",
        "localhost",
        "localhost:",
        "localhost:http",
        "localhost:65536",
        "localhost:-1",
        "127.0.0.1:99999",
        "127.0.0.256:1",
        "127.0.0:1",
        "1.2.3.4.5:1",
        "::1:8888",
        "[::1]",
        "[127.0.0.1]:1",
        "[:::]:1",
        "a b:1",
        "-a:1",
        "a..b:1",
        "http://localhost:1",
        "x" * 300 + ":1",
        "localhost:1\n2",
        "localhost:\u0661",
    ],
)
def test_what_is_no_address_is_refused(bind: str) -> None:
    """Better at the start than when the socket is opened."""
    with pytest.raises(UnacceptableError):
        Bind().read(bind)


@pytest.mark.parametrize("value", [None, 8888, FloatText("127.0"), True, ["127.0.0.1:1"]])
def test_an_address_is_a_text(value: object) -> None:
    """A port alone is not enough."""
    with pytest.raises(UnacceptableError, match="is not host:port"):
        Bind().read(value)


@pytest.mark.parametrize("bind", ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"])
def test_loopback_addresses(bind: str) -> None:
    """Whatever never leaves the pod."""
    assert Bind(loopback=True).read(bind) == bind


@pytest.mark.parametrize(
    "bind", ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "example.org:1", "localhost.x:1"]
)
def test_debug_answers_on_loopback_only(bind: str) -> None:
    """Everything else is refused."""
    with pytest.raises(UnacceptableError, match="is not a loopback address"):
        Bind(loopback=True).read(bind)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("127.0.0.1:1", "127.0.0.1:1", True),
        ("127.0.0.1:1", "127.0.0.1:2", False),
        ("127.0.0.1:1", "127.0.0.2:1", False),
        ("0.0.0.0:1", "127.0.0.1:1", True),
        ("127.0.0.1:1", "[::]:1", True),
        ("127.0.0.1:0", "127.0.0.1:0", False),
    ],
)
def test_addresses_that_cannot_be_listened_on_at_once(one: str, other: str, meet: bool) -> None:
    """The same port of the same host, or of all hosts; port 0 is always another one."""
    assert collide(one, other) is meet


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example", False),
    ],
)
def test_loopback(host: str, is_ours: bool) -> None:
    """What nobody outside reaches; of a name that is not known nothing is assumed."""
    assert is_loopback(host) is is_ours
