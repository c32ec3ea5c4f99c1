"""The extender as its users run it: a process of its own, told what to do by a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.build import REPOSITORY
from tests.e2e.process import Process, answers, free_ports

LOOPBACK = "127.0.0.1"
READY_TIMEOUT = 60.0


@dataclass(frozen=True)
class Extender:
    """A running extender and where it listens."""

    process: Process
    url: str
    health_url: str
    debug_url: str

    def wait_ready(self, timeout: float = READY_TIMEOUT) -> None:
        """Waits until it has seen the whole cluster."""
        self.process.wait_ready(lambda: answers(f"{self.health_url}/readyz"), timeout)

    def stop(self) -> None:
        """Stops it; calls in flight are answered first."""
        self.process.stop()

    def restart(self) -> None:
        """Stops it and starts it again at the same ports; it has to learn the cluster anew."""
        self.stop()
        self.process.start()
        self.wait_ready()

    def kill(self) -> None:
        """Kills it, as a node's crash would: nothing is finished, nothing is given back."""
        self.process.kill()

    def kill_and_start(self) -> None:
        """Kills it and starts it again at the same ports, without waiting until it is ready."""
        self.kill()
        self.process.start()


def start_extender(
    workdir: Path,
    kubeconfig: Path,
    config: Mapping[str, Any] | None = None,
    name: str = "nova-extender",
    *,
    wait: bool = True,
    env: Mapping[str, str] | None = None,
) -> Extender:
    """Starts the extender on free ports and waits until it is ready.

    Args:
        workdir: Where its configuration and `logs/NAME.log` are written.
        kubeconfig: How it reaches the API server, and as whom.
        config: Its configuration as the file would have it, without the addresses.
        name: Names its files; with another name a second one runs beside.
        wait: Whether to wait; else it may still be learning the cluster.
        env: More environment, such as POD_NAME and POD_NAMESPACE, which a chart sets.
    """
    verbs, health, debug = (f"{LOOPBACK}:{port}" for port in free_ports(3))
    content = dict(config or {})
    content["server"] = {**content.get("server", {}), **server_section(verbs, health, debug)}
    # JSON is YAML.
    config_file = workdir / f"{name}.yaml"
    config_file.write_text(json.dumps(content, indent=2))
    arguments = ["serve", "--kubeconfig", str(kubeconfig), "--config", str(config_file)]
    process = Process(
        name,
        [sys.executable, "-m", "extender.cli", *arguments],
        workdir / "logs" / f"{name}.log",
        env={"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1", **(env or {})},
    )
    scheme = "https" if "cert_file" in content["server"] else "http"
    extender = Extender(process, f"{scheme}://{verbs}", f"http://{health}", f"http://{debug}")
    process.start()
    try:
        if wait:
            extender.wait_ready()
    except BaseException:
        process.stop()
        raise
    return extender


def server_section(verbs: str, health: str, debug: str) -> dict[str, Any]:
    """The options that say where it listens: the only place of the tests that names them."""
    return {"bind": verbs, "health_bind": health, "debug_bind": debug}
