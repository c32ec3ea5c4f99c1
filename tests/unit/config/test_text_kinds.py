"""Kinds of value that are text."""

from __future__ import annotations

import pytest

from extender.config.kinds import Kind
from extender.config.text_kinds import Choice, Name, Names, PluginTree, Text
from extender.config.values import FloatText, UnacceptableError

FILTERS = Names(one="the name of a filter", many="names of filters", pattern=Names.CLASS)
PATHS = Names(one="a path", many="paths", pattern=Names.DOTTED)
NAMESPACES = Names(one="a namespace", many="namespaces", pattern=Names.NAMESPACE)
LEASE = Name(one="the name of a Lease", pattern=Name.OBJECT)
PLACE = Name(one="the name of a namespace", pattern=Names.NAMESPACE, empty="our own")
SWITCH = Choice(words=("auto", "on", "off"), switch=True)
LEVELS = Choice(words=("info", "debug"), aliases=(("i", "info"),))
OPTIONAL = Choice(words=("a", "b", "c", "d", "e", "f"), may_be_unset=True)
LABEL = Name(one="the key of a label", pattern=Name.LABEL)


def refusal(kind: Kind, value: object) -> str:
    """The message with which the value is refused."""
    with pytest.raises(UnacceptableError) as caught:
        kind.read(value)
    return str(caught.value)


def test_text_loses_its_surrounding_blanks() -> None:
    """As annotations do."""
    assert Text().read(" zone a ") == "zone a"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "null is not a text"),
        (3, "3 is not a text"),
        (FloatText("1.5"), "1.5 is not a text"),
        (True, "true is not a text"),
        (["a"], '["a"] is not a text'),
        ("", '"" is empty'),
        ("  ", '"  " is empty'),
        ("a\nb", "has characters that do not print"),
        ("\ud800", "has characters that do not print"),
        ("x" * 256, "is longer than 255 characters"),
    ],
)
def test_what_is_no_text_is_refused(value: object, why: str) -> None:
    """A number must be put in quotes, for nobody knows which text of it is meant."""
    assert refusal(Text(), value).endswith(why)


@pytest.mark.parametrize("value", [None, "", "  "])
def test_text_that_may_be_unset(value: object) -> None:
    """Null and empty mean not set."""
    assert Text(may_be_unset=True).read(value) is None


@pytest.mark.parametrize(
    "value",
    [["B", "A"], ("B", "A"), "B,A", " B , A ", [" B", "A "]],
)
def test_names_as_list_and_as_comma_text(value: object) -> None:
    """Both forms give the same names in the same order."""
    assert FILTERS.read(value) == ("B", "A")


@pytest.mark.parametrize("value", [[], "", "  "])
def test_no_names(value: object) -> None:
    """An empty list is a list."""
    assert FILTERS.read(value) == ()


@pytest.mark.parametrize("value", [None, 3, FloatText("1.5"), True, {"A": 1}])
def test_what_is_no_list_is_refused(value: object) -> None:
    """Neither a number nor a mapping."""
    assert refusal(FILTERS, value).endswith("is not a list")


@pytest.mark.parametrize(
    "value", ["A,,B", "A,", ["A", None], ["A", 3], [["A"]], ["A B"], ["A\x00"]]
)
def test_every_item_must_be_a_name(value: object) -> None:
    """An empty, a numeric, a nested or a broken name is shown."""
    assert "in the list is not the name of a filter" in refusal(FILTERS, value)


@pytest.mark.parametrize("path", ["a..b", "a.", ".a", "1a", "a-b", "a:b", "os;rm"])
def test_a_dotted_path_is_a_path_of_python_names(path: str) -> None:
    """It is going to be imported."""
    assert PATHS.read(["a_1.B"]) == ("a_1.B",)
    refusal(PATHS, [path])


@pytest.mark.parametrize("name", ["Kube", "a_b", "-a", "a-", "a.b", "x" * 64])
def test_a_namespace_is_named_as_kubernetes_has_it(name: str) -> None:
    """What can be no namespace is a mistake."""
    assert NAMESPACES.read(["kube-system", "x" * 63, "0"]) == ("kube-system", "x" * 63, "0")
    refusal(NAMESPACES, [name])


def test_names_are_written_as_a_list() -> None:
    """YAML has no tuples."""
    assert FILTERS.write(("A", "B")) == ["A", "B"]


@pytest.mark.parametrize("value", ["info", "Info", "INFO", "i"])
def test_a_choice_is_read_in_any_case(value: str) -> None:
    """Also under its other spellings."""
    assert LEVELS.read(value) == "info"


@pytest.mark.parametrize("value", ["verbose", "", " info", "iNFO"])
def test_what_is_no_choice_is_refused(value: str) -> None:
    """With the choices there are."""
    assert refusal(LEVELS, value).endswith("is none of the choices")
    assert LEVELS.accepted == "info or debug"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_choice_that_may_be_unset(value: object) -> None:
    """Null and empty mean not set; many words are listed with commas."""
    assert OPTIONAL.read(value) is None
    assert OPTIONAL.read("F") == "f"
    assert OPTIONAL.accepted == "one of a, b, c, d, e, f; null for not set"
    assert refusal(OPTIONAL, "g") == '"g" is none of the choices'
    assert refusal(OPTIONAL, 0) == "0 is not a text"


@pytest.mark.parametrize("value", [None, 3, True, ["info"], FloatText("1.0")])
def test_a_choice_is_a_text(value: object) -> None:
    """Nothing else."""
    assert refusal(LEVELS, value).endswith("is not a text")


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("auto", "auto"),
        ("AUTO", "auto"),
        ("on", "on"),
        (True, "on"),
        ("true", "on"),
        ("Yes", "on"),
        ("OFF", "off"),
        (False, "off"),
        ("no", "off"),
    ],
)
def test_a_switch_is_read_as_any_boolean(value: object, word: str) -> None:
    """YAML 1.1 makes a boolean of ``on``, and some program may have written it out as such."""
    assert SWITCH.read(value) == word


@pytest.mark.parametrize("value", [0, 1, None, "maybe", "", ["on"], FloatText("1.0")])
def test_what_is_no_switch_is_refused(value: object) -> None:
    """A number is no truth value."""
    assert refusal(SWITCH, value).endswith(("is not a text", "is none of the choices"))
    assert SWITCH.accepted == "auto or on or off"


@pytest.mark.parametrize("name", ["a", "0", "nova-extender", "a.b-c.d", "x" * 253, " a "])
def test_an_object_is_named_as_kubernetes_has_it(name: str) -> None:
    """A DNS subdomain, up to 253 characters."""
    assert LEASE.read(name) == name.strip()


@pytest.mark.parametrize(
    "value",
    [
        *("", None, "A", "a_b", "-a", "a-", "a..b", ".a", "a.", "a/b", "a\nb", "x" * 254),
        *(3, FloatText("1.5"), True, ["a"]),
    ],
)
def test_what_can_be_no_name_is_refused(value: object) -> None:
    """With what it should have named."""
    assert refusal(LEASE, value).endswith("is not the name of a Lease")
    assert LEASE.accepted == "the name of a Lease: small letters, digits, '-' and '.'"


@pytest.mark.parametrize(
    "key", ["a", "A_b.c-D", "example.com/a", "x" * 63, f"{'a.' * 126}a/{'x' * 63}"]
)
def test_a_label_is_named_as_kubernetes_has_it(key: str) -> None:
    """Up to 63 characters, and up to 253 of a domain before them."""
    assert LABEL.read(f" {key} ") == key
    assert LABEL.accepted == "the key of a label, such as example.com/name"


@pytest.mark.parametrize(
    "value",
    [
        *("", "_a", "a.", "a/", "/a", "a/b/c", "A.com/a", "a b", "a\nb", "ä", "x" * 64),
        *(f"{'a' * 254}/a", None, 3, True, ["a"]),
    ],
)
def test_what_can_be_no_label_is_refused(value: object) -> None:
    """With what it should have been."""
    assert refusal(LABEL, value).endswith("is not the key of a label")


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_name_that_may_be_empty(value: object) -> None:
    """What that means is told; dots are for other names."""
    assert PLACE.read(value) == ""
    expected = "the name of a namespace: small letters, digits and '-'; empty for our own"
    assert PLACE.accepted == expected
    assert refusal(PLACE, "a.b") == '"a.b" is not the name of a namespace'
    assert refusal(PLACE, 0) == "0 is not the name of a namespace"


def test_plugins_read_what_was_written() -> None:
    """Numbers become numbers again, text in quotes stays text, lists stay lists."""
    written = {"a": FloatText("0.5"), "b": "0.5", "c": [1, None, True, {"d": FloatText("1e3")}]}
    read = PluginTree().read(written)
    assert read == {"a": 0.5, "b": "0.5", "c": [1, None, True, {"d": 1000.0}]}
    assert type(read["a"]) is float
    assert PluginTree().read(None) == {}


def test_plugins_cannot_change_their_options() -> None:
    """What is handed out is a view, and a copy of what was handed in."""
    written = {"a": [1]}
    read = PluginTree().read(written)
    written["a"].append(2)
    assert read == {"a": [1]}
    with pytest.raises(TypeError):
        read["b"] = 1  # type: ignore[index]  # that is the point


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ([1], "[1] is not a mapping"),
        ("a", '"a" is not a mapping'),
        ({"a": [FloatText(".nan")]}, '"a[0]": .nan is not a finite number'),
        ({"a": {"b": FloatText("1e999")}}, '"a.b": 1e999 is not a finite number'),
        ({"a": {1, 2}}, "is not a plain value"),
    ],
)
def test_what_no_plugin_should_be_given_is_refused(value: object, why: str) -> None:
    """Not finite, or not plain."""
    assert refusal(PluginTree(), value).endswith(why)


def test_plugin_options_are_bounded_in_depth() -> None:
    """Ten thousand levels are refused, not followed."""
    value: object = 1
    for _ in range(10_000):
        value = [value]
    assert "nested deeper than 64 levels" in refusal(PluginTree(), {"a": value})
