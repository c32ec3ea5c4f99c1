"""How far a node is trusted."""

from __future__ import annotations

import json

import pytest

from extender.translate.readers import AnnotationError
from extender.translate.trust import Trust, read_trust

KEY = "nova-extender.io/attestation"
LABEL = "nova-extender.io/trust_lvl"
SECOND = 946684801.0
"""One second into the year 2000."""


def read(value: object, labels: dict[str, str] | None = None) -> Trust:
    """What a node says with this annotation, given as JSON or as text."""
    text = value if isinstance(value, str) else json.dumps(value)
    return read_trust({KEY: text}, labels or {}, LABEL)


def test_nothing_said() -> None:
    """The level that the attestation service gave to whom it did not know."""
    assert read_trust({}, {}, LABEL) == Trust("unknown", None)


@pytest.mark.parametrize(
    ("labels", "level"),
    [({LABEL: "trusted"}, "trusted"), ({LABEL: ""}, "unknown"), ({"trust_lvl": "x"}, "unknown")],
)
def test_label(labels: dict[str, str], level: str) -> None:
    """The label that the option names, and no other."""
    assert read_trust({}, labels, LABEL) == Trust(level)


def test_label_of_another_name() -> None:
    """One that a kubelet may not change, for instance."""
    name = "trust.node-restriction.kubernetes.io/level"
    assert read_trust({}, {name: "high", LABEL: "low"}, name) == Trust("high")


@pytest.mark.parametrize(
    ("value", "trust"),
    [
        ({"trust_lvl": "trusted"}, Trust("trusted")),
        ({"trust_lvl": " trusted\n"}, Trust("trusted")),
        ({"trust_lvl": "trusted", "vtime": None}, Trust("trusted")),
        ({"trust_lvl": "trusted", "vtime": "2000-01-01T00:00:01Z"}, Trust("trusted", SECOND)),
        ({"trust_lvl": "t", "vtime": "2000-01-01T02:00:01+02:00"}, Trust("t", SECOND)),
        ({"trust_lvl": "t", "vtime": "2000-01-01T00:00:01.5Z"}, Trust("t", SECOND + 0.5)),
        ({"trust_lvl": "t", "nonce": [1, 2], "quote": {}}, Trust("t")),
    ],
)
def test_annotation_wins(value: object, trust: Trust) -> None:
    """It counts before the label, and what it has beside level and time is skipped."""
    assert read(value) == read(value, {LABEL: "untrusted"}) == trust


@pytest.mark.parametrize("value", ["", "  ", "{}", " {} "])
def test_an_empty_annotation_says_nothing(value: str) -> None:
    """The label counts then."""
    assert read(value, {LABEL: "trusted"}) == Trust("trusted")


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("trusted", "'trusted' is not valid JSON"),
        ('["trusted"]', "is not an object"),
        ('{"trust_lvl": "a", "trust_lvl": "b"}', "'trust_lvl' stands twice"),
        ("[" * 1000, "nested deeper than 20"),
        ({"vtime": "2000-01-01T00:00:01Z"}, "trust_lvl is missing"),
        ({"trust_lvl": None}, "trust_lvl is missing"),
        ({"trust_lvl": ""}, 'trust_lvl is ""'),
        ({"trust_lvl": " "}, 'trust_lvl is " "'),
        ({"trust_lvl": True}, "trust_lvl is true"),
        ({"trust_lvl": ["trusted"]}, 'trust_lvl is ["trusted"]'),
        ({"trust_lvl": "t", "vtime": "yesterday"}, 'vtime is "yesterday"'),
        ({"trust_lvl": "t", "vtime": ""}, 'vtime is ""'),
        ({"trust_lvl": "t", "vtime": 946684801}, "vtime is 946684801"),
        ({"trust_lvl": "t", "vtime": "2000-02-30T00:00:01Z"}, 'vtime is "2000-02-30T00:00:01Z"'),
        ({"trust_lvl": "t", "vtime": "2000-01-01 00:00:01"}, 'vtime is "2000-01-01 00:00:01"'),
        ({"trust_lvl": "t", "vtime": "0001-01-01T00:00:00Z"}, 'vtime is "0001-01-01T00:00:00Z"'),
        ({"trust_lvl": "t" * 70_000}, "the value has"),
    ],
)
def test_bad_annotation(value: object, wrong: str) -> None:
    """It is named with what is wrong, and the label does not step in."""
    with pytest.raises(AnnotationError) as caught:
        read(value, {LABEL: "trusted"})
    assert caught.value.key == KEY
    assert wrong in caught.value.wrong
    assert len(str(caught.value)) < 400
