"""What the release workflow asks about a version; standard library only.

``python deploy/release.py check v0.1.0`` ends with status 1, naming what is wrong, unless the tag,
the package, the chart and the changelog are of one version. ``notes v0.1.0`` prints the changelog's
section of it. ``chart REPOSITORY`` writes into the chart's values where the image is published;
nobody commits that.
"""  # noqa: INP001 - a program, and no part of a package

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
DEFAULT_IMAGE = "  repository: nova-extender\n"


class ReleaseError(Exception):
    """What is wrong, in one line."""


def versions(root: Path) -> dict[str, str]:
    """The version in each place that has one, by the place.

    Raises:
        ReleaseError: a place has none.
    """
    chart = "charts/nova-extender/Chart.yaml"
    return {
        f"{name} ({what})": _found(root / name, pattern)
        for name, what, pattern in (
            ("extender/version.py", "__version__", r'^__version__ = "(.+)"$'),
            (chart, "version", r"^version: (\S+)$"),
            (chart, "appVersion", r'^appVersion: "(.+)"$'),
            ("CHANGELOG.md", "newest section", r"^## (?:Unreleased \()?(\d[^\s)]*)"),
        )
    }


def check(root: Path, tag: str) -> None:
    """Whether all is of the tag's version, and the changelog has the day of its release.

    Raises:
        ReleaseError: it is not.
    """
    for place, version in versions(root).items():
        if f"v{version}" != tag:
            raise ReleaseError(f"{place} is {version}, and the tag is {tag}")
    section = _section(root, tag)
    if not re.match(r"## \S+ \(\d{4}-\d\d-\d\d\)\n", section):
        heading = section.partition("\n")[0]
        raise ReleaseError(
            f"CHANGELOG.md: '{heading}' wants the day of release: "
            f"'## {tag.removeprefix('v')} (YYYY-MM-DD)'"
        )


def notes(root: Path, tag: str) -> str:
    """What the changelog says of a version, without its heading.

    Raises:
        ReleaseError: it says nothing.
    """
    return _section(root, tag).partition("\n")[2].strip() + "\n"


def point_chart(root: Path, repository: str) -> None:
    """Makes an image's place the chart's default.

    Raises:
        ReleaseError: the chart's values do not look as expected.
    """
    path = root / "charts/nova-extender/values.yaml"
    text = path.read_text()
    if text.count(DEFAULT_IMAGE) != 1:
        raise ReleaseError(f"{path.name} has not one line '{DEFAULT_IMAGE.strip()}'")
    path.write_text(text.replace(DEFAULT_IMAGE, f"  repository: {repository}\n"))


def _found(path: Path, pattern: str) -> str:
    found = re.search(pattern, path.read_text(), re.MULTILINE)
    if found is None:
        raise ReleaseError(f"{path.name} has no line like {pattern}")
    return found[1]


def _section(root: Path, tag: str) -> str:
    sections = re.split(r"^(?=## )", (root / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    version = re.escape(tag.removeprefix("v"))
    for section in sections:
        if re.match(rf"## (?:Unreleased \()?{version}[\s)]", section):
            return section
    raise ReleaseError(f"CHANGELOG.md has no section of {tag}")


def main() -> int:
    """Does what is asked, or says in one line why not."""
    parser = argparse.ArgumentParser(prog="release.py", description=__doc__)
    parser.add_argument("--root", type=Path, default=REPOSITORY, help="the top of the repository")
    asked = parser.add_subparsers(dest="asked", required=True)
    for name in ("check", "notes"):
        asked.add_parser(name).add_argument("tag", help="such as v0.1.0")
    asked.add_parser("chart").add_argument("repository", help="such as registry.example.com/image")
    given = parser.parse_args()
    try:
        if given.asked == "check":
            check(given.root, given.tag)
        elif given.asked == "notes":
            sys.stdout.write(notes(given.root, given.tag))
        else:
            point_chart(given.root, given.repository)
    except ReleaseError as error:
        sys.stderr.write(f"release.py: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
