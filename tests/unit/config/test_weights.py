"""The kind of value that gives names their weights."""

from __future__ import annotations

import pytest

from extender.config.values import FloatText, UnacceptableError
from extender.config.weights import Weights

METRICS = Weights(many="metrics", example="cpu.percent=-1.0")


def refusal(value: object) -> str:
    """The message with which the value is refused."""
    with pytest.raises(UnacceptableError) as caught:
        METRICS.read(value)
    return str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        ["b=2", "a=-1.5", "b=.5"],
        ("b=2", "a=-1.5", "b=.5"),
        "b=2,a=-1.5,b=.5",
        " b = 2 ,a=-1.5 , b=.5",
    ],
)
def test_weights_as_list_and_as_comma_text(value: object) -> None:
    """The same pairs in the same order, each as often as it is given."""
    assert METRICS.read(value) == (("b", 2.0), ("a", -1.5), ("b", 0.5))


@pytest.mark.parametrize("value", [[], "", "  ", ()])
def test_no_weights(value: object) -> None:
    """An empty list is a list."""
    assert METRICS.read(value) == ()


@pytest.mark.parametrize("value", [None, 3, FloatText("1.5"), True, {"a": 1}])
def test_what_is_no_list_of_weights(value: object) -> None:
    """Neither a number nor a mapping."""
    assert refusal(value).endswith("is not a list")


@pytest.mark.parametrize(
    "item",
    ["a", "", "=1", " =1", "a b=1", "a\x00=1", "\ud800=1", "x" * 256 + "=1", None, 3, ["a=1"]],
)
def test_every_entry_has_a_name(item: object) -> None:
    """Nova drops such an entry with a warning; here it is shown."""
    assert refusal([item]).endswith("in the list is not of the form name=number")


@pytest.mark.parametrize(
    "number", ["", "x", "nan", "inf", "-inf", "1e999", "0x1", "1_0", "=1", "1=2"]
)
def test_every_entry_has_a_finite_number(number: str) -> None:
    """What Python's float would take beside it is no weight either."""
    assert refusal([f"a={number}"]).endswith("is not a finite number")


def test_an_entry_too_many_is_a_mistake() -> None:
    """A comma at the end, or two in a row."""
    for text in ("a=1,", ",a=1", "a=1,,b=2"):
        assert refusal(text) == '"" in the list is not of the form name=number'


def test_weights_are_written_as_they_are_read() -> None:
    """Exactly, however small or large."""
    pairs = (("a", 0.1), ("b", -1e300), ("a", 5e-324))
    assert METRICS.write(pairs) == ["a=0.1", "b=-1e+300", "a=5e-324"]
    assert METRICS.read(METRICS.write(pairs)) == pairs


def test_what_is_accepted_is_shown_by_an_example() -> None:
    """Both forms are named."""
    assert METRICS.accepted == (
        "a list of metrics with their weights, such as [cpu.percent=-1.0],"
        " or a text with commas between them"
    )
