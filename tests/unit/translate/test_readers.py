"""Reading annotation values, hostile ones included."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.translate import annotations as table
from extender.translate.annotations import Annotation
from extender.translate.readers import (
    DEEPEST,
    LARGEST_VALUE,
    AnnotationError,
    Annotations,
    read_array,
    read_boolean,
    read_integer,
    read_list,
    read_object,
    read_ratio,
    read_text,
)

Reader = Callable[[Annotations, Annotation], Any]

ROW = table.EXTRA_SPECS
READERS: list[Reader] = [
    read_text,
    read_array,
    read_boolean,
    read_integer,
    read_list,
    read_object,
    read_ratio,
]


def read(reader: Reader, value: str) -> Any:
    """The value read as the only annotation of an object."""
    return reader({ROW.key: value}, ROW)


def refusal(reader: Reader, value: str) -> AnnotationError:
    """The error that the value leads to."""
    with pytest.raises(AnnotationError) as caught:
        read(reader, value)
    return caught.value


@pytest.mark.parametrize(
    ("reader", "absent"),
    [
        (read_text, None),
        (read_boolean, False),
        (read_integer, None),
        (read_list, ()),
        (read_object, {}),
        (read_ratio, None),
    ],
)
@pytest.mark.parametrize("annotations", [{}, {ROW.key: ""}, {ROW.key: " \t\n "}, {"other": "x"}])
def test_absent_and_empty(reader: Reader, absent: object, annotations: dict[str, str]) -> None:
    """An empty or blank value is as good as none."""
    assert reader(annotations, ROW) == absent


@pytest.mark.parametrize(
    ("reader", "value", "expected"),
    [
        (read_text, " zone-a \n", "zone-a"),
        (read_text, "[not json", "[not json"),
        (read_boolean, "true", True),
        (read_boolean, " false ", False),
        (read_integer, "0", 0),
        (read_integer, " 007910 ", 7910),
        (read_integer, "9223372036854775807", 2**63 - 1),
        (read_ratio, " 16.0 ", Fraction(16)),
        (read_list, "a,b", ("a", "b")),
        (read_list, " a , b ,", ("a", "b")),
        (read_list, ",", ()),
        (read_list, "a b", ("a b",)),
        (read_list, '["a", " b ", ""]', ("a", "b")),
        (read_list, "[]", ()),
        (read_list, '["a,b"]', ("a,b",)),
        (read_object, "{}", {}),
        (read_object, ' {"a": {"b": [1, 2.5, null, true, "ü"]}} ', None),
        (read_object, '{"a": "\\u00fc\\ud83d\\ude00"}', {"a": "ü😀"}),
    ],
)
def test_good_values(reader: Reader, value: str, expected: object) -> None:
    """Each type as the conventions say, blanks dropped."""
    wanted = json.loads(value) if expected is None else expected
    assert read(reader, value) == wanted


@pytest.mark.parametrize(
    ("reader", "value", "wrong", "accepted"),
    [
        (read_boolean, "True", "'True' is not a boolean", "true or false"),
        (read_boolean, "yes", "'yes' is not a boolean", "true or false"),
        (read_boolean, "1", "'1' is not a boolean", "true or false"),
        (read_integer, "-1", "'-1' is not such a number", "a whole number from 0 to"),
        (read_integer, "+1", "'+1' is not such a number", "a whole number from 0 to"),
        (read_integer, "1.0", "'1.0' is not such a number", "a whole number from 0 to"),
        (read_integer, "1e3", "'1e3' is not such a number", "a whole number from 0 to"),
        (read_integer, "9223372036854775808", "is not such a number", "a whole number from 0 to"),
        (read_integer, "9" * 5000, "is not such a number", "a whole number from 0 to"),
        (read_integer, "\u0663", "is not such a number", "a whole number from 0 to"),
        (read_ratio, "nan", "'nan' is not an allocation ratio", "a decimal above 0"),
        (read_ratio, "0", "'0' is not an allocation ratio", "a decimal above 0"),
        (read_list, '["a", 1]', "'1' is not a text", "a,b or a JSON list of texts"),
        (read_list, '["a", null]', "'null' is not a text", "a,b or a JSON list of texts"),
        (read_list, '["a"', "is not valid JSON", "JSON"),
        (read_list, '[["a"]]', "is not a text", "a,b or a JSON list of texts"),
        (read_object, "[]", "'[]' is not an object", "a JSON object"),
        (read_object, '"a"', "is not an object", "a JSON object"),
        (read_object, "null", "'null' is not an object", "a JSON object"),
        (read_object, "{", "is not valid JSON", "JSON"),
        (read_object, "{'a': 1}", "is not valid JSON", "JSON"),
        (read_object, '{"a": 1} x', "is not valid JSON", "JSON"),
        (read_object, '{"a": NaN}', "NaN is not a number", "JSON"),
        (read_object, '{"a": -Infinity}', "-Infinity is not a number", "JSON"),
        (read_object, '{"a": 1e400}', "'1e400' is out of range", "JSON"),
        (read_object, '{"a": 9223372036854775808}', "is out of range", "JSON"),
        (read_object, '{"a": ' + "9" * 60_000 + "}", "is out of range", "JSON"),
        (read_object, '{"a": 1, "b": 2, "a": 3}', "'a' stands twice", "JSON"),
        (read_object, '{"a": "\\ud800"}', "half of a surrogate pair", "JSON"),
        (read_object, '{"\\udfff": 1}', "half of a surrogate pair", "JSON"),
        (read_object, '{"a": "\n"}', "is not valid JSON", "JSON"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_values(reader: Reader, value: str, wrong: str, accepted: str) -> None:
    """The error names the key, what is wrong and what is accepted."""
    error = refusal(reader, value)
    assert error.key == ROW.key
    assert wrong in error.wrong
    assert error.accepted.startswith(accepted)
    assert str(error) == f"annotation {ROW.key}: {error.wrong}; accepted: {error.accepted}"


@pytest.mark.parametrize("reader", READERS)
def test_messages_cut_the_value(reader: Reader) -> None:
    """A message shows at most 80 characters of a value."""
    if reader in (read_text, read_list):
        assert read(reader, "x" * 1000)
    else:
        assert "x" * 80 not in str(refusal(reader, "x" * 1000))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("value", ["x" * 1_000_000, " " * 1_000_000, "ü" * 40_000])
def test_size_is_bounded(reader: Reader, value: str) -> None:
    """Over 64 KiB nothing is read, not even blanks; bytes count, not characters."""
    assert "bytes" in refusal(reader, value).wrong


def test_the_largest_value() -> None:
    """64 KiB are still read."""
    assert read(read_text, "x" * LARGEST_VALUE) == "x" * LARGEST_VALUE
    assert refusal(read_text, "x" * (LARGEST_VALUE + 1)).wrong == "the value has 65537 bytes"


def nested(depth: int) -> str:
    """A JSON object with so many levels, lists and objects by turns."""
    text = "1"
    for level in range(depth - 1):
        text = f"[{text}]" if level % 2 else f'{{"k": {text}}}'
    return f'{{"k": {text}}}'


def test_depth_is_bounded() -> None:
    """Twenty levels are read, twenty-one are not."""
    assert read(read_object, nested(DEEPEST))
    assert "nested deeper than 20" in refusal(read_object, nested(DEEPEST + 1)).wrong


@pytest.mark.parametrize(
    "value",
    [
        "[" * 10_000,
        "[" * 10_000 + "]" * 10_000,
        '{"a":' * 10_000,
        "[{" * 30_000,
        '["' + '\\"' * 32_000,
        '["' * 16_000,
        "[" * 21 + '"' + "\\" * 60_000,
        "[" + "[]," * 20_000,
        "[" * 15 + '"]' * 20_000,
        "{" + ",".join(f'"{i % 3000}":{i}' for i in range(6000)) + "}",
    ],
    ids=range(10),
)
@pytest.mark.parametrize("reader", [read_object, read_list])
def test_no_value_is_a_bomb(reader: Reader, value: str) -> None:
    """Deep, endless and repetitive values are refused at once."""
    started = time.perf_counter()
    with pytest.raises(AnnotationError):
        read(reader, value if value.startswith("[") or reader is read_object else f"[{value}")
    assert time.perf_counter() - started < 10


def test_brackets_in_texts_are_not_depth() -> None:
    """Only brackets outside of JSON texts count, escaped quotes considered."""
    value = json.dumps({"a": '[{"' * 50, "b": "\\" * 7 + "[" * 50})
    assert read(read_object, value) == json.loads(value)


@given(value=st.text(), reader=st.sampled_from(READERS))
def test_any_text_reads_or_is_an_error(value: str, reader: Reader) -> None:
    """No other exception than AnnotationError, and none with a long text."""
    try:
        read(reader, value)
    except AnnotationError as error:
        message = str(error)
    else:
        message = ""
    assert len(message) < 1000


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.text(),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**63) + 1, 2**63 - 1)
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=10,
        ),
    )
)
def test_objects_read_back(value: dict[str, object]) -> None:
    """A JSON object reads as what it was written from, escaped or not."""
    for ascii_only in (True, False):
        assert read(read_object, json.dumps(value, ensure_ascii=ascii_only)) == value


@given(st.lists(st.text().map(str.strip).filter(bool)))
def test_json_lists_read_back(items: list[str]) -> None:
    """A JSON list of texts reads as what it was written from."""
    assert read(read_list, json.dumps(items, ensure_ascii=False)) == tuple(items)


def test_array() -> None:
    """A JSON list of anything; absent is empty."""
    row = table.SUPPORTED_INSTANCES
    assert read_array({row.key: ' [1, ["a"], {"b": null}] '}, row) == [1, ["a"], {"b": None}]
    assert read_array({}, row) == []


@pytest.mark.parametrize("text", ["a,b", "{}", "1", "[", "[1,]"])
def test_no_array(text: str) -> None:
    """Anything else is refused, and the message says what is right."""
    row = table.SUPPORTED_INSTANCES
    with pytest.raises(AnnotationError, match="JSON"):
        read_array({row.key: text}, row)
