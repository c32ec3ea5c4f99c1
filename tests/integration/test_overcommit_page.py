"""The part of the page on overcommit that needs no cluster: its commands print what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "overcommit.md"
SECTION = re.compile(r"^## Eight cores that are 128\n.*?(?=^## )", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """The section's code blocks in a language, in their order."""
    section = SECTION.search(PAGE.read_text())
    assert section is not None
    return [text for found, text in BLOCK.findall(section[0]) if found == language]


def squeezed(text: str) -> list[str]:
    """The lines that are not empty, with one blank where there are several."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("command", "shown", "code"), list(zip(blocks("sh"), blocks("text"), (0, 0, 3), strict=True))
)
def test_the_page_shows_what_is_printed(
    command: str, shown: str, code: int, tmp_path: Path
) -> None:
    """Each command's output begins with what stands below it."""
    for name, text in zip(("cluster.yaml", "pod.yaml"), blocks("yaml"), strict=True):
        (tmp_path / name).write_text(text)
    program, *arguments = shlex.split(command)
    assert program == "nova-extender"
    ran = subprocess.run(
        [sys.executable, "-m", "extender.cli", *arguments],
        cwd=tmp_path,
        env={"PYTHONPATH": str(PAGE.parents[1]), "COLUMNS": "200", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (code, "")
    expected = squeezed(shown)
    assert squeezed(ran.stdout)[: len(expected)] == expected
