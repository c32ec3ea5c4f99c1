"""extender.protocol.replies."""

from __future__ import annotations

import json

import numpy as np
from msgspec import Raw

from extender.protocol.node_names import NodeNames
from extender.protocol.replies import (
    Reply,
    error_body,
    filter_error,
    filter_reply,
)


def test_filter_reply_bytes() -> None:
    """All five of Go's keys, in Go's order."""
    assert filter_reply(NodeNames.of(["n1", "n2"]), None, b'"n3":"a"', b'"n4":"b"') == (
        b'{"Nodes":null,"NodeNames":["n1","n2"],"FailedNodes":{"n3":"a"},'
        b'"FailedAndUnresolvableNodes":{"n4":"b"},"Error":""}'
    )


def test_filter_reply_names_never_null() -> None:
    """No names are an empty array: null would mean another thing to kube-scheduler."""
    assert json.loads(filter_reply(NodeNames.of([]))) == {
        "Nodes": None,
        "NodeNames": [],
        "FailedNodes": {},
        "FailedAndUnresolvableNodes": {},
        "Error": "",
    }


def test_filter_reply_whole_nodes() -> None:
    """Whole nodes go back as they came, with the names beside them."""
    node = Raw(b'{"metadata": {"name":"n1"}, "x": 1.50}')
    assert filter_reply(NodeNames.of(["n1"]), [node]).startswith(
        b'{"Nodes":{"metadata":{},"items":[{"metadata": {"name":"n1"}, "x": 1.50}]},'
        b'"NodeNames":["n1"],'
    )


def test_filter_reply_no_whole_nodes() -> None:
    """The whole-nodes form with none left is an empty list, not null."""
    assert json.loads(filter_reply(NodeNames.of([]), []))["Nodes"] == {"metadata": {}, "items": []}


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


def test_same_input_same_bytes() -> None:
    """Encoding holds no state."""
    failed = NodeNames.of(f"n{i}" for i in range(50)).each_with(
        np.ones(50, dtype=np.bool_), "reason"
    )
    names = NodeNames.of(f"m{i}" for i in range(50))
    assert filter_reply(names, None, failed) == filter_reply(names, None, failed)


def test_reply_is_json_by_default() -> None:
    """A reply is JSON unless it says otherwise."""
    assert Reply(200, b"{}").content_type == "application/json"
