"""The processes that run Nova: one for each release, asked by lines of JSON."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Sequence
from typing import IO, Any

from tests.conformance.case import Case
from tests.conformance.environment import NEWEST, ROOT, older_releases, process_environment, python


class WorkerError(Exception):
    """A worker ended before its answer."""


class BrokenCaseError(Exception):
    """A worker could not even put the case to Nova: the case, or the worker, is wrong."""


class Worker:
    """One release of Nova."""

    def __init__(self, release: str) -> None:
        self.release = release
        command = [str(python()), "-W", "ignore", "-m", "tests.conformance.nova_side", release]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=process_environment(release),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.waiting: list[threading.Thread] = []

    def send(self, lines: Sequence[str]) -> None:
        """Hand lines over without waiting for the answers."""
        assert self.process.stdin is not None
        writer = threading.Thread(target=_write, args=(self.process.stdin, lines), daemon=True)
        writer.start()
        self.waiting.append(writer)

    def receive(self, count: int) -> list[dict[str, Any]]:
        """So many answers, in the order of the questions.

        Raises:
            WorkerError: the process ended.
        """
        answers = [self._line() for _ in range(count)]
        for writer in self.waiting:
            writer.join()
        self.waiting.clear()
        return answers

    def _line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise WorkerError(f"the process of Nova {self.release} ended: {self.process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """Let it end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)


def _write(pipe: IO[str], lines: Sequence[str]) -> None:
    try:
        for line in lines:
            pipe.write(line)
        pipe.flush()
    except BrokenPipeError:
        pass  # the reader tells of it


class Nova:
    """All releases: answers to a case come from the newest, and from older ones for the rest."""

    def __init__(self) -> None:
        self.workers = [Worker(release) for release in (NEWEST, *older_releases())]
        for worker in self.workers:
            worker.receive(1)

    def send(self, cases: Sequence[Case]) -> None:
        """Hand cases over."""
        lines = [json.dumps(case) + "\n" for case in cases]
        for worker in self.workers:
            worker.send(lines)

    def receive(self, count: int) -> list[dict[str, Any]]:
        """The answers to so many cases.

        Raises:
            BrokenCaseError: a worker could not make sense of one.
        """
        newest, *older = [worker.receive(count) for worker in self.workers]
        for answer in (*newest, *(one for answers in older for one in answers)):
            if "broken" in answer:
                raise BrokenCaseError(answer["broken"])
        for number, answer in enumerate(newest):
            for answers in older:
                if "refused" not in answer:
                    answer["filters"].update(answers[number]["filters"])
        return newest

    def ask(self, case: Case) -> dict[str, Any]:
        """The answer to one case."""
        self.send([case])
        return self.receive(1)[0]

    def close(self) -> None:
        """Let all processes end."""
        for worker in self.workers:
            worker.close()
