"""extender.server.clients."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from extender.server.clients import AllowedClients, names_of


def certificate(
    *common: str, dns: tuple[str, ...] = (), other: tuple[tuple[str, str], ...] = ()
) -> dict[str, Any]:
    """A certificate as Python's ssl gives it."""
    organisation = ((("organizationName", "system:nodes"),),)
    names = [*(("DNS", name) for name in dns), *other]
    return {
        "subject": (*organisation, *((("commonName", name),) for name in common)),
        "subjectAltName": tuple(names),
    }


def judge(*names: str) -> tuple[AllowedClients, list[str]]:
    """One that lets in these, and what it tells."""
    told: list[str] = []
    return AllowedClients(names, told.append), told


@pytest.mark.parametrize(
    "shown",
    [
        certificate("system:kube-scheduler"),
        certificate("somebody", dns=("other.example", "scheduler.example")),
        certificate(dns=("scheduler.example",)),
    ],
)
def test_a_name_among_those_allowed(shown: dict[str, Any]) -> None:
    """The CN or any DNS name."""
    clients, told = judge("system:kube-scheduler", "scheduler.example")
    assert clients.refusal(shown) == ""
    assert told == []


@pytest.mark.parametrize(
    "shown",
    [
        certificate("system:node:n1"),
        certificate("System:kube-scheduler"),
        certificate("system:kube-scheduler\0"),
        certificate("system:kube-scheduler", "system:node:n1"),
        certificate("a", dns=("*.example",)),
        *(
            certificate("a", other=((kind, "scheduler.example"),))
            for kind in ("IP Address", "URI", "email")
        ),
        certificate(),
        {},
    ],
)
def test_other_names(shown: dict[str, Any]) -> None:
    """Letter by letter; of several CNs the last, and names of no other kind."""
    clients, _ = judge("system:kube-scheduler", "scheduler.example")
    assert clients.refusal(shown)


def test_the_names_of_a_certificate() -> None:
    """The CN first, and each of them once."""
    assert names_of(certificate("a", "b", dns=("c", "b", "d"))) == ["b", "c", "d"]


def test_what_is_told() -> None:
    """Each stranger once, by name; hostile names are quoted and cut, and long lists, too."""
    clients, told = judge("a")
    end = "is valid, but server.allowed_clients does not name it"
    for _ in range(3):
        assert clients.refusal(certificate("b")) == f'the certificate of "b" {end}'
    assert told == [f'a client was refused: the certificate of "b" {end}']
    assert clients.refusal(certificate('x"\n\x1b[2J' + "y" * 1000)) == (
        f'the certificate of "x\\"\\n\\u001b[2J{"y" * 93}" {end}'
    )
    assert clients.refusal(certificate(dns=tuple("bcdefgh"))) == (
        f'the certificate of "b", "c", "d", "e", "f" and 2 more {end}'
    )
    assert clients.refusal({}) == (
        f"the client's certificate, which has neither CN nor DNS name, {end}"
    )
    assert len(told) == 4


def test_what_is_told_is_bounded() -> None:
    """An authority could sign a new name each second; all are refused."""
    clients, told = judge("a")
    threads = [
        threading.Thread(
            target=lambda: [clients.refusal(certificate(f"n{number}")) for number in range(500)]
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == len(set(told)) == 100
    assert clients.refusal(certificate("n499"))
