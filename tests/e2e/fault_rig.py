"""A cluster whose extender sees the API server through a proxy, and who watches the two of them.

While something is wrong with the API server, `Watchman` asks the extender again and again what it
has to answer at any time: whether it is ready, filter, and bind.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from itertools import count
from pathlib import Path

from tests.e2e import objects, recount, verbs
from tests.e2e.controlplane import ControlPlane
from tests.e2e.extender_process import Extender, start_extender
from tests.e2e.fault_proxy import FaultProxy
from tests.e2e.objects import pod
from tests.e2e.waiting import wait_until

NODES = 100
# The default: two calls of a second each fit in, and what a slow one needs beside.
BIND_TIMEOUT = 4.0
# What filter may take on a loaded machine: it never waits for the API server.
FILTER_BUDGET = 1.0
# What a bind may take beyond its budget: the call itself on a loaded machine.
SLACK = 1.0
CONFIG = {"kubernetes": {"bind_timeout": BIND_TIMEOUT}}
PAUSE = 0.2


@dataclass
class Seen:
    """What a watchman saw."""

    filters: list[float] = field(default_factory=list)
    binds: list[float] = field(default_factory=list)
    bound: dict[str, str] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    unready: list[str] = field(default_factory=list)
    lies: list[str] = field(default_factory=list)


class Rig:
    """The proxy, the extender behind it, and 100 nodes; one for all tests of a module."""

    def __init__(self, control_plane: ControlPlane, workdir: Path, proxy: FaultProxy) -> None:
        self.control_plane = control_plane
        self.api = control_plane.api
        self.proxy = proxy
        self.nodes = [f"n{number:03}" for number in range(NODES)]
        self._numbers = count()
        self._ratio = Decimal(1)
        kubeconfig = proxy.kubeconfig(control_plane.kubeconfig, workdir / "kubeconfig-proxy")
        self.extender: Extender = start_extender(workdir, kubeconfig, CONFIG, wait=False)

    def pods(self, number: int) -> list[objects.Object]:
        """So many new pods that no scheduler takes care of."""
        names = [f"p{next(self._numbers):05}" for _ in range(number)]
        return [
            self.api.create(pod(name, "10m", "16Mi", "1Mi", scheduler="another")) for name in names
        ]

    def churn(self, number: int = 10) -> None:
        """What the extender has to see: pods come, the oldest go, a node's ratio changes."""
        standing = sorted(name for name, node in self.api.placements().items() if node)
        for each, node in zip(self.pods(number), self.nodes, strict=False):
            self.api.bind(each["metadata"]["name"], node)
        for name in standing[:number]:
            self.api.delete("Pod", name, grace=0)
        self._ratio = Decimal(next(self._numbers)) / 1000 + 1
        annotations = objects.nova(cpu_allocation_ratio=str(self._ratio))
        self.api.patch("Node", self.nodes[-1], {"metadata": {"annotations": annotations}})

    def ready(self) -> tuple[bool, str]:
        """Whether the extender says that it is ready, and what it says in detail."""
        try:
            with urllib.request.urlopen(
                f"{self.extender.health_url}/readyz?verbose", timeout=5
            ) as answer:
                return True, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return False, error.read().decode()
        except OSError as error:
            return False, str(error)

    def settle(self, timeout: float = 10.0) -> float:
        """Waits until the state equals the recount; returns the seconds that took."""
        began = time.monotonic()
        recount.wait_equal(self.api, self.extender.debug_url, timeout)
        wait_until(
            lambda: self._ratio_known() == self._ratio,
            began + timeout - time.monotonic(),
            lambda: f"the node's ratio {self._ratio} to be known; {self._ratio_known()} is",
        )
        return time.monotonic() - began

    def _ratio_known(self) -> Decimal:
        """The ratio of the last node as the extender has it."""
        with urllib.request.urlopen(f"{self.extender.debug_url}/debug/hosts", timeout=10) as answer:
            hosts = json.load(answer)["hosts"]
        (ratio,) = [host["cpu"]["ratio"] for host in hosts if host["host"] == self.nodes[-1]]
        return Decimal(str(ratio))

    @contextmanager
    def watched(self) -> Iterator[Seen]:
        """What the verbs and the probe answer meanwhile; judged at the end of the block."""
        seen = Seen()
        spare = self.pods(200)
        stop = threading.Event()
        threads = [
            threading.Thread(target=self._probe, args=(seen, stop, spare[0])),
            threading.Thread(target=self._bind, args=(seen, stop, spare[1:])),
        ]
        for thread in threads:
            thread.start()
        try:
            yield seen
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self._judge(seen)

    def _judge(self, seen: Seen) -> None:
        assert seen.filters, "filter was never asked"
        assert max(seen.filters) < FILTER_BUDGET
        assert seen.binds, "bind was never asked"
        assert max(seen.binds) < BIND_TIMEOUT + SLACK
        assert not seen.lies
        # A bind that was answered with success is one, whatever was wrong.
        placements = self.api.placements()
        assert {name: placements.get(name) for name in seen.bound} == seen.bound

    def _probe(self, seen: Seen, stop: threading.Event, asked: objects.Object) -> None:
        body = verbs.filter_body(asked, self.nodes)
        while not stop.wait(PAUSE):
            before, said = self.ready()
            try:
                status, reply, took = verbs.ask(self.extender.url, "filter", body)
            except OSError as error:
                seen.lies.append(f"filter: {error!r}")
                continue
            after, _ = self.ready()
            seen.filters.append(took)
            if not before:
                seen.unready.append(said)
            if before == after and (status == HTTPStatus.OK) != before:
                seen.lies.append(f"/readyz is {before} ({said}), and filter {status} {reply}")

    def _bind(self, seen: Seen, stop: threading.Event, spare: list[objects.Object]) -> None:
        for number, each in enumerate(spare):
            if stop.wait(PAUSE):
                return
            node = self.nodes[number % NODES]
            try:
                status, reply, took = verbs.ask(
                    self.extender.url, "bind", verbs.bind_body(each, node)
                )
            except OSError as error:
                seen.lies.append(f"bind: {error!r}")
                continue
            seen.binds.append(took)
            if status != HTTPStatus.OK:
                seen.refusals.append(str(reply))
            elif reply["Error"]:
                seen.refusals.append(reply["Error"])
            else:
                seen.bound[each["metadata"]["name"]] = node

    def set_up(self) -> None:
        """Nodes and some pods."""
        for name in self.nodes:
            self.api.create(objects.node(name, "64", "256Gi"))
        wait_until(
            lambda: all(objects.is_ready(node) for node in self.api.list("Node")), 60, "nodes ready"
        )
        self.extender.wait_ready()
        self.churn(50)
        self.settle()
