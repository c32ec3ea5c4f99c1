"""What is tested before the first filter: each row of Nova's pre-stage."""

from __future__ import annotations

from typing import Any

import pytest

from extender.model.host_table import HostTable
from extender.model.reason import Category, Reason
from extender.model.request_spec import Destination, Refusal, RequestSpec
from extender.scheduler import pre_stage
from tests.builders import aggregate, host, spec, table

NODES = ("Node-A", "node-b", "node-c")
DESTINATION = "not_requested_destination"
IGNORED = "host_ignored"
NOT_FORCED = "not_forced_host"


def cluster() -> HostTable:
    """Three nodes, one of which has a capital in its name."""
    return table(*(host(name) for name in NODES))


def refused(asked: RequestSpec, hosts: HostTable | None = None) -> dict[str, str]:
    """The reason of each host that is refused."""
    hosts = hosts or cluster()
    before = pre_stage.run(hosts, asked)
    codes = before.codes(len(hosts)).tolist()
    return {
        name: before.reasons[code - 1].id
        for name, code in zip(hosts.name.tolist(), codes, strict=True)
        if code
    }


def skips(asked: RequestSpec) -> bool:
    """Whether the filters are skipped."""
    return pre_stage.run(cluster(), asked).skip_filters


def hinted(value: tuple[str, ...]) -> dict[str, Any]:
    """The hint that turns filters on for forced hosts."""
    return {"scheduler_hints": {"_nova_check_type": value}}


def test_nothing_asked() -> None:
    """Without destination, ignored and forced hosts every host goes on to the filters."""
    assert refused(spec()) == {}
    assert not skips(spec())
    assert pre_stage.run(cluster(), spec()).tests == ()


@pytest.mark.parametrize(
    ("destination", "kept"),
    [
        (Destination(host="node-b"), ["node-b"]),
        (Destination(host="Node-A"), ["Node-A"]),
        (Destination(host="node-a"), []),
        (Destination(host="node-b", node="node-b"), ["node-b"]),
        (Destination(host="node-b", node="node-c"), []),
        (Destination(host="node-b", node="NODE-B"), []),
        (Destination(host="node-b", node=""), ["node-b"]),
        (Destination(host="node-z"), []),
        (Destination(node="node-b"), list(NODES)),
        (Destination(), list(NODES)),
    ],
)
def test_requested_destination(destination: Destination, kept: list[str]) -> None:
    """Host, and node beside a host, match case and all; without a host the step is skipped."""
    asked = spec(requested_destination=destination)
    assert refused(asked) == {name: DESTINATION for name in NODES if name not in kept}
    assert not skips(asked)


def test_requested_cell() -> None:
    """A cell keeps its own hosts, unless the request may cross cells."""
    hosts = table(host("n1", cell_uuid="cell1"), host("n2", cell_uuid="cell2"), host("n3"))
    asked = spec(requested_destination=Destination(cell="cell1"))
    assert refused(asked, hosts) == {"n2": DESTINATION, "n3": DESTINATION}
    across = Destination(cell="cell1", allow_cross_cell_move=True)
    assert refused(spec(requested_destination=across), hosts) == {}


@pytest.mark.parametrize(
    ("aggregates", "forbidden", "kept"),
    [
        (("ssd",), (), {"both", "ssd"}),
        (("ssd,rack",), (), {"both", "ssd", "rack"}),
        (("ssd", "rack"), (), {"both"}),
        (("ssd , rack", "rack"), (), {"both", "rack"}),
        (("none",), (), set()),
        ((), ("rack",), {"ssd", "bare"}),
        (("ssd",), ("rack",), {"ssd"}),
    ],
)
def test_requested_aggregates(
    aggregates: tuple[str, ...], forbidden: tuple[str, ...], kept: set[str]
) -> None:
    """Or within a text, and between texts; forbidden ones keep out."""
    ssd, rack = aggregate("ssd"), aggregate("rack")
    hosts = table(
        host("both", aggregates=(rack, ssd)),
        host("ssd", aggregates=(ssd,)),
        host("rack", aggregates=(rack,)),
        host("bare"),
    )
    wanted = Destination(aggregates=aggregates, forbidden_aggregates=frozenset(forbidden))
    found = refused(spec(requested_destination=wanted), hosts)
    assert found == {name: DESTINATION for name in hosts.index if name not in kept}


@pytest.mark.parametrize("name", ["node-a", "Node-A", "NODE-A"])
def test_ignore_hosts_whatever_the_case(name: str) -> None:
    """An ignored host is refused whatever the case; the filters judge the others."""
    asked = spec(ignore_hosts=(name,))
    assert refused(asked) == {"Node-A": IGNORED}
    assert not skips(asked)


def test_ignored_names_that_nobody_bears() -> None:
    """Names of no host, and parts of names, ignore nobody."""
    assert refused(spec(ignore_hosts=("node", "node-bb", "node-z"))) == {}


def test_all_ignored() -> None:
    """With every host ignored nothing is left."""
    assert refused(spec(ignore_hosts=NODES)) == dict.fromkeys(NODES, IGNORED)


@pytest.mark.parametrize("name", ["node-a", "Node-A", "NODE-A"])
def test_force_hosts_whatever_the_case(name: str) -> None:
    """Only forced hosts are kept, whatever the case, and the filters are skipped."""
    asked = spec(force_hosts=(name,))
    assert refused(asked) == {"node-b": NOT_FORCED, "node-c": NOT_FORCED}
    assert skips(asked)


def test_force_nodes_case_and_all() -> None:
    """Forced nodes match case and all."""
    assert refused(spec(force_nodes=("Node-A",))) == dict.fromkeys(("node-b", "node-c"), NOT_FORCED)
    assert refused(spec(force_nodes=("node-a",))) == dict.fromkeys(NODES, NOT_FORCED)
    assert skips(spec(force_nodes=("Node-A",)))


def test_force_lists_are_anded() -> None:
    """A host must be in both lists where both are given."""
    asked = spec(force_hosts=("NODE-A", "node-b"), force_nodes=("node-b", "node-c"))
    assert refused(asked) == {"Node-A": NOT_FORCED, "node-c": NOT_FORCED}
    apart = spec(force_hosts=("node-a",), force_nodes=("node-b",))
    assert refused(apart) == dict.fromkeys(NODES, NOT_FORCED)
    assert skips(apart)


def test_forced_host_that_is_not_there() -> None:
    """Forcing an unknown host leaves nothing, and still skips the filters."""
    assert refused(spec(force_hosts=("node-z",))) == dict.fromkeys(NODES, NOT_FORCED)
    assert skips(spec(force_hosts=("node-z",)))


def test_ignore_beats_force() -> None:
    """A host both ignored and forced is ignored."""
    asked = spec(ignore_hosts=("NODE-B",), force_hosts=("node-b", "node-c"))
    assert refused(asked) == {"Node-A": NOT_FORCED, "node-b": IGNORED}
    assert skips(asked)


@pytest.mark.parametrize("check", [("rebuild",), ("anything",), ("rebuild", "twice"), ("",)])
@pytest.mark.parametrize("forced", [{"force_hosts": ("node-b",)}, {"force_nodes": ("node-b",)}])
def test_check_type_brings_the_filters_back(check: tuple[str, ...], forced: dict[str, Any]) -> None:
    """Any ``_nova_check_type`` lets the filters judge forced hosts: a list of one "" is one."""
    asked = spec(**forced, **hinted(check))
    assert not skips(asked)
    assert refused(asked) == {"Node-A": NOT_FORCED, "node-c": NOT_FORCED}


def test_empty_check_type() -> None:
    """An empty ``_nova_check_type`` is as good as none."""
    assert skips(spec(force_hosts=("node-b",), **hinted(())))


def test_check_type_alone() -> None:
    """Without forced hosts the hint changes nothing here."""
    assert not skips(spec(**hinted(("rebuild",))))
    assert refused(spec(**hinted(("rebuild",)))) == {}


def test_refused_pod() -> None:
    """A pod that cannot be judged is refused everywhere, with its own reason before any other."""
    reason = Reason("bad_pod", "pod is bad", Category.DATA)
    asked = spec(
        refusal=Refusal(reason, "because"), ignore_hosts=("node-b",), force_hosts=("node-c",)
    )
    assert refused(asked) == dict.fromkeys(NODES, "bad_pod")
    before = pre_stage.run(cluster(), asked)
    assert [found.id for found, _ in before.tests] == ["bad_pod", IGNORED, NOT_FORCED]


def test_first_failed_test_counts() -> None:
    """Destination before ignored before forced; every test is kept for explanations."""
    asked = spec(
        requested_destination=Destination(host="node-c"),
        ignore_hosts=("node-a", "node-c"),
        force_hosts=("node-b",),
    )
    assert refused(asked) == {"Node-A": DESTINATION, "node-b": DESTINATION, "node-c": IGNORED}
    found = {reason.id: mask.tolist() for reason, mask in pre_stage.run(cluster(), asked).tests}
    assert found == {
        DESTINATION: [True, True, False],
        IGNORED: [True, False, True],
        NOT_FORCED: [True, False, True],
    }


def test_no_hosts() -> None:
    """An empty table has no verdicts, whatever is asked."""
    asked = spec(
        requested_destination=Destination(host="x", cell="y", aggregates=("z",)),
        ignore_hosts=("x",),
        force_hosts=("x",),
        force_nodes=("x",),
    )
    assert pre_stage.run(table(), asked).codes(0).tolist() == []


def test_texts_are_constant() -> None:
    """No reason's text holds a number or a name, and each id stands once."""
    assert len({reason.id for reason in pre_stage.REASONS}) == len(pre_stage.REASONS)
    for reason in pre_stage.REASONS:
        assert not any(character.isdigit() for character in reason.text)
