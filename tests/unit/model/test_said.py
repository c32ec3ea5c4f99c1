"""Objects that nodes say of themselves."""

from __future__ import annotations

from extender.model.host_state import NOTHING_SAID, HostState
from extender.model.host_table import HostTable
from extender.model.said import Said


def test_a_mapping() -> None:
    """It reads like the object it was made of, and is none the worse if that changes."""
    given: dict[str, object] = {"vendor": "Intel", "maxphysaddr": {"bits": 46}}
    said = Said(given)
    given["vendor"] = "AMD"
    assert dict(said) == {"vendor": "Intel", "maxphysaddr": {"bits": 46}}
    assert (said["vendor"], said.get("model"), len(said)) == ("Intel", None, 2)
    assert said == {"vendor": "Intel", "maxphysaddr": {"bits": 46}}
    assert said != {"vendor": "AMD"}


def test_its_text_is_an_objects() -> None:
    """Capabilities are compared as Python's text."""
    assert str(Said({"features": ["aes", "avx512f"]})) == "{'features': ['aes', 'avx512f']}"


def test_equal_objects_are_one_value() -> None:
    """Two that say the same are equal and have one hash."""
    one, other = Said({"a": [1, {"b": None}]}), Said({"a": [1, {"b": None}]})
    assert one is not other
    assert one == other
    assert len({one, other}) == 1


def test_what_can_be_told_apart_is_not_equal() -> None:
    """Python holds 1 for true, whose texts differ."""
    assert len({Said({"a": 1}), Said({"a": True}), Said({"a": 1.0}), Said({"a": "1"})}) == 4
    assert Said({"a": 1}) != Said({"b": 1})
    assert Said() != "{}"


def test_nothing_said() -> None:
    """A host of which nothing is said has an empty object that can be grouped by."""
    assert NOTHING_SAID == {}
    assert hash(NOTHING_SAID) == hash(Said())
    hosts = [
        HostState(host="a"),
        HostState(host="b", cpu_info=Said({"arch": "x86_64"})),
        HostState(host="c", cpu_info=Said({"arch": "x86_64"})),
        HostState(host="d"),
    ]
    assert HostTable(hosts).encoded("cpu_info").codes.tolist() == [0, 1, 1, 0]
