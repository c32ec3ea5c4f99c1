"""The Dockerfile and what it is about say the same."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
LOCKS = ("requirements.lock", "requirements-image.lock", "requirements-dev.lock")
PINNED = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>\S+)( ;[^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+$",
    re.MULTILINE,
)


@pytest.fixture
def project() -> Any:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def label(name: str) -> str:
    """A label of the image, as the Dockerfile has it."""
    found = re.search(rf'org\.opencontainers\.image\.{name}="([^"]*)"', DOCKERFILE)
    assert found is not None, name
    return found[1]


def copied() -> list[str]:
    """What is copied from the checkout."""
    return [
        path
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for path in line.split()[:-1]
    ]


def pins(lock: str) -> dict[str, set[str]]:
    """The versions that a lock allows of each package; one for each marker."""
    found: dict[str, set[str]] = {}
    for pin in PINNED.finditer((ROOT / lock).read_text()):
        found.setdefault(pin["name"], set()).add(pin["version"])
    return found


def test_the_python_is_one_the_project_is_for(project: Any) -> None:
    """The image's Python is among those that the package says it is tested with."""
    found = re.search(r"^ARG PYTHON_IMAGE=.*/python:([0-9.]+)-slim", DOCKERFILE, re.MULTILINE)
    assert found is not None
    assert f"Programming Language :: Python :: {found[1]}" in project["project"]["classifiers"]


def test_labels(project: Any) -> None:
    """Name, description and licence are the package's; version and the like are handed in."""
    about = project["project"]
    assert label("title") == about["name"]
    assert label("description") == about["description"]
    assert label("licenses") == about["license"]
    for name in ("version", "revision", "created"):
        assert label(name) == f"${{{name.upper()}}}"
        assert re.search(rf"^ARG {name.upper()}$", DOCKERFILE, re.MULTILINE)


def test_what_is_copied_is_there() -> None:
    """Each file that is copied exists, and .dockerignore lets it and nothing else through."""
    assert [path for path in copied() if not (ROOT / path).exists()] == []
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in rules
    assert sorted(rule[1:] for rule in rules if rule.startswith("!")) == sorted(copied())
    assert not [path for path in copied() for rule in rules[2:] if fnmatch.fnmatch(path, rule)]


def test_what_the_build_needs_is_copied(project: Any) -> None:
    """Whatever pyproject.toml refers to is in the build: packages, readme and licence."""
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    about = project["project"]
    assert {*wheel["packages"], *about["license-files"], about["readme"]} <= {*copied()}


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_pin_everything_and_name_no_index(lock: str) -> None:
    """A lock is versions with hashes and nothing else: where packages come from is not its say."""
    text = (ROOT / lock).read_text()
    assert len(PINNED.findall(text)) > 10
    assert PINNED.sub("", text).strip() == ""


def test_the_locks_agree(project: Any) -> None:
    """The tools that build the image are pinned, as in the other locks where they share one."""
    image, develop = pins("requirements-image.lock"), pins("requirements-dev.lock")
    wanted = {re.split(r"[>=]", name)[0] for name in project["dependency-groups"]["image"]}
    assert {*project["build-system"]["requires"]} <= wanted <= {*image}
    shared = {*image} & {*develop}
    assert "hatchling" in shared
    assert {name: image[name] for name in shared} == {name: develop[name] for name in shared}
