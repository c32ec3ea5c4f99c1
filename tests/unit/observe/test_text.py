"""Tests of extender.observe.text."""

from __future__ import annotations

import pytest

from extender.model.flavor import GIB, MIB, Flavor
from extender.model.groups import InstanceGroup
from extender.model.request_spec import Destination, RequestSpec, SchedulerRetries
from extender.observe.objects import request
from extender.observe.text import (
    amount,
    fault_line,
    number,
    plain,
    printable,
    ratio_lines,
    request_line,
    sources_line,
    value,
    verdict_line,
)


def test_what_cannot_be_printed_is_escaped() -> None:
    """Control characters, line breaks and bidirectional overrides; letters of any script stay."""
    assert printable("plain × größer") == "plain × größer"
    assert printable("a\x1b[31mb\nc\u202ed") == "a\\x1b[31mb\\nc\\u202ed"


@pytest.mark.parametrize(
    ("found", "text"),
    [(4, "4"), (0.5, "0.5"), (1e-7, "0"), (-1e-7, "0"), (1e15, "1000000000000000"), (-2.5, "-2.5")],
)
def test_numbers_are_plain(found: float, text: str) -> None:
    """Six decimals, no trailing zeros, no powers of ten, no minus zero."""
    assert plain(found) == text


def test_numbers_that_were_not_finite() -> None:
    """They are ``None`` in the data."""
    assert number(None) == "not finite"
    assert number(1.25) == "1.25"


def test_amounts_have_their_unit() -> None:
    """Whole GiB are shown as such; anything else is left exact."""
    assert amount(2048, "MiB") == "2 GiB"
    assert amount(2048.5, "MiB") == "2048.5 MiB"
    assert amount(0, "MiB") == "0 MiB"
    assert amount(0.5, "vCPU") == "0.5 vCPU"
    assert amount(3, "") == "3"


def test_values_may_be_words_or_missing() -> None:
    """As facts are."""
    assert value("enabled and up", "vCPU") == "enabled and up"
    assert value(None, "vCPU") == ""
    assert value(1, "vCPU") == "1 vCPU"


def test_a_request_in_a_line() -> None:
    """All that is asked for."""
    spec = RequestSpec(
        flavor=Flavor(name="m1.small", milli_vcpus=500, memory=1536 * MIB, root=10240 * MIB),
        availability_zone="az1",
        ignore_hosts=("a", "b"),
        force_hosts=("c",),
        force_nodes=("d",),
        requested_destination=Destination(host="e", aggregates=("x,y", "z")),
        retry=SchedulerRetries(num_attempts=3, hosts=(("f", "f"), ("g", "g"))),
        instance_group=InstanceGroup(name="web", namespace="default", policy="affinity"),
        nominated_host="h",
    )
    assert request_line(request(spec)) == (
        "0.5 vCPU; 1536 MiB memory; 10 GiB disk; flavor m1.small; zone az1; "
        "server group web (affinity); ignore_hosts a, b; force_hosts c; force_nodes d; "
        "requested_destination host e, aggregates x,y and z; tried before on f, g; nominated for h"
    )


def test_a_request_for_nothing() -> None:
    """A BestEffort pod."""
    assert request_line(request(RequestSpec())) == "no vCPU, memory or disk"


def test_a_verdict_in_a_line() -> None:
    """Numbers where there are any; nothing is short where nothing is missing."""
    line = {"filter": "CoreFilter", "text": "not enough vCPUs", "unit": "vCPU"}
    assert verdict_line({**line, "need": 1, "have": 0.25, "short_by": 0.75}) == (
        "CoreFilter: not enough vCPUs (needs 1 vCPU, has 0.25 vCPU, short of 0.75 vCPU)"
    )
    assert verdict_line({**line, "need": 1, "have": 2, "short_by": 0}) == (
        "CoreFilter: not enough vCPUs (needs 1 vCPU, has 2 vCPU)"
    )
    assert verdict_line({"filter": "ComputeFilter", "text": "host is down"}) == (
        "ComputeFilter: host is down"
    )


@pytest.mark.parametrize(
    ("virtual", "line"),
    [
        (None, "2 vCPU; 512 MiB memory; 1 GiB disk"),
        ((2000, 0, 0), "2 vCPU (virtual); 512 MiB memory; 1 GiB disk"),
        (
            (1900, 512 * MIB, GIB // 2),
            (
                "2 vCPU (virtual; kube-scheduler counts 0.1 vCPU); 512 MiB memory (virtual);"
                " 1 GiB disk (virtual; kube-scheduler counts 512 MiB)"
            ),
        ),
        ((-1000, 0, 0), "2 vCPU (virtual; kube-scheduler counts 3 vCPU); 512 MiB memory; 1 GiB di"),
    ],
)
def test_what_of_a_request_is_virtual(virtual: tuple[int, int, int] | None, line: str) -> None:
    """Amounts that kube-scheduler does not count, or not so."""
    flavor = Flavor(milli_vcpus=2000, memory=512 * MIB, root=GIB)
    found = request_line(request(RequestSpec(flavor=flavor, virtual=virtual)))
    assert found.startswith(line)


def test_sources_in_a_line() -> None:
    """Name, value, and where it comes from."""
    sources = [
        {"name": "ratio", "value": "1.5", "where": "default"},
        {"name": "used", "value": "2 vCPU", "where": "3 pods on the node"},
    ]
    assert sources_line(sources) == "ratio 1.5 (default), used 2 vCPU (3 pods on the node)"


def test_a_fault_in_a_line() -> None:
    """A weigher's fault is no host's."""
    fault = {"plugin": "F", "host": "a", "text": "Boom()"}
    assert fault_line(fault) == "F failed on host a: Boom()"
    assert fault_line({**fault, "host": ""}) == "F failed: Boom()"


def test_ratios_and_where_they_come_from() -> None:
    """Hosts with the same ratio from the same place share a line."""

    def host(name: str, cpu: float, where: str) -> dict[str, object]:
        one = {"ratio": 1.0, "ratio_from": "default"}
        return {"host": name, "cpu": {"ratio": cpu, "ratio_from": where}, "ram": one, "disk": one}

    hosts = [host("a", 16.0, "annotation"), host("b", 1.0, "default"), host("c", 1.0, "default")]
    assert ratio_lines(hosts) == [
        "cpu 16 from annotation: a",
        "cpu 1 from default: b, c",
        "ram 1 from default: all",
        "disk 1 from default: all",
    ]
