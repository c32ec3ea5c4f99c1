"""AllHostsFilter: nobody is refused."""

from __future__ import annotations

from extender.filters.all_hosts_filter import AllHostsFilter
from extender.model.host_parts import Unreadable
from tests.builders import host, reasons, spec, table


def test_passes_every_host() -> None:
    """Full, disabled, down, unreadable: all the same."""
    hosts = table(
        host("a"),
        host("b", disabled=True, ready=False, forced_down=True),
        host("c", vcpus_total=0, total_usable_ram_mb=0),
        host("d", unreadable=~Unreadable(0)),
    )
    asked = spec(vcpus=1000, memory_mb=10**9, root_gb=10**6, availability_zone="nowhere")
    assert reasons(AllHostsFilter(), hosts, asked) == [None] * 4


def test_has_no_reason_of_its_own() -> None:
    """What refuses nobody needs no reason."""
    assert AllHostsFilter.reasons == ()
