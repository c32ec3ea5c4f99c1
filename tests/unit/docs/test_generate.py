"""The generated pages: fresh, complete, and stale when they should be."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import click
import pytest

from extender.cli.main import cli
from extender.config.describe import options_table
from extender.filters import all_filters
from extender.model.options import SchedulerOptions
from extender.model.reason import COMMON_REASONS, Category, Reason
from extender.observe.metrics import Metrics
from extender.scheduler import pre_stage
from extender.scheduler.chance import FakeFilter, ServiceUpFilter
from extender.translate import reasons
from extender.weighers import all_weighers

DOCS = Path(__file__).parents[3] / "docs"
PAGES = (
    "README",
    "annotations",
    "commands",
    "filters",
    "metrics",
    "options",
    "reasons",
    "weighers",
)
SCHEDULERS_OWN = {
    *("driver", "periodic_task_interval", "placement", "max_score", "max_attempts", "extra"),
    *("limit_tenants_to_placement_aggregate", "placement_aggregate_required_for_tenants"),
    *("query_placement_for_availability_zone", "enable_isolated_aggregate_filtering"),
    *("host_subset_size", "shuffle_best_same_weighed_hosts"),
    # Whether failed builds are counted at all, and a way of Nova's search that changes no verdict.
    *(
        "consecutive_build_service_disable_threshold",
        "packing_host_numa_cells_allocation_strategy",
    ),
}
"""Options that no filter and no weigher reads."""


@pytest.fixture
def generate(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program that writes the pages; it finds its own modules beside it."""
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("generate")


@pytest.fixture
def pages(generate: ModuleType, tmp_path: Path) -> dict[str, str]:
    """All pages as they would be written now, by name."""
    assert generate.main([], tmp_path) == 0
    return {path.stem: path.read_text() for path in tmp_path.rglob("*.md")}


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
    reference = tmp_path / "docs" / "reference"
    (reference / "filters.md").write_text("something older\n")
    (reference / "options.md").unlink()
    assert generate.main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.splitlines() == [
        "docs/reference/filters.md is stale: run make docs",
        "docs/reference/options.md is stale: run make docs",
    ]
    assert not (reference / "options.md").exists(), "checking writes nothing"
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


def section(page: str, name: str) -> str:
    """What stands below a heading, up to the next one."""
    return page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def test_facts_of_a_filter(pages: dict[str, str]) -> None:
    """Its releases, when it runs, and its notes stand in its section; the notes in its row too."""
    text = section(pages["filters"], "TrustedFilter")
    assert "* In Nova: 2012.2 on, removed in 17.0.0\n" in text
    assert "* Runs for the first instance of a request only: yes\n" in text
    assert "* Runs when a rebuild is checked: no\n" in text
    assert "* Note: There is no attestation service" in text
    (row,) = re.findall(r"^\| \[AggregateTypeAffinityFilter\].*$", pages["filters"], re.MULTILINE)
    assert "`TypeFilter`" in row
    assert "must already run instances of the same flavor: that is TypeAffinityFilter's" in row


def test_notes_are_about_classes(generate: ModuleType) -> None:
    """Every note is about a filter or weigher that there is."""
    assert generate.PAGES
    notes = importlib.import_module("generator.notes")
    names = {cls.__name__ for cls in (*all_filters(), *all_weighers())}
    assert set(notes.NOTES) <= names
    assert set(notes.AGGREGATE_KEYS) <= names


def test_options_that_filters_and_weighers_read(pages: dict[str, str]) -> None:
    """They are found by watching the classes at work."""
    filters, weighers = pages["filters"], pages["weighers"]
    read = "* Options it reads: [`filter_scheduler.{}`](options.md#filter_scheduler)"
    assert read.format("max_io_ops_per_host") in section(filters, "IoOpsFilter")
    assert read.format("ram_weight_multiplier") in section(weighers, "RAMWeigher")
    assert "* Options it reads: none" in section(filters, "RetryFilter")


def test_every_option_has_a_reader(generate: ModuleType) -> None:
    """None escapes the watching: each is read by a filter or weigher, or by the scheduler."""
    assert generate.PAGES
    watching = importlib.import_module("generator.watching")
    read = {row for cls in all_filters() for row in watching.options_of_filter(cls)}
    read |= {row for cls in all_weighers() for row in watching.options_of_weigher(cls)}
    names = {row.name for row in read} | {f"{row.group}_{row.name}" for row in read}
    unread = {field.name for field in fields(SchedulerOptions)} - names
    assert unread == SCHEDULERS_OWN


def test_aggregate_keys_that_filters_read(pages: dict[str, str]) -> None:
    """They are found by watching too; who goes through all of them says which it heeds."""
    page, read = pages["filters"], "* Keys of aggregate metadata it reads: "
    assert f"{read}`cpu_allocation_ratio`\n" in section(page, "AggregateCoreFilter")
    assert f"{read}`availability_zone`\n" in section(page, "AvailabilityZoneFilter")
    assert f"{read}`instance_type`\n" in section(page, "AggregateTypeAffinityFilter")
    assert f"{read}none\n" in section(page, "CoreFilter")
    tenants = section(page, "AggregateMultiTenancyIsolation")
    assert f"{read}those that start with `filter_tenant_id`\n" in tenants


def test_reasons_page(pages: dict[str, str]) -> None:
    """Every reason has one row, with everyone who gives it."""
    rows = dict(re.findall(r"^\| `(\w+)` (\|.*)$", pages["reasons"], flags=re.MULTILINE))
    given = re.findall(r"^\| `(\w+)` \|", pages["reasons"], flags=re.MULTILINE)
    assert given == sorted(set(given))
    drivers = [
        ("`ServiceUpFilter` of `chance_scheduler`", ServiceUpFilter),
        ("`FakeFilter` of `fake_scheduler`", FakeFilter),
    ]
    everyone = [
        *(
            (f"[{cls.name()}](filters.md#{cls.name().lower()})", cls.reasons)
            for cls in all_filters()
        ),
        *((driver, cls.reasons) for driver, cls in drivers),
        ("`pre_stage`", pre_stage.REASONS),
        ("`pre_stage`, the pod", reasons.REASONS),
        ("every filter", COMMON_REASONS),
    ]
    for by, its in everyone:
        for reason in its:
            cured = "yes" if reason.cured else "no"
            row = rows[reason.id]
            assert row.startswith(f"| {reason.text} | {reason.category} | {cured} | ")
            assert by in row
    assert set(rows) == {reason.id for _, its in everyone for reason in its}


def test_one_id_for_two_reasons(generate: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reasons that share an id and differ are no page: labels could not tell them apart."""
    page = generate.PAGES["docs/reference/reasons.md"]
    monkeypatch.setattr(FakeFilter, "reasons", (Reason("host_down", "gone", Category.HOST),))
    with pytest.raises(ValueError, match="host_down is both"):
        page()


def test_weighers_page(pages: dict[str, str]) -> None:
    """Every weigher has its section, and a row with its raw weight, multiplier and release."""
    for cls in all_weighers():
        assert section(pages["weighers"], cls.name())
        (row,) = re.findall(rf"^\| \[{cls.name()}\].*$", pages["weighers"], flags=re.MULTILINE)
        assert row.endswith(f" | {cls.added_in} on |")
    assert (
        "| `free_ram_mb`, without the ratio. | `ram_weight_multiplier`: 1.0 | 0 |"
        in (pages["weighers"])
    )
    assert "| `metrics.weight_multiplier`: 1.0 |" in pages["weighers"]


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
