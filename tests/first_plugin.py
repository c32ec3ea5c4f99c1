"""The files that ``docs/first-plugin.md`` has its reader write."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "first-plugin.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """The page's code blocks in a language, in their order."""
    return [text for found, text in _BLOCK.findall(PAGE.read_text()) if found == language]


def write_files(folder: Path) -> None:
    """Write the filter, its configuration and the pod, under the names the page gives them."""
    (folder / "rack_filter.py").write_text(blocks("python")[0])
    config, pod, *_ = blocks("yaml")
    (folder / "config.yaml").write_text(config)
    (folder / "pod.yaml").write_text(pod)
