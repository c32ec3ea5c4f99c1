"""extender.server.addresses."""

from __future__ import annotations

import errno
import socket

import pytest

from extender.server.addresses import ListenError, is_loopback, listen, split_bind


@pytest.mark.parametrize(
    ("bind", "host", "port"),
    [
        ("127.0.0.1:8888", "127.0.0.1", 8888),
        ("localhost:0", "localhost", 0),
        ("[::1]:65535", "::1", 65535),
    ],
)
def test_split_bind(bind: str, host: str, port: int) -> None:
    """Host and port, IPv6 addresses without their brackets."""
    assert split_bind(bind, "server.bind") == (host, port)


@pytest.mark.parametrize(
    "bind",
    ["", "8888", "localhost", "host:", ":8888", "h:65536", "h:-1", "::1:80", "[]:1", "a b:1"],
)
def test_malformed_bind(bind: str) -> None:
    """What is no address names its option and shows one that is."""
    with pytest.raises(ListenError, match=r"^server\.x: .* is no address .* such as 127\.0\.0\.1"):
        split_bind(bind, "server.x")


def test_listen_takes_connections() -> None:
    """The address is taken and listened on at once."""
    with (
        listen("127.0.0.1:0", "server.bind") as listener,
        socket.create_connection(listener.getsockname(), timeout=5),
    ):
        assert listener.getsockname()[1] > 0


def test_port_in_use() -> None:
    """A port in use names the address and the option."""
    with listen("127.0.0.1:0", "server.bind") as listener:
        bind = f"127.0.0.1:{listener.getsockname()[1]}"
        expected = f"server.bind: cannot listen on {bind}: another process listens there already"
        with pytest.raises(ListenError, match=f"^{expected}$"):
            listen(bind, "server.bind")


def test_address_of_another_machine() -> None:
    """An address that is not ours (RFC 5737's documentation range) is told as such."""
    with pytest.raises(ListenError, match=r"192\.0\.2\.1:8888: it is no address of this machine"):
        listen("192.0.2.1:8888", "server.bind")


@pytest.mark.parametrize("host", ["no-such-name.invalid", "a..b", "x" * 64 + ".invalid"])
def test_unknown_names(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name nobody knows, or nobody could, is told as such."""

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown") if ".." not in host else UnicodeError

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(ListenError, match="is not known here"):
        listen(f"{host}:1", "server.bind")


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.EACCES, r"no permission \(ports below 1024 need it\)"),
        (errno.EAFNOSUPPORT, "Address family not supported"),
    ],
)
def test_other_refusals(number: int, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the system says, the message says why."""

    def refuse(*_args: object) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(ListenError, match=f"cannot listen on 127.0.0.1:80: {says}"):
        listen("127.0.0.1:80", "server.bind")


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("localhost", False),
        ("127.0.0.1.example.com", False),
        ("", False),
    ],
)
def test_is_loopback(address: str, loopback: bool) -> None:
    """Only numeric addresses of this machine are loopback."""
    assert is_loopback(address) is loopback
