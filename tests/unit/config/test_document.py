"""From YAML text to plain values."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extender.config.document import MAX_DEPTH, MAX_VALUES, read_document
from extender.config.problems import ConfigError, Problem
from extender.config.values import FloatText


def read(text: str) -> dict[str, object]:
    """What the text holds; it must hold it without problems."""
    tree, problems = read_document(text)
    assert problems == []
    return tree


def refused(text: str) -> Problem:
    """The single problem for which the text is refused as a whole."""
    with pytest.raises(ConfigError) as caught:
        read_document(text, "nova.yaml")
    assert caught.value.source == "nova.yaml"
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].path == ""
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-3", -3),
        ("+3", 3),
        ("0", 0),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("abc", "abc"),
        ('"3"', "3"),
        # YAML 1.1 would read these as True, False, 8, 16, 90, 1000 and a date.
        ("on", "on"),
        ("no", "no"),
        ("0x10", "0x10"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2026-01-02", "2026-01-02"),
        ("127.0.0.1:8888", "127.0.0.1:8888"),
        ("[1, a]", [1, "a"]),
        ("{b: 1}", {"b": 1}),
    ],
)
def test_scalars_are_read_by_the_core_schema(text: str, value: object) -> None:
    """Plain values mean what YAML 1.2 says."""
    found = read(f"a: {text}")["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    ["0.1", "16.0", "1e9", "1.", ".5", "-0.0", ".inf", "-.INF", ".nan", "010", "9" * 5000],
    ids=lambda text: text[:10],
)
def test_numbers_that_are_not_plain_integers_keep_their_text(text: str) -> None:
    """An exact ratio needs the digits; an odd number is for the option to refuse."""
    found = read(f"a: {text}")["a"]
    assert isinstance(found, FloatText)
    assert str(found) == text


def test_a_number_in_quotes_is_a_text() -> None:
    """Quotes are not lost on the way."""
    found = read("a: '0.1'")["a"]
    assert found == "0.1"
    assert not isinstance(found, FloatText)


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~", "{}", "\ufeff"])
def test_an_empty_document_is_an_empty_mapping(text: str) -> None:
    """A file of comments is no error."""
    assert read(text) == {}


@pytest.mark.parametrize(("text", "kind"), [("- a", "a list"), ("5", "a single value"), ("a", "a")])
def test_anything_but_a_mapping_is_refused(text: str, kind: str) -> None:
    """The top must be a mapping of groups."""
    problem = refused(text)
    assert kind in problem.message
    assert "mapping" in problem.accepted


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1, 2\nb: 3", "line 2, column 2"),
        ("a: b: c", "line 1, column 5"),
        ("a:\n\t- b", "line 2, column 1"),
        ("a: 1\nb: \x00", "line 2, column 4"),
        ("a: *nowhere", "line 1, column 4"),
        ("a: 1\n---\nb: 1", "line 2, column 1"),
        ('a: "', "line 1, column 5"),
    ],
)
def test_what_is_not_yaml_is_refused_with_its_place(text: str, place: str) -> None:
    """Line and column count from one."""
    problem = refused(text)
    assert problem.message.startswith(f"not YAML at {place}: ")
    assert "\n" not in problem.message


@pytest.mark.parametrize(
    "text", ['a: "\\UFFFFFFFF"', "%YAML " + "1" * 5000 + ".1\n---\n"], ids=["character", "version"]
)
def test_errors_that_the_parser_lets_through_are_clear_too(text: str) -> None:
    """PyYAML does not wrap every error of Python's."""
    assert refused(text).message.startswith("not YAML: ")


@pytest.mark.parametrize(
    "text",
    ["[" * 10_000, "- " * 10_000, "{a: " * 10_000, "? " * 10_000, "&a [*a]"],
    ids=["flow list", "list", "flow mapping", "key", "alias"],
)
def test_nesting_is_bounded(text: str) -> None:
    """Ten thousand levels, or an alias that holds itself, end in a message, not in a crash."""
    problem = refused(text if text.startswith(("- ", "[", "{", "?")) else f"a: {text}")
    assert problem.message.startswith("too much at line 1, column ")
    assert str(MAX_DEPTH) in problem.accepted


def test_the_deepest_nesting_allowed_is_read() -> None:
    """The bound itself is still inside: the mapping, the lists, and the value in them."""
    lists = MAX_DEPTH - 2
    read("a: " + "[" * lists + "1" + "]" * lists)
    refused("a: " + "[" * (lists + 1) + "1" + "]" * (lists + 1))


def test_values_are_counted_with_aliases_written_out() -> None:
    """Nine short lines can stand for a billion values."""
    names = "abcdefghi"
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in pairwise(names)
    ]
    assert "aliases" in refused("\n".join(lines)).message


def test_an_alias_stands_for_its_value() -> None:
    """A few aliases are nothing bad."""
    assert read("a: &x [1]\nb: *x") == {"a": [1], "b": [1]}


def test_the_number_of_values_is_bounded() -> None:
    """A file of very many tiny values is refused early."""
    assert str(MAX_VALUES) in refused("- a\n" * (MAX_VALUES + 1)).message


def test_the_size_is_bounded() -> None:
    """Two MiB are refused before anything is parsed, in bytes and not in characters."""
    assert "larger than 1048576 bytes" in refused("a: " + "x" * 2**21).message
    assert "larger than 1048576 bytes" in refused("a: " + "ä" * 2**19).message
    assert len(str(read("a: " + "x" * (2**20 - 3))["a"])) == 2**20 - 3


def test_a_key_given_twice_is_a_problem() -> None:
    """At any depth, with both lines; every such key is named."""
    tree, problems = read_document("a:\n  b: 1\n  c: 2\n  b: 3\n  c: 4\na: 5\n")
    assert tree == {"a": {"b": 1, "c": 2}}
    assert [(problem.path, problem.message) for problem in problems] == [
        ("a.b", "given again, first at line 2 (line 4, column 3)"),
        ("a.c", "given again, first at line 3 (line 5, column 3)"),
        ("a", "given again, first at line 1 (line 6, column 1)"),
    ]


def test_a_key_in_quotes_is_the_same_key() -> None:
    """Quotes do not make another name."""
    assert len(read_document("a: 1\n'a': 2")[1]) == 1


@pytest.mark.parametrize("key", ["[a, b]", "{a: b}"])
def test_a_key_that_is_no_name_is_a_problem(key: str) -> None:
    """Lists and mappings are no names."""
    _, problems = read_document(f"g:\n  ? {key}\n  : 1")
    assert [problem.path for problem in problems] == ["g"]


@pytest.mark.parametrize(
    "value",
    ["!!python/object/apply:os.system [ls]", "!mine 3", "!!set {a}", "!!binary aGk=", "!!int abc"],
)
def test_tags_are_refused(value: str) -> None:
    """Nothing is built from a tag, and nothing is read against its tag."""
    _, problems = read_document(f"a:\n  b: {value}")
    assert [problem.path for problem in problems] == ["a.b"]
    assert "tag" in problems[0].message
    assert "(line 2, column 6)" in problems[0].message


def test_a_tag_of_plain_yaml_is_heeded() -> None:
    """``!!str`` makes a text of a number."""
    assert read("a: !!str 3\nb: !!float 3") == {"a": "3", "b": "3"}


@settings(deadline=None)  # a busy machine is no failure
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever stands in a file, there is no other error."""
    with suppress(ConfigError):
        read_document(text)
