"""extender.protocol.node_names."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extender.protocol.node_names import NodeNames

ODD = ['a","Score":9},{"Host":"b', "back\\slash", "new\nline", "é\x00", "</script>"]
NAMES = st.lists(st.text("abz-.019", max_size=9) | st.sampled_from(ODD), max_size=12)


def mask(*places: bool) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """A mask."""
    return np.array(places, dtype=np.bool_)


@pytest.mark.parametrize(
    "json_text",
    [
        b'["a" ,"b"]',
        b'[ "a"]',
        b'["a",1,"b"]',
        b'["a",null]',
        b'["a","b",]',
        b'["a""b"]',
        b'["a";"b"]',
        b'["\\u0061"]',
        b'["a\\",","b"]',
        '["é"]'.encode(),
        b'["a\x00"]',
        b'["a\n"]',
        b"null",
        b'{"a":"b"}',
        b'"a"',
        b'["a"',
        b'["a]',
    ],
)
def test_what_is_no_list_of_plain_names(json_text: bytes) -> None:
    """Blanks, escapes, other types and broken texts are left to a real decoder."""
    assert NodeNames.plain(json_text) is None


def test_plain_names() -> None:
    """Where each name stands, by hand."""
    names = NodeNames.plain(b'["n1","node-22","x"]')
    assert names is not None
    assert names.texts == ["n1", "node-22", "x"]
    assert names.spans is not None
    starts, lengths = names.spans
    assert (starts.tolist(), lengths.tolist()) == ([2, 7, 17], [2, 7, 1])


def test_scored_bytes() -> None:
    """An array at the top, whole numbers, the order kept, blanks before shorter numbers."""
    names = NodeNames.of(["n2", "node-1", "n3"])
    assert names.scored(np.array([100, 0, 57])) == (
        b'[{"Host":"n2","Score":100},{"Host":"node-1","Score":  0},{"Host":"n3","Score": 57}]'
    )
    assert NodeNames.of([]).scored(np.zeros(0, dtype=np.int64)) == b"[]"


def test_scored_wants_a_score_each() -> None:
    """Names and scores belong together."""
    with pytest.raises(ValueError, match="2 hosts but 1 scores"):
        NodeNames.of(["n1", "n2"]).scored(np.ones(1, dtype=np.int64))


def test_each_with_a_text() -> None:
    """Every name has the text, which may hold anything; no names are no members."""
    names = NodeNames.of(["n1", "n2"])
    text = 'a "b", c'
    assert names.each_with(mask(True, True), text) == b'"n1":"a \\"b\\", c","n2":"a \\"b\\", c"'
    assert names.each_with(mask(False, True), "a") == b'"n2":"a"'
    assert names.each_with(mask(False, False), "a") == b""
    assert NodeNames.of([]).each_with(mask(), "a") == b""


@given(NAMES, st.data())
def test_parts_are_what_plain_json_says(texts: list[str], data: st.DataObject) -> None:
    """Cut out of bytes or encoded anew, plain names or odd ones: a JSON reader sees the same."""
    names = NodeNames.of(texts)
    wanted = data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts)))
    kept = [text for text, keep in zip(texts, wanted, strict=True) if keep]
    among = names.among(mask(*wanted))
    assert json.loads(among.json) == among.texts == kept
    assert len(among) == len(kept)
    again = NodeNames.plain(among.json)
    if again is not None and among.spans is not None and again.spans is not None:
        for one, other in zip(among.spans, again.spans, strict=True):
            assert one.tolist() == other.tolist()
    members = names.each_with(mask(*wanted), "why")
    assert json.loads(b"{" + members + b"}") == dict.fromkeys(kept, "why")
    scores = data.draw(st.lists(st.integers(0, 10**9), min_size=len(texts), max_size=len(texts)))
    assert json.loads(names.scored(np.array(scores, dtype=np.int64))) == [
        {"Host": text, "Score": score} for text, score in zip(texts, scores, strict=True)
    ]
