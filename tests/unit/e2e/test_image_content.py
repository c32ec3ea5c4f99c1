"""What the test of the image finds in a tree of files: each fault once, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.e2e import image_content as content

EXECUTABLE = 0o755


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A root as it should be: a program, a folder for everybody, a link."""
    root = tmp_path / "root"
    (root / "bin").mkdir(parents=True)
    (root / "shared").mkdir()
    (root / "shared").chmod(0o1777)
    (root / "lib" / "gcc").mkdir(parents=True)
    put(root, "bin/python3.13")
    (root / "bin" / "python").symlink_to("python3.13")
    put(root, "lib/ld-linux-x86-64.so.2")
    return root


def put(root: Path, path: str, mode: int = EXECUTABLE) -> None:
    """A file of the root."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text("")
    (root / path).chmod(mode)


def test_a_good_tree(tree: Path) -> None:
    """Nothing is wrong with it; what is no program may be called like a compiler."""
    files = content.listing(tree)
    assert {"/bin", "/bin/python", "/bin/python3.13", "/shared"} <= {file.path for file in files}
    assert content.unwanted(files) == []
    assert content.privileged(files) == []
    assert content.writable(files, os.getuid() + 1, os.getgid() + 1) == []


@pytest.mark.parametrize(
    "path",
    [
        "bin/pip3",
        "lib/site-packages/pip/__init__.py",
        "lib/site-packages/pip-25.1.dist-info/METADATA",
        "lib/ensurepip/__init__.py",
        "share/wheels/any-1.0-py3-none-any.whl",
        "bin/gcc-14",
        "bin/x86_64-linux-gnu-ld",
    ],
)
def test_unwanted(tree: Path, path: str) -> None:
    """Installers, packages to install and compilers are found under any name they have."""
    put(tree, path)
    assert len(content.unwanted(content.listing(tree))) == 1


@pytest.mark.parametrize("mode", [0o4755, 0o2755])
def test_privileged(tree: Path, mode: int) -> None:
    """A program that runs as its owner or its group is found."""
    put(tree, "bin/su", mode)
    assert content.privileged(content.listing(tree)) == ["/bin/su"]


def test_writable(tree: Path) -> None:
    """What all may write, what the user owns and what its group may write is found."""
    user, group = os.getuid(), os.getgid()
    put(tree, "etc/all", 0o646)
    put(tree, "etc/group", 0o664)
    files = content.listing(tree)
    assert content.writable(files, user + 1, group + 1) == ["/etc/all"]
    assert content.writable(files, user + 1, group) == ["/etc/all", "/etc/group"]
    owned = [file.path for file in files if file.path not in {"/bin/python", "/shared"}]
    assert content.writable(files, user, group) == owned


def test_distributions(tree: Path) -> None:
    """Packages are found wherever they lie, by the name that indexes know them by."""
    put(tree, "opt/a/lib/Some_Package-1.0.dist-info/METADATA", 0o644)
    (tree / "opt/a/lib/Some_Package-1.0.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: Some.Package\nVersion: 1.0\n\nName: not this\n"
    )
    assert content.distributions(tree) == {"some-package": "1.0"}
