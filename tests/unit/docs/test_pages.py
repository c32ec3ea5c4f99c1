"""The written pages: their links lead somewhere, and what they quote is what there is."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from rich.console import Console

from extender.cli import tables
from extender.cli.assembly import build_engine
from extender.cli.example.worked_decision import POD
from extender.cli.main import cli
from extender.cli.sources import load_file
from extender.config.describe import options_table
from extender.config.load import load
from extender.config.options import Config
from extender.config.scheduler_group import DRIVERS
from extender.filters import all_filters
from extender.observe import render
from extender.scheduler import pre_stage
from extender.state import alternates, provisional
from extender.verbs.filter import filter_pod
from extender.verbs.prioritize import prioritize_pod
from extender.weighers import all_weighers

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "deploy" / "examples" / "plugins"
FOLDERS = ("docs", "deploy", "charts")
PAGES = sorted([*ROOT.glob("*.md"), *(p for f in FOLDERS for p in (ROOT / f).rglob("*.md"))])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return [text for found, text in BLOCK.findall(page.read_text()) if found == language]


def anchors(page: Path) -> set[str]:
    """The anchors that the headings of a page make."""
    text = BLOCK.sub("", page.read_text())
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links(page: Path) -> None:
    """Every relative link leads to a file of the tree, and its anchor to a heading there."""
    for target in LINK.findall(BLOCK.sub("", page.read_text())):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.is_relative_to(ROOT), target
        assert found.exists(), target
        if anchor:
            assert anchor in anchors(found), target


def test_plugin_page_quotes_the_examples() -> None:
    """Every snippet is literally a piece of the file that it stands for."""
    page = ROOT / "docs" / "plugins.md"
    sources = {
        "python": EXAMPLES / "example_plugins.py",
        "yaml": EXAMPLES / "config.yaml",
        "toml": EXAMPLES / "pyproject.toml",
    }
    for language, source in sources.items():
        snippets = blocks(page, language)
        assert snippets
        for snippet in snippets:
            assert snippet in source.read_text()


def test_stanza_for_kube_scheduler() -> None:
    """The page's stanza asks the address that is served by default, names only, and waits 5 s."""
    (stanza,) = [
        block
        for block in blocks(ROOT / "docs" / "install.md", "yaml")
        if "KubeSchedulerConfiguration" in block
    ]
    document = yaml.safe_load(stanza)
    (extender,) = document["extenders"]
    assert extender["urlPrefix"] == f"http://{Config().server.bind}"
    assert (extender["filterVerb"], extender["prioritizeVerb"]) == ("filter", "prioritize")
    assert extender["nodeCacheCapable"] is True
    assert (extender["weight"], extender["httpTimeout"]) == (141, "5s")
    assert document["percentageOfNodesToScore"] == 100


def squeezed(text: str) -> list[str]:
    """The lines that are not empty, with one blank where there are several."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_worked_decision_in_the_readme() -> None:
    """What the README shows of 'make run' is what it prints, but for the lines left out."""
    engine = build_engine(Config())
    load_file(engine, "example", lambda _: None)
    asked = {"Pod": POD, "Nodes": None, "NodeNames": list(engine.cluster.table.index)}
    passed = json.loads(filter_pod(engine, json.dumps(asked).encode()).body)["NodeNames"]
    prioritize_pod(engine, json.dumps({**asked, "NodeNames": passed}).encode())
    (attempt,) = engine.attempts.of("web", "cart")
    out = io.StringIO()
    tables.print_attempt(render.attempt(attempt), Console(file=out, width=100))
    printed = squeezed(out.getvalue())
    shown = squeezed(blocks(ROOT / "README.md", "text")[0])
    assert shown[0].endswith(f"on {len(engine.cluster.table)} nodes answered:")
    position = 0
    for line in shown[1:]:
        assert line in printed[position:]
        position = printed.index(line, position) + 1


def test_targets_in_the_guide() -> None:
    """CONTRIBUTING names every target of the Makefile but help, and no other."""
    targets = set(re.findall(r"^([a-z0-9]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    rows = re.findall(
        r"^\| `make ([a-z0-9]+)` \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE
    )
    assert set(rows) == targets - {"help"}


def test_readme_knows_every_command() -> None:
    """The table of commands has a row for each."""
    text = (ROOT / "README.md").read_text()
    for name in cli.commands:
        assert f"| `{name}" in text


def test_readme_lists_filters_and_weighers() -> None:
    """Each stands in the tables once, and bold are those that are enabled by default."""
    text = (ROOT / "README.md").read_text()
    tables = text.partition("\n## Filters and weighers\n")[2].partition("\n| And ")[0]
    named = re.findall(r"\b([A-Z]\w+(?:Filter|Isolation|Weigher))\b", tables)
    assert sorted(named) == sorted(cls.__name__ for cls in (*all_filters(), *all_weighers()))
    bold = re.findall(r"\*\*(\w+Filter)\*\*", tables)
    assert sorted(bold) == sorted(Config().filter_scheduler.enabled_filters)
    assert ", ".join(f"`{driver}`" for driver in DRIVERS) in text


def test_addresses_in_the_readme() -> None:
    """The addresses are the defaults."""
    text = (ROOT / "README.md").read_text()
    server = Config().server
    for bind in (server.bind, server.health_bind, server.debug_bind):
        assert f"`{bind}`" in text


def test_examples_of_configuration_are_valid() -> None:
    """Every configuration under deploy/examples is accepted without a notice."""
    found = [
        path
        for path in (ROOT / "deploy" / "examples").rglob("*.yaml")
        if "apiVersion" not in yaml.safe_load(path.read_text())
    ]
    assert {path.name for path in found} >= {"config.yaml", "console.yaml", "everything.yaml"}
    for path in found:
        assert load(str(path)).notices == ()


def test_placement_page() -> None:
    """Its numbers, drivers, options and configuration are what there is."""
    page = ROOT / "docs" / "placement.md"
    text = " ".join(page.read_text().split())
    assert f"* {provisional.PATIENCE:.0f} seconds have passed." in text
    assert f"are kept for {alternates.PATIENCE:.0f} seconds" in text
    assert f"for the newest {alternates.MOST:,} pods" in text
    assert re.findall(r"^\| `(\w+_scheduler)` \|", page.read_text(), re.MULTILINE) == list(DRIVERS)
    options = {row.name for row in options_table()}
    for name in re.findall(r"^\| `(\w+)` \| `\w+` \|", page.read_text(), re.MULTILINE):
        assert name in options
    reasons = {reason.id for reason in pre_stage.REASONS}
    asked = page.read_text().partition("\n## Pre-filters\n")[2]
    rows = re.findall(r"^\|.*\| (`\w+`(?:, `\w+`)*) \|$", asked, re.MULTILINE)
    assert len(rows) == 7
    for row in rows:
        assert set(re.findall(r"`(\w+)`", row)) <= reasons
    (example,) = blocks(page, "yaml")
    assert load("example.yaml", example).notices == ()


def test_default_configuration_is_what_the_pages_say() -> None:
    """The command that the options page names prints it, and checks it."""
    runner = CliRunner()
    defaults = runner.invoke(cli, ["config", "defaults"])
    assert defaults.exit_code == 0
    assert load("defaults.yaml", defaults.stdout).config == Config()
