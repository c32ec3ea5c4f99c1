"""What is to be said of the files of an image, seen from outside of it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path
from typing import NamedTuple

INSTALLERS = {"easy_install", "ensurepip", "pip", "pip3", "setuptools", "uv"}
COMPILERS = {"as", "c++", "cc", "clang", "g++", "gcc", "gfortran", "go", "ld", "rustc", "tcc"}
PROGRAMS = {"bin", "sbin"}


class File(NamedTuple):
    """A file as the container sees it; a link is not followed."""

    path: str
    mode: int
    owner: int
    group: int
    size: int
    changed: int


def listing(root: Path) -> list[File]:
    """All files and folders below `root`."""
    return [_file(root, path) for path in _below(root)]


def unwanted(files: list[File]) -> list[str]:
    """Installers wherever they lie, and compilers where programs lie, by what they are called."""
    found = []
    for file in files:
        folder, name = file.path.split("/")[-2:]
        installer = name.endswith(".whl") or name.partition("-")[0] in INSTALLERS
        if installer or (folder in PROGRAMS and not COMPILERS.isdisjoint(name.split("-"))):
            found.append(file.path)
    return found


def privileged(files: list[File]) -> list[str]:
    """Programs that run as somebody else than who starts them."""
    return [
        file.path
        for file in files
        if stat.S_ISREG(file.mode) and file.mode & (stat.S_ISUID | stat.S_ISGID)
    ]


def writable(files: list[File], user: int, group: int) -> list[str]:
    """What `user` could change or replace, were the root not read-only.

    Folders for everybody, such as /tmp, are sticky: what others have put there stays theirs.
    """
    return [
        file.path
        for file in files
        if not stat.S_ISLNK(file.mode)
        and not (stat.S_ISDIR(file.mode) and file.mode & stat.S_ISVTX)
        and (
            file.mode & stat.S_IWOTH
            or user == file.owner
            or (group == file.group and file.mode & stat.S_IWGRP)
        )
    ]


def distributions(root: Path) -> dict[str, str]:
    """The Python packages that are installed anywhere in the image, by their own words."""
    found = {}
    for metadata in root.glob("**/*.dist-info/METADATA"):
        headers = HeaderParser().parsestr(metadata.read_text())
        found[headers["Name"].lower().replace("_", "-").replace(".", "-")] = headers["Version"]
    return found


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        yield path
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)


def _file(root: Path, path: Path) -> File:
    seen = path.lstat()
    inside = f"/{path.relative_to(root)}"
    return File(inside, seen.st_mode, seen.st_uid, seen.st_gid, seen.st_size, seen.st_mtime_ns)
