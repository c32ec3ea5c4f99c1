"""Conditions on the version of a host's hypervisor."""

from __future__ import annotations

import pytest

from extender.model.version_predicate import LONGEST, VersionPredicate, version_text

V2_1_4 = 2_001_004


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (">=1.7,<3", True),
        (">=1.7,<2", False),
        ("==2.1.4", True),
        ("==2.1.4.0", True),
        ("==2.1", False),
        ("!=2.1.4", False),
        ("!=2.1.5", True),
        (">2.1.4", False),
        (">2.1", True),
        ("<2.1.4", False),
        ("<2.10", True),
        ("<=2.1.4", True),
        (">=2.1.4", True),
        (">=10", False),
        (">=02.01", True),
        (" >= 1.7 , < 3 ", True),
        (">=v2", True),
        (">=1,>=2,>=3", False),
    ],
)
def test_conditions(text: str, holds: bool) -> None:
    """All must hold; parts are numbers, and missing ones are 0."""
    assert VersionPredicate.parse(text).holds(V2_1_4) is holds


# As Python's packages are ordered, which Nova goes by.
@pytest.mark.parametrize(
    ("text", "holds"),
    [
        (">=2.1.4rc1", True),
        ("==2.1.4rc1", False),
        (">2.1.4-rc.1", True),
        ("<2.1.4rc1", False),
        (">=2.1.4a", True),
        (">=2.1.4.dev1", True),
        (">=2.1.4rc1.post1", True),
        (">=2.1.4.post1", False),
        (">=2.1.4-1", False),
        (">=2.1.4.post1.dev2", False),
        ("<2.1.4+local.1", True),
        (">=2.1.5rc1", False),
        (">=1!0", False),
        (">=0!2.1.4", True),
        (">=2.1.4RC1", True),
    ],
)
def test_releases_and_what_comes_before_and_after_them(text: str, holds: bool) -> None:
    """A pre-release comes before its release, a post-release and a local version after it."""
    assert VersionPredicate.parse(text).holds(V2_1_4) is holds


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ",",
        "2.0",
        "=2.0",
        "~=2.0",
        "===2.0",
        "<>2.0",
        "!!2",
        ">=",
        ">=x",
        ">=1.7,",
        ",>=1.7",
        ">=1.*",
        ">=1 2",
        ">=1>2",
        ">=1_0",
        ">=-1",
        ">=1.",
        ">=.1",
        ">=1..2",
        ">=٢",
        ">=1.0po\u017ft1",
        ">=1\0",
        ">=" + "1" * LONGEST,
        ">=1," * 10_000,
    ],
)
def test_what_is_no_condition(text: str) -> None:
    """No operator, an unknown one, or no version behind it."""
    with pytest.raises(ValueError, match=r"no condition on a version|characters"):
        VersionPredicate.parse(text)


@pytest.mark.parametrize(
    ("version", "text"),
    [
        (2_001_004, "2.1.4"),
        (6_000_000, "6.0.0"),
        (5_000, "5.0"),
        (7, "7"),
        (0, ""),
        (1_002_003_004, "1.2.3.4"),
    ],
)
def test_packed_versions(version: int, text: str) -> None:
    """Three digits a part, as Nova unpacks them: 0.5.0 cannot be told from 5.0."""
    assert version_text(version) == text


def test_zeros_in_front_are_lost() -> None:
    """A host of version 0.5.0 meets what asks for 5.0, as in Nova."""
    assert VersionPredicate.parse("==5.0").holds(5_000)
    assert not VersionPredicate.parse("<1").holds(5_000)
