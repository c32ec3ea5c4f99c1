"""SimpleCIDRAffinityFilter: in the same network as a certain address."""

from __future__ import annotations

from typing import Any

import pytest

from extender.filters.simple_cidr_affinity_filter import (
    SimpleCIDRAffinityFilter,
    read_network,
)
from tests.builders import host, reason, reasons, spec, table


def near(*address: str, cidr: tuple[str, ...] | None = None) -> Any:
    """A request with these hints."""
    hints = {"build_near_host_ip": address}
    return spec(scheduler_hints=hints if cidr is None else {**hints, "cidr": cidr})


def verdict(address: str | None, asked: Any) -> str | None:
    """The reason a host of this address is refused with."""
    return reason(SimpleCIDRAffinityFilter(), host(host_ip=address), asked)


@pytest.mark.parametrize("address", ["10.0.3.0", "10.0.3.7", "10.0.3.255"])
def test_the_default_is_24_bits(address: str) -> None:
    """Without a cidr the first three numbers count, and the address itself need not end in 0."""
    assert verdict(address, near("10.0.3.7")) is None


@pytest.mark.parametrize(
    ("address", "cidr", "inside", "outside"),
    [
        ("10.0.3.7", "/24", "10.0.3.200", "10.0.2.7"),
        ("10.0.3.7", "/16", "10.0.255.1", "10.1.3.7"),
        ("10.0.3.7", "/0", "203.0.113.9", "fd00::7"),
        ("10.0.3.7", "/32", "10.0.3.7", "10.0.3.6"),
        ("10.0.3.130", "/25", "10.0.3.255", "10.0.3.127"),
        ("10.0.3.7", "/255.255.0.0", "10.0.99.1", "10.1.3.7"),
        ("10.0.3.7", "/0.0.255.255", "10.0.99.1", "10.1.3.7"),
        ("10.0.3.7", "/0.0.0.0", "203.0.113.9", "fd00::7"),
        ("10.0.3.7", "/255.255.255.255", "10.0.3.7", "10.0.3.8"),
        ("10.0.3.7", "/ 16", "10.0.99.1", "10.1.3.7"),
        ("192.168.1.1", "24", "192.168.1.124", "192.168.1.1"),
        ("192.168.1.1", "", "192.168.1.1", "192.168.1.2"),
        ("192.168.1.", "7/24", "192.168.1.99", "192.168.2.7"),
        ("fd00:aa::7", "/24", "fd00:ab::1", "fd01:aa::7"),
        ("fd00::7", "/64", "fd00::ffff:ffff:ffff:ffff", "fd00:0:0:1::7"),
        ("fd00::7", "/65", "fd00::7fff:ffff:ffff:ffff", "fd00::8000:0:0:0"),
        ("fd00::7", "/128", "fd00::7", "fd00::8"),
        ("fd00::7", "/0", "::1", "10.0.3.7"),
        ("fd00::7", "/ffff:ffff::", "fd00:0:1::1", "fd00:1::7"),
        ("FD00::7", "/112", "fd00:0:0:0:0:0:0:8", "fd00::1:7"),
    ],
)
def test_networks(address: str, cidr: str, inside: str, outside: str) -> None:
    """The two texts are joined as they are: numbers of bits, masks, and no slash at all."""
    asked = near(address, cidr=(cidr,))
    assert verdict(inside, asked) is None
    assert verdict(outside, asked) == "outside_cidr"


def test_the_other_version() -> None:
    """An IPv4 address is in no IPv6 network and the other way round, mapped ones too."""
    assert verdict("10.0.3.7", near("fd00::7")) == "outside_cidr"
    assert verdict("fd00::7", near("10.0.3.7")) == "outside_cidr"
    assert verdict("::ffff:10.0.3.7", near("10.0.3.7")) == "outside_cidr"


@pytest.mark.parametrize(
    ("address", "cidr"),
    [
        (("node-a",), None),
        (("10.0.3",), None),
        (("10.0.3.256",), None),
        (("10.0.03.7",), None),
        (("10.0.3.7 ",), None),
        ((" ",), None),
        (("10.0.3.7/24",), None),
        (("fe80::1%eth0",), ("/64",)),
        (("\u0661\u0660.0.3.7",), None),
        (("1" * 60_000,), None),
        (("10.0.3.7", "10.0.4.7"), None),
        (("10.0.3.7",), ("/33",)),
        (("10.0.3.7",), ("/-1",)),
        (("10.0.3.7",), ("/",)),
        (("10.0.3.7",), ("/x",)),
        (("10.0.3.7",), ("/" + "9" * 60_000,)),
        (("10.0.3.7",), ("/255.0.255.0",)),
        (("10.0.3.7",), ("/ffff::",)),
        (("10.0.3.7",), ("/24/24",)),
        (("10.0.3.7",), ("/24", "/16")),
        (("fd00::7",), ("/129",)),
        (("fd00::7",), ("/255.255.0.0",)),
    ],
)
def test_hints_that_are_no_network(address: tuple[str, ...], cidr: tuple[str, ...] | None) -> None:
    """Nova aborts; here every host is refused, those without an address too."""
    hosts = table(host("a", host_ip="10.0.3.7"), host("b"))
    found = reasons(SimpleCIDRAffinityFilter(), hosts, near(*address, cidr=cidr))
    assert found == ["invalid_hint", "invalid_hint"]


@pytest.mark.parametrize(
    "address", [None, "", "node-a", "10.0.3.256", "fe80::1%eth0", "10.0.3.7/24"]
)
def test_hosts_whose_address_is_not_known(address: str | None) -> None:
    """None, or one that is no address: refused for that, and only where a network is asked for."""
    assert verdict(address, near("10.0.3.7", cidr=("/0",))) == "host_ip_unknown"
    assert verdict(address, spec()) is None


@pytest.mark.parametrize(
    "hints", [{}, {"build_near_host_ip": ()}, {"build_near_host_ip": ("",)}, {"cidr": ("/24",)}]
)
def test_no_address_to_be_near(hints: dict[str, tuple[str, ...]]) -> None:
    """A cidr alone asks for nothing."""
    asked = spec(scheduler_hints=hints)
    assert verdict("10.0.3.7", asked) is None
    assert verdict(None, asked) is None


def test_many_hosts_and_requests() -> None:
    """Addresses are remembered, networks are not: each request is judged by its own."""
    hosts = table(
        host("a", host_ip="10.0.3.7"),
        host("b", host_ip="10.0.4.7"),
        host("c", host_ip="fd00::7"),
        host("d"),
    )
    judge = SimpleCIDRAffinityFilter()
    out, unknown = "outside_cidr", "host_ip_unknown"
    for _ in range(2):
        assert reasons(judge, hosts, near("10.0.3.1")) == [None, out, out, unknown]
        wide = near("10.0.3.1", cidr=("/16",))
        assert reasons(judge, hosts, wide) == [None, None, out, unknown]
        assert reasons(judge, hosts, near("fd00::1")) == [out, out, None, unknown]
    hosts.put(host("d", host_ip="10.0.4.9"))
    hosts.put(host("a", host_ip=None))
    assert reasons(judge, hosts, near("10.0.4.1")) == [unknown, None, out, None]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10.0.3.7/24", "10.0.3.0/24"),
        ("10.0.3.7/0.0.255.255", "10.0.0.0/16"),
        ("10.0.3.7", "10.0.3.7/32"),
        ("fd00::7/24", "fd00::/24"),
    ],
)
def test_networks_as_text(text: str, shown: str) -> None:
    """The network itself, with its number of bits."""
    assert str(read_network(text)) == shown


def test_explains() -> None:
    """The network made of the hints, the host's address, and where all of it stands."""
    facts = SimpleCIDRAffinityFilter().explain(host(host_ip="10.1.0.1"), near("10.0.3.7"))
    assert (facts.need, facts.have) == ("10.0.3.0/24", "10.1.0.1")
    hints = "pod annotation nova-extender.io/scheduler_hints"
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("build_near_host_ip", "10.0.3.7", hints),
        ("cidr", "/24", "default"),
        ("host_ip", "10.1.0.1", "status.addresses, first InternalIP"),
    ]


def test_explains_what_cannot_be_evaluated() -> None:
    """Hints that give no network are shown as they are, cut to a bearable length."""
    asked = near("x" * 60_000, cidr=("/24", "/16"))
    facts = SimpleCIDRAffinityFilter().explain(host(), asked)
    assert (facts.need, facts.have) == ("a network", "no address")
    assert facts.sources[0].value == "x" * 79 + "…"
    assert facts.sources[1].value == "/24, /16"


def test_explains_a_request_without_the_hint() -> None:
    """Nothing was needed."""
    facts = SimpleCIDRAffinityFilter().explain(host(host_ip="10.0.3.7"), spec())
    assert (facts.need, facts.have, len(facts.sources)) == (None, None, 1)
