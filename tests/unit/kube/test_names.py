"""Names and annotations against the rules of the API server.

The verdicts on keys are those of a kube-apiserver 1.37.1 that was asked.
"""

from __future__ import annotations

import pytest

from extender.kube.names import (
    MAX_ANNOTATIONS,
    is_subdomain,
    wrong_with_annotations,
    wrong_with_key,
)


@pytest.mark.parametrize(
    "key",
    [
        "a",
        "A",
        "0",
        "a/b",
        "A/b",
        "EX.com/b",
        "x" * 63,
        "a" * 253 + "/n",
        "a/" + "0" * 63,
        "a.b.c/D_e.f-g",
        "nova-extender.io/retry",
    ],
)
def test_keys(key: str) -> None:
    """Qualified names: 63 characters, a prefix of 253 that may have capitals."""
    assert wrong_with_key(key) is None


@pytest.mark.parametrize(
    "key",
    ["", "a/", "-a", "a-", "a.", "_a", "x" * 64, "ä", "a b", "a:b", "a\n", "a/" + "0" * 64],
)
def test_bad_names(key: str) -> None:
    """The part behind the slash is to blame, and it is said what it may be."""
    wrong = wrong_with_key(key)
    assert wrong is not None
    assert wrong.startswith("its name must have 1 to 63 letters")


@pytest.mark.parametrize(
    "key",
    ["/a", "a/b/c", "a" * 254 + "/n", "a..b/c", "a.-b/c", "a_b/c", "-a/b", "a\n/b", "\u212a/x"],
)
def test_bad_prefixes(key: str) -> None:
    """The part before the slash is to blame.

    The last one, a Kelvin sign, the API server takes for a k; it is refused all the same.
    """
    wrong = wrong_with_key(key)
    assert wrong == "its prefix must be a DNS subdomain of at most 253 characters"


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("a", True),
        ("node-1.example.com", True),
        ("1", True),
        ("a" * 253, True),
        ("a" * 254, False),
        ("", False),
        ("A", False),
        (".", False),
        ("a.", False),
        ("a..b", False),
        ("-a", False),
        ("a-", False),
        ("a_b", False),
        ("a\n", False),
        ("ä", False),
    ],
)
def test_subdomains(name: str, right: bool) -> None:
    """Lower case, digits, dashes and dots, begun and ended by neither of the last two."""
    assert is_subdomain(name) is right


def test_annotations() -> None:
    """What is right passes; nothing to write passes whatever there is already."""
    assert wrong_with_annotations({"a": "", "nova-extender.io/x": "ä\n" * 100}) is None
    assert wrong_with_annotations({}, 10**9) is None


def test_bad_key_is_named() -> None:
    """One wrong key among right ones is named, so that it can be seen and is not endless."""
    wrong = wrong_with_annotations({"good": "1", "bad key\u202e": "2"})
    assert wrong is not None
    assert wrong.startswith("'bad key\\u202e' is no key of an annotation: its name must have")
    endless = wrong_with_annotations({"x" * 100_000: ""})
    assert endless is not None
    assert len(endless) < 400


@pytest.mark.parametrize("over", [0, 1])
def test_total_size(over: int) -> None:
    """Keys and values count in bytes, together with what is there already: 262144 and no more."""
    # 3 + 2 × 1000 bytes (ä has two), 5 + the rest.
    filled = {"key": "ä" * 1000, "large": "x" * (262144 - 100 - 2003 - 5 + over)}
    assert MAX_ANNOTATIONS == 262144
    wrong = wrong_with_annotations(filled, already=100)
    if not over:
        assert wrong is None
        return
    assert wrong is not None
    assert "262145 bytes" in wrong
    assert wrong.endswith("the largest of them is large with 260042")


def test_value_that_is_no_text() -> None:
    """Half of a surrogate pair cannot be sent; the key is named."""
    wrong = wrong_with_annotations({"a": "\ud800"})
    assert wrong is not None
    assert wrong.startswith("annotation a: ")
