"""Finding the classes of a package."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from extender.model.plugins import find_classes

BASE = """
from abc import ABC

class Base:
    pass

class Helper(Base, ABC):
    pass

class _Hidden(Base):
    pass

class Unrelated:
    pass
"""

FIRST = """
from found_here.base import Helper, _Hidden

class Zebra(Helper):
    pass

class Apple(_Hidden):
    pass
"""

SECOND = """
from found_here.base import Base
from found_here.first import Zebra

class StripedZebra(Zebra):
    pass

class Plain(Base):
    pass
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with a base class only, forgotten afterwards."""
    path = tmp_path / "found_here"
    path.mkdir()
    (path / "__init__.py").touch()
    (path / "base.py").write_text(BASE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield path
    for name in [name for name in sys.modules if name.split(".")[0] == "found_here"]:
        del sys.modules[name]


def found(package: Path) -> list[str]:
    """The names of the classes found in the package."""
    base: type[object] = importlib.import_module("found_here.base").Base
    classes = find_classes("found_here", [str(package)], base)
    return [cls.__name__ for cls in classes]


def test_public_concrete_classes_by_name(package: Path) -> None:
    """Public subclasses are found once each, where they are defined, sorted by name.

    Helpers that name ABC, classes with an underscore and unrelated ones are not. A variant does
    not hide what it varies: Zebra stays though StripedZebra extends it.
    """
    (package / "first.py").write_text(FIRST)
    (package / "second.py").write_text(SECOND)
    assert found(package) == ["Apple", "Plain", "StripedZebra", "Zebra"]


def test_the_base_itself_is_never_found(package: Path) -> None:
    """A package that holds nothing but the base has no classes to offer."""
    assert found(package) == []


def test_a_module_that_cannot_be_imported_is_not_passed_over(package: Path) -> None:
    """A broken module stops the search: a filter must not go missing without a word."""
    (package / "broken.py").write_text("raise RuntimeError('broken on purpose')\n")
    with pytest.raises(RuntimeError, match="broken on purpose"):
        found(package)
