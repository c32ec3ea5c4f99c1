"""A real Prometheus that scrapes every second, and what it answers."""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.e2e import debian
from tests.e2e.process import Process, answers, free_ports
from tests.e2e.waiting import wait_until

LOOPBACK = "127.0.0.1"
READY_TIMEOUT = 30.0
SCRAPED_WITHIN = 15.0


class QueryError(Exception):
    """What Prometheus says of an expression that it does not take."""


@dataclass(frozen=True)
class Sample:
    """One series of an answer, as it is at a time."""

    labels: Mapping[str, str]
    value: float


class Prometheus:
    """Prometheus as a process of its own; a context manager.

    Args:
        workdir: A folder of its own, for its configuration, its data and its log.
        rules: The rules that it goes by.
        jobs: By job, what is scraped: the URL of a page of metrics.
        token: What it shows to those of them that speak TLS.
    """

    def __init__(self, workdir: Path, rules: Path, jobs: Mapping[str, str], token: str) -> None:
        (port,) = free_ports(1)
        address = f"{LOOPBACK}:{port}"
        self.url = f"http://{address}"
        self.jobs = dict(jobs)
        config = workdir / "prometheus.json"
        workdir.mkdir(parents=True, exist_ok=True)
        config.touch(mode=0o600)
        # JSON is YAML.
        config.write_text(json.dumps(_configuration(rules, jobs, token), indent=2))
        self.process = Process(
            "prometheus",
            [
                str(debian.program("prometheus")),
                f"--config.file={config}",
                f"--storage.tsdb.path={workdir / 'data'}",
                f"--web.listen-address={address}",
            ],
            workdir / "prometheus.log",
        )

    def __enter__(self) -> Self:
        self.process.start()
        try:
            self.process.wait_ready(lambda: answers(f"{self.url}/-/ready"), READY_TIMEOUT)
            wait_until(
                lambda: len([each for each in self.query("up") if each.value]) == len(self.jobs),
                SCRAPED_WITHIN,
                lambda: f"all targets scraped: {self._get('targets')}",
            )
        except BaseException:
            self.process.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.stop()

    def query(self, expression: str) -> Sequence[Sample]:
        """What an expression is now.

        Raises:
            QueryError: Prometheus does not take it.
        """
        found = self._get("query", query=expression)
        if found["resultType"] == "scalar":
            return [Sample({}, float(found["result"][1]))]
        return [Sample(each["metric"], float(each["value"][1])) for each in found["result"]]

    def number(self, expression: str) -> float:
        """The one value of an expression; NaN where it has none."""
        found = self.query(expression)
        assert len(found) <= 1, f"{expression}: {found}"
        return found[0].value if found else math.nan

    def has_data(self, expression: str) -> bool:
        """Whether an expression has a value."""
        return any(not math.isnan(sample.value) for sample in self.query(expression))

    def rules(self) -> Sequence[Mapping[str, Any]]:
        """The rules that are loaded, with how they fare."""
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]

    def wait(self, expression: str, what: str, timeout: float = SCRAPED_WITHIN) -> None:
        """Waits until an expression has a value."""
        wait_until(
            lambda: self.has_data(expression),
            timeout,
            lambda: f"{what}: {expression} has no value; the log ends:\n{self.process.tail()}",
        )

    def _get(self, path: str, **parameters: str) -> Any:
        """One call of its API; a POST where there are parameters, which may be long."""
        data = urllib.parse.urlencode(parameters).encode() if parameters else None
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}", data, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            with error:
                raise QueryError(f"{parameters}: {error.read().decode()}") from None


def _configuration(rules: Path, jobs: Mapping[str, str], token: str) -> dict[str, Any]:
    """Its configuration file."""
    scraped = []
    for job, url in jobs.items():
        parts = urllib.parse.urlsplit(url)
        config: dict[str, Any] = {
            "job_name": job,
            "scheme": parts.scheme,
            "metrics_path": parts.path,
            "static_configs": [{"targets": [parts.netloc]}],
        }
        if parts.scheme == "https":
            # kube-scheduler signs its certificate itself, and asks the API server who may look.
            config["tls_config"] = {"insecure_skip_verify": True}
            config["authorization"] = {"credentials": token}
        scraped.append(config)
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "scrape_configs": scraped,
    }
