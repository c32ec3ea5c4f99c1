"""Laws of the filters that read extra specs and queries, whatever these say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from extender.filters.aggregate_instance_extra_specs_filter import (
    AggregateInstanceExtraSpecsFilter,
)
from extender.filters.base import HostFilter
from extender.filters.compute_capabilities_filter import ComputeCapabilitiesFilter
from extender.filters.extra_specs_ops import Outcome, parse
from extender.filters.json_filter import JsonFilter
from extender.model.attributes import ATTRIBUTES
from extender.model.columns import Vocabulary
from extender.model.flavor import Flavor
from extender.model.host_parts import Inventory, Service, Unreadable
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.metrics import HostMetric
from extender.model.numa import NUMACell, NUMATopology
from extender.model.pci import PciPool
from extender.model.request_spec import RequestSpec
from tests.builders import aggregate, instance

FILTERS: tuple[type[HostFilter], ...] = (
    AggregateInstanceExtraSpecsFilter,
    ComputeCapabilitiesFilter,
    JsonFilter,
)
NAMES = [f"node-{letter}" for letter in "abcdef"]
OPERATORS = ["=", "==", "!=", ">=", "<=", "s==", "s!=", "s<", "s<=", "s>", "s>=", "<in>"]
OPERATORS += ["<all-in>", "<or>", ">", "<", ""]
WORDS = ["5", "5.0", "10", "ssd", "aes", "mmx", "Intel", "True", "nan", "inf", "x", "<or>", ""]
WORDS += ["['aes', 'mmx']", "{}", "node-a", "0", "-1", "1_0", "\ud800", "None"]
TEXTS = st.sampled_from(WORDS) | st.text(max_size=4)

requirements = TEXTS | st.builds(
    lambda operator, words, blank: blank.join([operator, *words]),
    st.sampled_from(OPERATORS),
    st.lists(TEXTS, max_size=4),
    st.sampled_from([" ", "  ", "\t", ""]),
)
values = st.none() | TEXTS | st.sampled_from([1, 2.5, True, ("a",), Outcome.FAILS])
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 12) | st.just(5.0) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)

STAT_NAMES = ["raid", "rack_power", "num_instances", "num_proj_default", "hypervisor_type", "host"]
objects = st.dictionaries(st.sampled_from(["vendor", "features", "a", ""]), json_values, max_size=3)
aggregates = st.lists(
    st.sampled_from(
        [
            aggregate("ssd", ssd="true"),
            aggregate("both", ssd="false, true", n="5,10"),
            aggregate("odd", n="many", a=""),
        ]
    ),
    max_size=2,
    unique_by=id,
).map(tuple)


def hosts_named(names: st.SearchStrategy[str]) -> st.SearchStrategy[HostState]:
    """Hosts that say all sorts of things."""
    amounts = st.integers(0, 12).map(lambda n: n * 2**20)
    inventories = st.builds(Inventory, total=amounts, used=amounts)
    return st.builds(
        HostState,
        host=names,
        cpu=inventories,
        ram=inventories,
        disk=inventories,
        service=st.builds(Service, disabled=st.booleans(), ready=st.booleans()),
        aggregates=aggregates,
        labels=st.dictionaries(st.sampled_from(["disktype", "a"]), TEXTS, max_size=2),
        hypervisor_type=st.none() | TEXTS,
        hypervisor_version=st.none() | st.integers(0, 10),
        cpu_info=objects,
        reported_stats=st.dictionaries(st.sampled_from(STAT_NAMES), json_values, max_size=3),
        reported_metrics=st.just(()) | st.just((HostMetric("cpu.percent", 5.0),)),
        reported_numa=st.none() | st.just(NUMATopology((NUMACell(id=0, memory=5),))),
        pci_pools=st.just(()) | st.just((PciPool("x/gpu", 5),)),
        unreadable=st.just(Unreadable(0)) | st.integers(0, 2 * max(Unreadable) - 1).map(Unreadable),
        num_io_ops=st.integers(0, 3),
        instances=st.sampled_from(
            [{}, {"uid-1": instance("uid-1")}, {"uid-2": instance("uid-2", "shop", "m1")}]
        ).map(dict),
    )


paths = st.lists(
    st.sampled_from([*ATTRIBUTES, *STAT_NAMES, "disktype", "vendor", "features", "uid-1", "up", ""])
    | TEXTS,
    min_size=1,
    max_size=3,
)
keys = st.one_of(
    st.sampled_from([*ATTRIBUTES, *STAT_NAMES, "ssd", "n", "a", "hw:maxphysaddr_bits"]),
    paths.map(lambda path: ":".join(["capabilities", *path])),
    st.sampled_from(["ssd", "n", "a", "x:y"]).map("aggregate_instance_extra_specs:{}".format),
    TEXTS,
)
arguments: st.SearchStrategy[Any] = st.recursive(
    json_values | paths.map(lambda path: "$" + ".".join(path)),
    lambda inner: st.builds(
        lambda operator, inside: [operator, *inside],
        st.sampled_from(["=", "<", ">", "<=", ">=", "in", "and", "or", "not", "and", "no"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)
queries = arguments.map(json.dumps) | TEXTS
clusters = st.lists(hosts_named(st.sampled_from(NAMES)), max_size=5, unique_by=lambda h: h.host)
requests = st.builds(
    lambda extra_specs, query: RequestSpec(
        flavor=Flavor(memory=2**20, extra_specs=extra_specs),
        scheduler_hints={} if query is None else {"query": (query,)},
    ),
    st.dictionaries(keys, requirements, max_size=3),
    st.none() | queries,
)
examples = settings(max_examples=60, deadline=None)


def verdicts(hosts: HostTable, asked: RequestSpec) -> dict[str, list[int]]:
    """Each filter's codes, which are codes of its own; none of them raises."""
    found = {}
    for cls in FILTERS:
        judge = cls()
        codes = judge.filter_all(hosts, asked)
        assert codes is not None
        assert codes.dtype == np.uint8
        assert codes.shape == (len(hosts),)
        assert judge.take_faults() == []
        found[cls.__name__] = codes.tolist()
        assert all(code <= len(cls.all_reasons()) for code in found[cls.__name__])
    return found


def picked(found: dict[str, list[int]], rows: Sequence[int]) -> dict[str, list[int]]:
    """The codes of some rows."""
    return {name: [codes[row] for row in rows] for name, codes in found.items()}


@examples
@given(st.lists(values, max_size=8), st.lists(requirements, min_size=1, max_size=3), st.data())
def test_a_vocabulary_is_judged_as_its_values_are_one_by_one(
    present: list[Any], asked: list[str], data: st.DataObject
) -> None:
    """Also where it grows between one requirement and the next; what is no text fails."""
    vocabulary = Vocabulary()
    for requirement in asked:
        for value in present[: data.draw(st.integers(0, len(present)))]:
            vocabulary.encode(value)
        wanted = parse(requirement)
        one_by_one = [
            wanted.match(value) if isinstance(value, str) else Outcome.FAILS
            for value in vocabulary.values
        ]
        assert wanted.match_all(vocabulary).tolist() == one_by_one
        assert wanted.match(None) is Outcome.FAILS


@examples
@given(clusters, requests)
def test_a_table_of_n_hosts_gives_what_n_tables_of_one_give(
    hosts: Sequence[HostState], asked: RequestSpec
) -> None:
    """No host's verdict depends on its neighbours; asking twice changes nothing."""
    table = HostTable(hosts)
    whole = verdicts(table, asked)
    assert verdicts(table, asked) == whole
    for row, host in enumerate(hosts):
        assert verdicts(HostTable([host]), asked) == picked(whole, [row])


@examples
@given(clusters, requests, st.data())
def test_a_view_is_judged_as_the_whole_is(
    hosts: Sequence[HostState], asked: RequestSpec, data: st.DataObject
) -> None:
    """Judging some rows gives the verdicts of those rows, in any order and repeated."""
    assume(hosts)
    rows = data.draw(st.lists(st.integers(0, len(hosts) - 1), max_size=6))
    whole = HostTable(hosts)
    view = whole.take(np.array(rows, dtype=np.intp))
    assert verdicts(view, asked) == picked(verdicts(whole, asked), rows)


@examples
@given(
    clusters,
    requests,
    st.lists(requests, max_size=2),
    st.lists(hosts_named(st.sampled_from(NAMES)), max_size=4),
)
def test_a_table_with_a_past_judges_like_a_new_one(
    hosts: Sequence[HostState],
    asked: RequestSpec,
    before: Sequence[RequestSpec],
    changes: Sequence[HostState],
) -> None:
    """Hosts come, change, fill up and go: what is said to be fixed really is."""
    lived = HostTable(hosts)
    for number, host in enumerate(changes):
        for earlier in (asked, *before):
            verdicts(lived, earlier)
        lived.put(host)
        verdicts(lived, asked)
        pod = instance(f"new-{number}", "shop")
        host.consume(asked.flavor, pod, [("x/gpu", 1)], NUMATopology((NUMACell(id=0),)))
        host.failed_builds += 1
        lived.usage_changed(host)
        if number % 2:
            lived.remove(changes[number // 2].host)
    present = [lived.host_state(row) for row in range(len(lived))]
    assert verdicts(lived, asked) == verdicts(HostTable(present), asked)


@examples
@given(clusters, requests)
def test_everything_can_be_explained(hosts: Sequence[HostState], asked: RequestSpec) -> None:
    """Facts name something for every refusal, in bounded words, and never raise."""
    found = verdicts(HostTable(hosts), asked)
    for cls in FILTERS:
        for host, code in zip(hosts, found[cls.__name__], strict=True):
            facts = cls().explain(host, asked)
            assert all(source.name and source.where for source in facts.sources)
            assert all(len(source.value) <= 200 for source in facts.sources)
            if code:
                assert facts.sources
