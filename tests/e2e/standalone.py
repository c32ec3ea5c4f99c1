"""The chart's mode standalone, and what a kube-scheduler of others needs to ask it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import yaml

from tests.e2e import verbs
from tests.e2e.chart_release import NAMESPACE, Release
from tests.e2e.controlplane import SCHEDULER
from tests.e2e.objects import pod
from tests.e2e.pod_kubelet import RunningPod
from tests.e2e.pod_volumes import secret_files, write
from tests.e2e.scheduler_config import scheduler_config
from tests.e2e.tls_client import TlsClient

HOST = f"nova-extender.{NAMESPACE}.svc"
# Secrets.
CLIENT, AUTHORITY = "nova-extender-client-tls", "nova-extender-ca"


class Standalone:
    """The release, and what a kube-scheduler of others needs to ask it."""

    def __init__(self, release: Release, folder: Path) -> None:
        self.release = release
        self.api = release.api
        self.client = folder / "client"
        write(self.client, secret_files(self.api, NAMESPACE, CLIENT))

    def leader(self) -> RunningPod:
        """The pod that is ready; there is no other."""
        (pod,) = self.release.kubelet.wait_ready(1)
        return pod

    def asking(self, folder: Path | None = None) -> TlsClient:
        """A client of the leader with the certificate of a folder."""
        leader = self.leader()
        port = leader.containers["extender"].port("verbs")
        return TlsClient(leader.address, port, folder or self.client, HOST)

    def stanza(self, url: str) -> list[dict[str, Any]]:
        """The `extenders` of the notes, with this machine's paths, and another host and port."""
        found = re.search(
            r"^( *)extenders:\n(?:\1[ -].*\n|\n)+", self.release.helm.notes() + "\n", re.MULTILINE
        )
        assert found is not None, self.release.helm.notes()
        extenders: list[dict[str, Any]] = yaml.safe_load(found[0])["extenders"]
        (extender,) = extenders
        told = urlsplit(extender["urlPrefix"])
        assert told.scheme == "https"
        extender["urlPrefix"] = told._replace(netloc=urlsplit(url).netloc).geturl()
        tls = extender["tlsConfig"]
        # The client does not ask for the name that it connects to.
        assert tls["serverName"] == HOST
        for option in ("certFile", "keyFile", "caFile"):
            tls[option] = str(self.client / Path(tls[option]).name)
        return extenders

    @contextmanager
    def kube_scheduler(self, leader: RunningPod) -> Iterator[None]:
        """A kube-scheduler that knows the Service, for as long as it leads to this pod."""
        plane = self.release.plane
        port = leader.containers["extender"].port("verbs")
        url = f"https://{leader.address}:{port}"
        plane.start_scheduler({**scheduler_config(None), "extenders": self.stanza(url)})
        try:
            yield
        finally:
            plane.stop(SCHEDULER)


class Load:
    """Asks filter from several threads, each call over a connection of its own."""

    def __init__(self, client: TlsClient, threads: int = 3) -> None:
        self._client = client
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(threads)]
        self.answered = 0
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for each in self._threads:
            each.join()

    def _ask(self) -> None:
        question = verbs.filter_body(pod("asked"), [])
        while not self._end.is_set():
            try:
                status, reply = self._client.ask("filter", question)
                if status != HTTPStatus.OK or reply["Error"]:
                    self.failures.append(f"{status} {reply}")
            except OSError as error:
                self.failures.append(repr(error))
            self.answered += 1
            time.sleep(0.005)
