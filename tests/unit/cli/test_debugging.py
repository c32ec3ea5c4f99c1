"""extender.cli.debugging."""

from __future__ import annotations

import pytest

from extender.cli.assembly import build_engine
from extender.cli.debugging import Debugging
from extender.cli.sources import load_file
from extender.config.options import Config
from extender.verbs.engine import Engine


@pytest.fixture
def engine() -> Engine:
    """One with the example cluster."""
    made = build_engine(Config())
    load_file(made, "example", lambda _: None)
    return made


def test_hosts_are_those_of_the_cluster(engine: Engine) -> None:
    """All of them, and how many pods are claimed."""
    shown = Debugging(engine).hosts()
    assert {host["host"] for host in shown["hosts"]} == set(engine.cluster.table.index)
    assert shown["claims"] == 0


def test_nothing_was_attempted_yet(engine: Engine) -> None:
    """No attempts, and none of a pod."""
    debugging = Debugging(engine)
    assert debugging.attempts()["attempts"] == []
    assert debugging.attempts_of("default", "nobody") is None


def test_a_pod_that_is_not_pending_cannot_be_explained(engine: Engine) -> None:
    """It says so."""
    with pytest.raises(LookupError):
        Debugging(engine).explain("default", "nobody")
