"""The table of annotations and labels, and the page made from it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from extender.translate.annotations import PREFIX, TABLE, Annotation, On, Type
from extender.translate.readers import (
    read_boolean,
    read_integer,
    read_list,
    read_object,
    read_ratio,
    read_text,
)

ROOT = Path(__file__).parents[3]
GENERATOR = ROOT / "docs" / "generate_annotations.py"

READERS: dict[Type, Callable[..., Any]] = {
    Type.TEXT: read_text,
    Type.LIST: read_list,
    Type.OBJECT: read_object,
    Type.BOOLEAN: read_boolean,
    Type.RATIO: read_ratio,
    Type.INTEGER: read_integer,
}


def names(kind: On) -> list[str]:
    """Nova's names of the rows of one kind."""
    return [row.key.removeprefix(PREFIX) for row in TABLE if row.object is kind]


def test_pod_annotations() -> None:
    """Exactly those that this release reads."""
    assert names(On.POD) == [
        "flavor",
        "extra_specs",
        "image_properties",
        "availability_zone",
        "ignore_hosts",
        "force_hosts",
        "force_nodes",
        "requested_destination",
        "scheduler_hints",
        "server_group",
        "retry",
    ]


def test_node_annotations() -> None:
    """Exactly those that this release reads."""
    assert names(On.NODE) == [
        "cpu_allocation_ratio",
        "ram_allocation_ratio",
        "disk_allocation_ratio",
        "raw_allocatable_cpu",
        "raw_allocatable_memory",
        "raw_allocatable_ephemeral_storage",
        "amplified_allocatable_cpu",
        "amplified_allocatable_memory",
        "amplified_allocatable_ephemeral_storage",
        "disabled",
        "disabled_reason",
        "forced_down",
    ]


def test_labels() -> None:
    """Ours, and those of Kubernetes that are read."""
    assert names(On.LABEL) == ["cell", "topology.kubernetes.io/zone", "kubernetes.io/hostname"]


def test_keys_are_unique_and_valid() -> None:
    """No key twice; a name has at most 63 characters."""
    keys = [row.key for row in TABLE]
    assert len(set(keys)) == len(keys)
    assert all(len(key.split("/")[1]) <= 63 for key in keys)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.key)
def test_examples_are_valid(row: Annotation) -> None:
    """Each example can be read, and each row says something in every column."""
    assert READERS[row.type]({row.key: row.example}, row)
    assert row.default
    assert row.meaning.endswith(".")
    assert row.set_by


def generator() -> ModuleType:
    """The program that writes the page, as a module."""
    spec = importlib.util.spec_from_file_location("generate_annotations", GENERATOR)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date() -> None:
    """docs/reference/annotations.md is what the table says."""
    done = subprocess.run(
        [sys.executable, str(GENERATOR), "--check"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_stale_page_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--check ends with 1 and says what to run; writing cures it."""
    module = generator()
    page = tmp_path / "reference" / "annotations.md"
    page.parent.mkdir()
    monkeypatch.setattr(module, "PAGE", page)
    assert module.main(["--check"]) == 1
    assert capsys.readouterr().err == (
        "reference/annotations.md is stale: run python docs/generate_annotations.py\n"
    )
    assert module.main([]) == 0
    assert module.main(["--check"]) == 0
    assert module.main(["--chekc"]) == 2
    assert "usage:" in capsys.readouterr().err
