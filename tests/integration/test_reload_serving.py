"""A configuration that is edited while its extender is at work, over HTTP and by signal."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from extender.cli.sources import EXAMPLE
from tests.integration.test_cli import Ports, get, serving, stopped
from tests.unit.server.loopback import Connection
from tests.unit.verbs.making import body, pod

pytestmark = pytest.mark.timeout(90)

NAMES = [f"compute-{zone}{n}" for zone in "abc" for n in range(1, 6)]
ASKED = body(pod("cart", cpu=6, uid="uid-cart"), *NAMES)
PATIENCE = 30.0

CORES = {"enabled_filters": ["CoreFilter"], "max_instances_per_host": 50}
FEW_PODS = {"enabled_filters": ["NumInstancesFilter"], "max_instances_per_host": 1}
TOO_SMALL = "request exceeds the vCPUs of the host"
TOO_MANY = "too many instances on the host"


class Running:
    """A served extender whose configuration can be edited."""

    def __init__(self, program: subprocess.Popen[str], ports: Ports, folder: Path) -> None:
        self.program = program
        self.ports = ports
        self.file = folder / "ports.yaml"
        self._log = folder / "log"
        self._server = yaml.safe_load(self.file.read_text())["server"]

    def write(self, text: str) -> None:
        """Put this text into the file, the way an editor does."""
        self.file.write_text(text)

    def configure(self, filter_scheduler: dict[str, Any], **server: Any) -> None:
        """Put these options into the file, the addresses beside them."""
        groups = {"server": self._server | server, "filter_scheduler": filter_scheduler}
        self.write(yaml.safe_dump(groups))

    def hang_up(self) -> None:
        """Have the file read now, as a supervisor does: by SIGHUP to the master."""
        self.program.send_signal(signal.SIGHUP)

    def ask(self) -> bytes:
        """The answer to one filter call."""
        with Connection(self.ports.verbs) as verbs:
            answer = verbs.call("/filter", ASKED)
        assert answer.status == 200
        return answer.body

    def failed(self) -> dict[str, str]:
        """Who is refused at present, and why."""
        with Connection(self.ports.verbs) as verbs:
            failed: dict[str, str] = verbs.call("/filter", ASKED).json["FailedAndUnresolvableNodes"]
        return failed

    def gauge(self, name: str) -> float:
        """One of the gauges of the configuration."""
        text = get(self.ports.health, "/metrics").body.decode()
        (value,) = (
            line.split()[1]
            for line in text.splitlines()
            if line.startswith(f"nova_extender_config_{name} ")
        )
        return float(value)

    def log(self) -> str:
        """Everything that was logged."""
        return self._log.read_text()

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until this is so."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.program.poll() is None, "serve ended"
            assert time.monotonic() < deadline, f"{what} has not come; the log:\n{self.log()}"
            time.sleep(0.05)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """An extender that refuses by CPU alone."""
    with serving(tmp_path, "--cluster", "example") as (program, ports):
        made = Running(program, ports, tmp_path)
        made.configure(CORES)  # after the start, which has read the defaults
        made.until(lambda: "is in effect; changed: " in made.log(), "the first configuration")
        assert made.failed()["compute-a4"] == TOO_SMALL
        yield made
        stopped(program, tmp_path)


@contextmanager
def asking(made: Running) -> Iterator[list[bytes]]:
    """Ask over one connection again and again meanwhile; every answer in order."""
    answers: list[bytes] = []
    faults: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        try:
            with Connection(made.ports.verbs) as verbs:
                while not done.is_set():
                    answer = verbs.call("/filter", ASKED)
                    assert answer.status == 200
                    answers.append(answer.body)
        except BaseException as fault:  # noqa: BLE001 - told of in the test's own thread
            faults.append(fault)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        done.set()
        for thread in threads:
            thread.join(PATIENCE)
    assert faults == []


def pods_by_node() -> Counter[str]:
    """How many pods of the example run on each node, counted from the file."""
    items = [
        item
        for document in yaml.safe_load_all(EXAMPLE.read_text())
        for item in (document.get("items", [document]) if document else [])
    ]
    return Counter(
        item["spec"]["nodeName"]
        for item in items
        if item["kind"] == "Pod"
        and item["spec"].get("nodeName")
        and item.get("status", {}).get("phase") not in ("Succeeded", "Failed")
    )


def test_answers_change_from_one_configuration_to_the_other(running: Running) -> None:
    """Two options change in one edit: never an error, never one of them without the other.

    Nobody sends a signal: the file is looked at every few seconds.
    """
    before = running.ask()
    with asking(running) as answers:
        running.until(lambda: len(answers) > 20, "answers")
        running.configure(FEW_PODS)
        running.until(lambda: answers[-1] != before, "another answer")
        enough = len(answers) + 20
        running.until(lambda: len(answers) > enough, "more answers")
    after = running.ask()
    assert after != before
    assert set(answers) == {before, after}
    refused = {name for name, why in running.failed().items() if why == TOO_MANY}
    assert refused == {name for name, count in pods_by_node().items() if count >= 1}
    assert TOO_SMALL not in running.failed().values()
    assert running.gauge("reload_success") == 1
    assert "changed: filter_scheduler.enabled_filters, " in running.log()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("filter_scheduler: [", "not YAML at line "),
        (
            "filter_scheduler: {enabled_filters: [CoreFiler]}",
            "filter_scheduler.enabled_filters: Scheduler Host Filter CoreFiler could not be found.",
        ),
        (
            "filter_scheduler: {enabled_filters: [NumInstancesFilter], host_subset_size: 0}",
            "filter_scheduler.host_subset_size: 0 is less than 1",
        ),
    ],
)
def test_a_bad_file_changes_nothing(running: Running, text: str, told: str) -> None:
    """The same answers, gauge 0 and a line in the log; and all is well once it is mended."""
    before = running.ask()
    when = running.gauge("reload_timestamp_seconds")
    with asking(running) as answers:
        running.write(text)
        running.hang_up()
        running.until(lambda: running.gauge("reload_success") == 0, "the gauge")
        enough = len(answers) + 20
        running.until(lambda: len(answers) > enough, "more answers")
    assert set(answers) == {before}
    assert running.gauge("reload_timestamp_seconds") == when
    assert told in running.log()
    running.configure(FEW_PODS)
    running.hang_up()
    running.until(lambda: running.gauge("reload_success") == 1, "the gauge")
    assert running.ask() != before


def test_a_file_that_is_gone(running: Running) -> None:
    """The configuration in effect stays, and what comes back is read."""
    before = running.ask()
    running.file.unlink()
    running.hang_up()
    running.until(lambda: running.gauge("reload_success") == 0, "the gauge")
    assert running.ask() == before
    assert "cannot be read: No such file or directory" in running.log()
    running.configure(FEW_PODS)
    running.hang_up()
    running.until(lambda: running.gauge("reload_success") == 1, "the gauge")
    assert running.ask() != before


def test_options_that_need_a_restart(running: Running) -> None:
    """They are named and counted, and the rest of the same edit takes effect."""
    before = running.ask()
    running.configure(FEW_PODS, threads=7, log_level="debug")
    running.hang_up()
    running.until(lambda: running.gauge("restart_needed") == 2, "the gauge")
    assert running.gauge("reload_success") == 1
    assert running.ask() != before
    assert "restart needed: server.threads, server.log_level" in running.log()


def test_sighup_to_the_master(running: Running) -> None:
    """It has the file tried again though it has not changed, which nothing else does."""
    line = "is in effect; no option that can be reloaded has changed"
    before = running.ask()
    assert line not in running.log()
    with asking(running) as answers:
        running.hang_up()
        running.until(lambda: line in running.log(), "the reload")
        # a burst of them, one of which may interrupt the other, does no harm
        for _ in range(50):
            running.hang_up()
        running.configure(FEW_PODS)
        running.hang_up()
        running.until(lambda: answers[-1] != before, "another answer")
    assert set(answers) == {before, running.ask()}


def test_many_reloads(running: Running) -> None:
    """The process that answers is still the one that was started, and is as sound."""
    before = running.ask()
    for number in range(10):
        running.configure(FEW_PODS if number % 2 == 0 else CORES)
        running.hang_up()
        expected = TOO_MANY if number % 2 == 0 else TOO_SMALL
        swapped = partial(lambda why: running.failed()["compute-a4"] == why, expected)
        running.until(swapped, "the swap")
    assert running.ask() == before
    assert get(running.ports.health, "/readyz").status == 200
