"""extender.protocol.replies."""

from __future__ import annotations

import json

import pytest
from msgspec import Raw

from extender.protocol.replies import (
    Reply,
    error_body,
    filter_error,
    filter_reply,
    host_priority_list,
)


def test_filter_reply_bytes() -> None:
    """All five of Go's keys, in Go's order."""
    assert filter_reply(["n1", "n2"], None, {"n3": "a"}, {"n4": "b"}) == (
        b'{"Nodes":null,"NodeNames":["n1","n2"],"FailedNodes":{"n3":"a"},'
        b'"FailedAndUnresolvableNodes":{"n4":"b"},"Error":""}'
    )


def test_filter_reply_names_never_null() -> None:
    """No names are an empty array: null would mean another thing to kube-scheduler."""
    assert json.loads(filter_reply(None, None, {}, {})) == {
        "Nodes": None,
        "NodeNames": [],
        "FailedNodes": {},
        "FailedAndUnresolvableNodes": {},
        "Error": "",
    }


def test_filter_reply_whole_nodes() -> None:
    """Whole nodes go back as they came, with the names beside them."""
    node = Raw(b'{"metadata": {"name":"n1"}, "x": 1.50}')
    assert filter_reply(("n1",), [node], {}, {}).startswith(
        b'{"Nodes":{"metadata":{},"items":[{"metadata": {"name":"n1"}, "x": 1.50}]},'
        b'"NodeNames":["n1"],'
    )


def test_filter_reply_no_whole_nodes() -> None:
    """The whole-nodes form with none left is an empty list, not null."""
    assert json.loads(filter_reply([], [], {}, {}))["Nodes"] == {"metadata": {}, "items": []}


def test_filter_error() -> None:
    """A failed call has its text and nothing else."""
    assert json.loads(filter_error("no \N{SNOWMAN}")) == {
        "Nodes": None,
        "NodeNames": [],
        "FailedNodes": {},
        "FailedAndUnresolvableNodes": {},
        "Error": "no \N{SNOWMAN}",
    }


def test_errors_survive_any_text() -> None:
    """A text that UTF-8 cannot hold is still reported."""
    assert json.loads(filter_error("a\ud800b"))["Error"] == "a?b"
    assert json.loads(error_body("a\ud800b")) == {"Error": "a?b"}


def test_host_priority_list_bytes() -> None:
    """An array at the top, integer literals, the order kept."""
    assert host_priority_list(["n2", "n1"], [100, -1]) == (
        b'[{"Host":"n2","Score":100},{"Host":"n1","Score":-1}]'
    )
    assert host_priority_list([], []) == b"[]"


def test_host_priority_list_escapes() -> None:
    """Names that are not plain text stay within their strings."""
    hosts = ['a","Score":9},{"Host":"b', "back\\slash", "new\nline", "é\x00", "</script>"]
    decoded = json.loads(host_priority_list(hosts, [0, 1, 2, 3, 4]))
    assert decoded == [{"Host": host, "Score": score} for score, host in enumerate(hosts)]


def test_host_priority_list_wants_a_score_each() -> None:
    """Hosts and scores belong together."""
    with pytest.raises(ValueError, match="2 hosts but 1 scores"):
        host_priority_list(["n1", "n2"], [1])


def test_same_input_same_bytes() -> None:
    """Encoding holds no state."""
    failed = {f"n{i}": "reason" for i in range(50)}
    names = [f"m{i}" for i in range(50)]
    assert filter_reply(names, None, failed, {}) == filter_reply(names, None, failed, {})
    assert host_priority_list(names, range(50)) == host_priority_list(names, range(50))


def test_reply_is_json_by_default() -> None:
    """A reply is JSON unless it says otherwise."""
    assert Reply(200, b"{}").content_type == "application/json"
