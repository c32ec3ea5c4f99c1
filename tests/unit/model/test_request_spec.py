"""RequestSpec: Nova's request and its hints."""

from __future__ import annotations

import pytest

from extender.model.flavor import MIB, Flavor
from extender.model.request_spec import Destination, ImageMeta, RequestSpec, SchedulerRetries
from tests.builders import spec


def test_asks_for_nothing_by_default() -> None:
    """An empty request: one instance, no amounts, no zone, no history, no force, no group."""
    empty = RequestSpec()
    assert empty.num_instances == 1
    assert empty.flavor.disk == empty.flavor.memory == empty.flavor.milli_vcpus == 0
    assert empty.availability_zone is None
    assert empty.retry is None
    assert empty.requested_destination is None
    assert empty.instance_group is None
    assert empty.refusal is None
    assert empty.ignore_hosts == empty.force_hosts == empty.force_nodes == ()
    assert not empty.tolerates_unschedulable
    assert not empty.tolerates_not_ready


@pytest.mark.parametrize(
    ("values", "hint"),
    [(("a",), "a"), (("a", "b"), ("a", "b")), ((), ())],
)
def test_hint(values: tuple[str, ...], hint: object) -> None:
    """A list of one is unwrapped; a longer or an empty one is the list itself."""
    asked = spec(scheduler_hints={"same_host": values})
    assert asked.get_scheduler_hint("same_host") == hint


def test_missing_hint() -> None:
    """A hint that is not there is the default given, else None."""
    assert spec().get_scheduler_hint("cidr") is None
    assert spec().get_scheduler_hint("cidr", "/24") == "/24"


@pytest.mark.parametrize(
    ("hints", "rebuild"),
    [
        ({}, False),
        ({"_nova_check_type": ("rebuild",)}, True),
        ({"_nova_check_type": ("other",)}, False),
        ({"_nova_check_type": ("rebuild", "rebuild")}, False),
        ({"check_type": ("rebuild",)}, False),
    ],
)
def test_is_rebuild(hints: dict[str, tuple[str, ...]], *, rebuild: bool) -> None:
    """Only the hint ``_nova_check_type`` with the one value ``rebuild`` makes a rebuild check."""
    assert spec(scheduler_hints=hints).is_rebuild is rebuild


def test_parts_are_empty_by_default() -> None:
    """Destination, retry history and image say nothing until told."""
    assert Destination() == Destination(
        None, None, None, (), frozenset(), allow_cross_cell_move=False
    )
    assert SchedulerRetries() == SchedulerRetries(0, (), "", ())
    assert ImageMeta().id is None
    assert dict(ImageMeta().properties) == {}


def test_brief() -> None:
    """What is asked, in a few words; what is not asked for is left out."""
    asked = RequestSpec(
        flavor=Flavor(name="m1.small", milli_vcpus=1500, memory=2 << 30, root=1 << 30)
    )
    assert asked.brief == "1.5 vCPU, 2048 MiB memory, 1024 MiB disk, flavor m1.small"
    assert (
        RequestSpec(flavor=Flavor(), availability_zone="b").brief == "0 vCPU, 0 MiB memory, zone b"
    )


def test_brief_of_a_virtual_request() -> None:
    """What kube-scheduler does not count, or not as much, is marked."""
    flavor = Flavor(milli_vcpus=2000, memory=512 * MIB, root=1024 * MIB)
    asked = RequestSpec(flavor=flavor, virtual=(1900, 0, 1024 * MIB))
    assert asked.brief == "2 vCPU (virtual), 512 MiB memory, 1024 MiB disk (virtual)"


def test_brief_is_bounded() -> None:
    """A pod cannot fill the memory of attempts with the names it uses."""
    long = RequestSpec(flavor=Flavor(name="f" * 60_000), availability_zone="z" * 60_000)
    assert len(long.brief) < 200


def pairs(*names: str) -> tuple[tuple[str, str], ...]:
    """Hosts that bear their node's name."""
    return tuple((name, name) for name in names)


def test_where_a_history_is_known_from_does_not_tell_it_apart() -> None:
    """Two histories that say the same are equal."""
    assert SchedulerRetries(1, origins=("memory",)) == SchedulerRetries(1, origins=("pod",))


def test_bounded_retries() -> None:
    """The 100 newest hosts, 512 characters, a number of 32 bits; a short history stays as it is."""
    short = SchedulerRetries(2, pairs("a", "b"), "OutOfcpu", ("here",))
    assert short.bounded() == short
    assert short.bounded().origins == ("here",)
    long = SchedulerRetries(2**40, pairs(*(f"n{i}" for i in range(150))), " " + "x" * 600)
    bounded = long.bounded()
    assert bounded.num_attempts == 2**31 - 1
    assert bounded.hosts == pairs(*(f"n{i}" for i in range(50, 150)))
    assert bounded.exc_reason == "x" * 512


@pytest.mark.parametrize(
    ("pair", "kept"),
    [
        (("a", "a"), True),
        (("a" * 253, "b" * 253), True),
        (("node-1.zone.example", "n"), True),
        (("a" * 254, "a"), False),
        (("a", ""), False),
        (("A", "a"), False),
        (("a", "a\n"), False),
        (("-a", "a"), False),
        (("a", "b\x00c"), False),
    ],
)
def test_bounded_retries_name_nodes(pair: tuple[str, str], *, kept: bool) -> None:
    """What cannot be a node's name is not kept: it matches no node, and may be of any size."""
    assert SchedulerRetries(1, (pair,)).bounded().hosts == ((pair,) if kept else ())
