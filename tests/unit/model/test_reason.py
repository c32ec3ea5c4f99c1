"""Reasons: constant texts with stable ids."""

from __future__ import annotations

import pytest

from extender.filters import all_filters
from extender.filters.base import HostFilter
from extender.model.reason import (
    COMMON_REASONS,
    FILTER_ERROR,
    FILTER_STOPPED,
    INVALID_HOST_ANNOTATION,
    Category,
    Reason,
)


def test_categories() -> None:
    """The five kinds of obstacle, as they stand in metrics."""
    assert [str(category) for category in Category] == [
        "capacity",
        "policy",
        "host",
        "retry",
        "data",
    ]


def test_common_reasons() -> None:
    """Every filter may fail, stop, or meet a node it cannot read; none is cured by fewer pods."""
    assert COMMON_REASONS == (FILTER_ERROR, FILTER_STOPPED, INVALID_HOST_ANNOTATION)
    assert [(r.id, r.text, str(r.category), r.cured) for r in COMMON_REASONS] == [
        ("filter_error", "filter error", "data", False),
        ("filter_stopped", "filter says to stop filtering", "policy", False),
        ("invalid_host_annotation", "node annotation is not valid", "data", False),
    ]


def test_cured_must_be_said() -> None:
    """A reason is not cured by fewer pods unless it says so."""
    assert not Reason("some", "some text", Category.POLICY).cured


@pytest.mark.parametrize("cls", all_filters(), ids=lambda cls: cls.__name__)
def test_reasons_of_filters_are_constant_and_bounded(cls: type[HostFilter]) -> None:
    """Ids suit a metric label, texts hold no number, and each stands once in its filter."""
    reasons = cls.all_reasons()
    assert len({r.id for r in reasons}) == len(reasons)
    assert len({r.text for r in reasons}) == len(reasons)
    for reason in reasons:
        assert reason.id.replace("_", "").isalpha()
        assert reason.id == reason.id.lower()
        assert 0 < len(reason.text) <= 60
        assert not any(character.isdigit() for character in reason.text)
        assert "\n" not in reason.text


def test_one_id_has_one_text_in_all_filters() -> None:
    """kube-scheduler counts equal texts, so an id means the same text, kind and cure everywhere."""
    by_id: dict[str, set[Reason]] = {}
    for cls in all_filters():
        for reason in cls.all_reasons():
            by_id.setdefault(reason.id, set()).add(reason)
    assert {id_: len(found) for id_, found in by_id.items() if len(found) > 1} == {}
    texts = [next(iter(found)).text for found in by_id.values()]
    assert len(set(texts)) == len(texts)
