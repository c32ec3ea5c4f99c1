"""The generated pages: fresh, complete, and stale when they should be."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from extender.cli.main import cli
from extender.config.describe import options_table
from extender.filters import all_filters
from extender.model.reason import COMMON_REASONS
from extender.observe.metrics import Metrics
from extender.scheduler import pre_stage
from extender.translate import reasons
from extender.weighers import all_weighers

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("annotations", "commands", "filters", "metrics", "options", "weighers")


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program that writes the pages; it finds its own modules beside it."""
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("generate")


@pytest.fixture
def pages(generate: ModuleType, tmp_path: Path) -> dict[str, str]:
    """All pages as they would be written now, by name."""
    assert generate.main([], tmp_path) == 0
    return {path.stem: path.read_text() for path in tmp_path.iterdir()}


def test_every_page_is_fresh(generate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """The pages in the tree are what the code says; otherwise the cure is named."""
    status = generate.main(["--check"])
    assert (status, capsys.readouterr().err) == (0, "")


def test_every_page_is_written(pages: dict[str, str]) -> None:
    """Each has its note, one title and no gap, and the same comes of the same code."""
    assert sorted(pages) == sorted(PAGES)
    for text in pages.values():
        assert text.startswith("<!-- Written by docs/generate")
        outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        assert len(re.findall(r"^# ", outside, flags=re.MULTILINE)) == 1
        assert "\n\n\n" not in text
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


def test_stale_and_missing_pages(
    generate: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every stale page is named with the command to run; writing mends it."""
    generate.main([], tmp_path)
    assert generate.main(["--check"], tmp_path) == 0
    (tmp_path / "filters.md").write_text("something older\n")
    (tmp_path / "options.md").unlink()
    assert generate.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.splitlines() == [
        "docs/reference/filters.md is stale: run make docs",
        "docs/reference/options.md is stale: run make docs",
    ]
    assert not (tmp_path / "options.md").exists(), "checking writes nothing"
    assert generate.main([], tmp_path) == 0
    assert generate.main(["--check"], tmp_path) == 0


@pytest.mark.parametrize("arguments", [["--help"], ["--check", "filters.md"]])
def test_bad_arguments(
    arguments: list[str], generate: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """Anything but --check is told off, and nothing is written."""
    assert generate.main(arguments) == 2
    assert capsys.readouterr().err == "usage: generate.py [--check]\n"


def test_filters_page(pages: dict[str, str]) -> None:
    """Every filter has its section and its reasons, and every other reason stands there too."""
    page = pages["filters"]
    for cls in all_filters():
        section = page.partition(f"\n## {cls.name()}\n")[2].partition("\n## ")[0]
        for reason in cls.reasons:
            cured = "yes" if reason.cured else "no"
            assert f"| `{reason.id}` | {reason.text} | {reason.category} | {cured} |" in section
    for reason in (*COMMON_REASONS, *pre_stage.REASONS, *reasons.REASONS):
        assert f"| `{reason.id}` | {reason.text} |" in page


def test_options_that_filters_and_weighers_read(pages: dict[str, str]) -> None:
    """They are found by watching the classes at work."""
    filters, weighers = pages["filters"], pages["weighers"]
    read = "* Options it reads: [`filter_scheduler.{}`](options.md#filter_scheduler)"
    assert read.format("max_io_ops_per_host") in filters.partition("\n## IoOpsFilter\n")[2]
    assert read.format("ram_weight_multiplier") in weighers.partition("\n## RAMWeigher\n")[2]
    retry = filters.partition("\n## RetryFilter\n")[2]
    assert "* Options it reads: none" in retry


def test_weighers_page(pages: dict[str, str]) -> None:
    """Every weigher has its section."""
    for cls in all_weighers():
        assert f"\n## {cls.name()}\n" in pages["weighers"]


def test_options_page(pages: dict[str, str]) -> None:
    """Every option stands in the section of its group, with its default."""
    for row in options_table():
        section = pages["options"].partition(f"\n## {row.group}\n")[2].partition("\n## ")[0]
        name = "any name" if row.name == "*" else f"`{row.name}`"
        assert f"| {name} | `{row.default}` |" in section


def test_metrics_page(pages: dict[str, str]) -> None:
    """Every metric of the extender's own stands there once, with its type and its help."""
    families = [f for f in Metrics().registry.collect() if f.name.startswith("nova_extender")]
    assert families
    for family in families:
        suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
        row = (
            rf"^\| `{family.name}{suffix}` \| {family.type} \| .*{re.escape(family.documentation)}"
        )
        assert len(re.findall(row, pages["metrics"], flags=re.MULTILINE)) == 1


def commands(group: click.Group, path: str) -> Iterator[str]:
    """The paths of all commands below a group, its own first."""
    yield path
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}"


def test_commands_page(pages: dict[str, str]) -> None:
    """Every command stands there with its usage."""
    for path in commands(cli, "nova-extender"):
        assert f"\n## {path}\n\n```text\nUsage: {path} " in pages["commands"]
