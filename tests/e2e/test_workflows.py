"""The GitHub workflows: in order for the real actionlint, pinned, allowed no more than needed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e import build

WORKFLOWS = sorted((build.REPOSITORY / ".github" / "workflows").glob("*.yaml"))
# What each job may, beyond reading the repository.
GRANTED = {
    ("release", "package"): {"id-token", "attestations"},
    ("release", "image"): {"packages", "id-token", "attestations"},
    ("release", "chart"): {"packages", "id-token", "attestations"},
    ("release", "publish"): {"id-token"},
    ("release", "release"): {"contents"},
}


def parsed(workflow: Path) -> dict[str, Any]:
    """A workflow; YAML 1.1 takes its key `on` for true."""
    content: dict[str, Any] = yaml.safe_load(workflow.read_text())
    return content


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every job, with its workflow's name and its own."""
    for workflow in WORKFLOWS:
        for name, job in parsed(workflow)["jobs"].items():
            yield workflow.stem, name, job


def actionlint(workflow: Path) -> subprocess.CompletedProcess[str]:
    """What the real one says; without the linters of others that it looks for."""
    command = [str(build.build_all() / "actionlint"), "-no-color", "-shellcheck=", "-pyflakes="]
    return subprocess.run([*command, str(workflow)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_actionlint(workflow: Path) -> None:
    """Keys, types, expressions, needs and permissions are what GitHub knows."""
    done = actionlint(workflow)
    assert (done.returncode, done.stdout) == (0, "")


def test_actionlint_sees_a_fault(tmp_path: Path) -> None:
    """A misspelt permission, and a title that runs as a command, are found."""
    faulty = tmp_path / "faulty.yaml"
    faulty.write_text(
        "on: pull_request\njobs:\n  a:\n    runs-on: ubuntu-24.04\n"
        "    permissions: {content: read}\n"
        '    steps: [{run: "echo ${{ github.event.pull_request.title }}"}]\n'
    )
    done = actionlint(faulty)
    assert done.returncode == 1
    assert "[permissions]" in done.stdout
    assert "[expression]" in done.stdout


def test_actions_are_pinned() -> None:
    """Every action is named by its commit, with the version for people; ours by their path."""
    used = [
        line.strip()
        for workflow in WORKFLOWS
        for line in workflow.read_text().splitlines()
        if "uses:" in line
    ]
    pinned = re.compile(r"(- )?uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    ours = re.compile(r"uses: \./\.github/workflows/\w+\.yaml")
    assert used
    assert [line for line in used if not (pinned.fullmatch(line) or ours.fullmatch(line))] == []
    # One commit for one version.
    versions = {tuple(line.partition("uses: ")[2].split(" # ")) for line in used if "@" in line}
    assert len({action for action, _ in versions}) == len({a.split("@")[0] for a, _ in versions})


def test_permissions() -> None:
    """Nothing is granted to a whole workflow; a job may read, a few just what they do."""
    for workflow in WORKFLOWS:
        assert parsed(workflow)["permissions"] == {}
    for workflow_name, name, job in jobs():
        granted = {what for what, how in job["permissions"].items() if how == "write"}
        assert granted == GRANTED.get((workflow_name, name), set()), (workflow_name, name)
        assert {what for what, how in job["permissions"].items() if how == "read"} <= {"contents"}


def test_jobs_end() -> None:
    """Every job that has steps has a limit, and no checkout leaves its token behind."""
    for workflow_name, name, job in jobs():
        if "uses" in job:
            continue
        assert job["timeout-minutes"] <= 150, (workflow_name, name)
        checkouts = [
            step["with"]["persist-credentials"]
            for step in job["steps"]
            if step.get("uses", "").startswith("actions/checkout@")
        ]
        assert checkouts in ([False], []), (workflow_name, name)


def test_nothing_is_pasted_into_commands() -> None:
    """What a step runs has no expressions: values come by the environment."""
    commands = [step["run"] for *_, job in jobs() for step in job.get("steps", []) if "run" in step]
    assert commands
    assert [command for command in commands if "${{" in command] == []


def test_a_release_keeps_no_cache() -> None:
    """Nothing that an earlier run left behind goes into a release."""
    steps = [step for name, _, job in jobs() if name == "release" for step in job.get("steps", [])]
    assert not [step for step in steps if step.get("uses", "").startswith("actions/cache@")]
    go = [step for step in steps if step.get("uses", "").startswith("actions/setup-go@")]
    assert [step["with"]["cache"] for step in go] == [False] * len(go)


def test_targets_and_files_exist() -> None:
    """What the workflows run of ours is there."""
    targets = re.findall(
        r"^([a-z0-9-]+):", (build.REPOSITORY / "Makefile").read_text(), re.MULTILINE
    )
    commands = "\n".join(
        step["run"] for *_, job in jobs() for step in job.get("steps", []) if "run" in step
    )
    make = re.compile(r"^(?:sudo .* )?make (?:\w+=\S+ )*([a-z0-9-]+)$", re.MULTILINE)
    called = set(make.findall(commands))
    assert called == {"test", "e2e"}
    assert called <= set(targets)
    # As paths of the repository: with a slash, or a lock file.
    named = re.findall(r"(?<![\w/\"])((?:deploy|tests|charts)/[\w./-]+|requirements\S*)", commands)
    assert {"deploy/release.py", "requirements-image.lock"} <= set(named)
    assert [name for name in named if not (build.REPOSITORY / name).exists()] == []


def test_dependabot_knows_the_tools() -> None:
    """The Go modules that it looks after are there; those that stay together are not among them."""
    config = yaml.safe_load((build.REPOSITORY / ".github" / "dependabot.yml").read_text())
    (modules,) = [each for each in config["updates"] if each["package-ecosystem"] == "gomod"]
    for folder in modules["directories"]:
        assert (build.REPOSITORY / folder.lstrip("/") / "go.mod").exists()
        assert "kube" not in folder
