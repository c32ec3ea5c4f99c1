"""A page's commands, run on a real cluster one after the other, and compared with what it shows."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.build import REPOSITORY
from tests.e2e.chart import OVERCOMMIT_ONLY
from tests.e2e.controlplane import ControlPlane
from tests.e2e.waiting import wait_until

READING = 2.0
"""Seconds that a reader takes before he goes on, in which an API server notices a new policy."""

ELIDED = "…"
"""A line of its own in a page: here some lines are left out."""

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ASKING = re.compile(
    r"^(kubectl (get|wait|describe)|nova-extender (hosts|overcommit check|explain))\b"
)


@dataclass(frozen=True)
class Step:
    """A command, and the lines that it prints."""

    command: str
    shown: tuple[str, ...]

    @property
    def asks(self) -> bool:
        """Whether it may be run again until it prints what is shown."""
        return _ASKING.match(self.command) is not None


def section(page: Path, title: str) -> str:
    """The text below a heading, down to the next one of its level."""
    pattern = rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)"
    found = re.search(pattern, page.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None, f"{page.name} has no section {title}"
    return found[1]


def blocks(text: str, language: str) -> list[str]:
    """The code blocks in a language, in their order."""
    return [content for found, content in _FENCE.findall(text) if found == language]


def steps(text: str) -> Iterator[Step]:
    """The commands of the `console` blocks: each behind `$`, what it prints below it."""
    for block in blocks(text, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = re.sub(r"\\\n\s*", "", part).partition("\n")
            yield Step(command, tuple(_squeezed(shown)))


class Walk:
    """One reader of a page, with a folder and programs of his own.

    Args:
        control_plane: the cluster that `kubectl`, `helm` and `nova-extender` speak to.
        folder: where the page's files are.
    """

    def __init__(self, control_plane: ControlPlane, folder: Path) -> None:
        self._folder = folder
        programs = folder / ".bin"
        programs.mkdir()
        program = programs / "nova-extender"
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m extender.cli "$@"\n')
        program.chmod(0o755)
        # The reader's cluster has an extender already, and the kinds.
        values = folder / ".values.json"
        values.write_text(json.dumps(OVERCOMMIT_ONLY))
        given = shlex.quote(f"--values={values}")
        real = shlex.quote(str(control_plane.binaries / "helm"))
        helm = programs / "helm"
        helm.write_text(
            f'#!/bin/sh\n[ "$1" != install ] || set -- "$@" {given}\nexec {real} "$@"\n'
        )
        helm.chmod(0o755)
        self._environment = {
            **os.environ,
            "PATH": f"{programs}:{control_plane.binaries}:{os.environ['PATH']}",
            "KUBECONFIG": str(control_plane.kubeconfig),
            "HELM_CACHE_HOME": str(folder / ".helm"),
            "PYTHONPATH": str(REPOSITORY),
            "COLUMNS": "100",
        }
        (folder / "charts").symlink_to(REPOSITORY / "charts")

    def take(self, step: Step, timeout: float = 45) -> None:
        """Runs a command; one that only asks, until it prints what the page shows."""
        printed: list[str] = []

        def agrees() -> bool:
            printed[:] = self._run(step.command)
            return _matches(list(step.shown), printed)

        wait_until(
            agrees,
            timeout if step.asks else 0,
            lambda: (
                f"{step.command!r} to print\n{_lines(step.shown)}\nit printed\n{_lines(printed)}"
            ),
        )
        if not step.asks:
            time.sleep(READING)

    def _run(self, command: str) -> list[str]:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return _squeezed(done.stdout)


def _squeezed(text: str) -> list[str]:
    """The lines that are not empty, with one blank where there are several."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def _lines(lines: object) -> str:
    return "\n".join(f"    {line}" for line in lines) if isinstance(lines, list | tuple) else ""


def _matches(shown: list[str], printed: list[str]) -> bool:
    """Whether the lines are those, some left out where the page says so."""
    pattern = "".join(r"(?:.*\n)*" if line == ELIDED else re.escape(line) + r"\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None
