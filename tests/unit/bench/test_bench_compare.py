"""tests.bench.compare."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench.compare import main
from tests.bench.figures import Figure, document, write


def run(folder: Path, name: str, *figures: Figure, kind: str = "bench") -> str:
    """A run's file."""
    path = folder / name
    write(path, document(kind, {}, figures))
    return str(path)


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ((Figure("a", 1.0, "ratio"), Figure("a", 1.19, "ratio")), 0),
        ((Figure("a", 1.0, "ratio"), Figure("a", 1.21, "ratio")), 1),
        ((Figure("a", 100.0, "ratio", "higher"), Figure("a", 79.0, "ratio", "higher")), 1),
        ((Figure("a", 100.0, "ratio", "higher"), Figure("a", 300.0, "ratio", "higher")), 0),
        ((Figure("a", 1.0, "ms"), Figure("a", 9.0, "ms")), 0),
    ],
)
def test_ratios_are_judged(tmp_path: Path, figures: tuple[Figure, Figure], code: int) -> None:
    """A ratio that is more than a fifth worse is a failure; milliseconds never are."""
    old, new = (run(tmp_path, name, one) for name, one in zip("on", figures, strict=True))
    assert main([old, new]) == code


def test_figures_that_only_one_run_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are named, and nothing is concluded from them."""
    old = run(tmp_path, "o", Figure("a", 1.0, "ratio"))
    new = run(tmp_path, "n", Figure("b", 9.0, "ratio"))
    assert main([old, new]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["gone: a", "new: b"]


def test_runs_of_two_kinds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They have nothing in common."""
    old, new = run(tmp_path, "o"), run(tmp_path, "n", kind="bench-cluster")
    assert main([old, new]) == 2
    assert "is a run of bench," in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"shape": 9})])
def test_a_file_that_is_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """One line says which file, and what is wrong with it."""
    path = tmp_path / "x.json"
    path.write_text(text)
    assert main([str(path), str(path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"bench-compare: {path} ")
    assert err.count("\n") == 1
