"""A proxy between the extender and the API server that breaks what a test tells it to break.

It speaks TLS with the API server's own certificate, so that a kubeconfig differs in the port only,
and HTTP/1.1. Requests are read whole; answers are handed on as they come, watches line by line.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import ssl
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from tests.e2e.fault_link import Link
from tests.e2e.faults import Fault, Rule

T = TypeVar("T")
LOOPBACK = "127.0.0.1"
CONTROL_TIMEOUT = 10.0
CHORE_INTERVAL = 0.1


class FaultProxy:
    """Serves on the loopback address between entry and exit; told what to do from any thread.

    Args:
        server: The API server, `https://HOST:PORT`.
        certificate: Its certificate; what the proxy shows, and what it trusts.
        key: The certificate's key.
        seed: For the faults that befall a share of the requests.
    """

    def __init__(self, server: str, certificate: Path, key: Path, seed: int = 0) -> None:
        target = urlsplit(server)
        assert target.hostname is not None
        assert target.port is not None
        self.target = (target.hostname, target.port)
        self.rules: tuple[Rule, ...] = ()
        self._rng = random.Random(seed)  # noqa: S311 - which request is hit, not a secret
        self._inside = ssl.create_default_context(cafile=str(certificate))
        self._outside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._outside.load_cert_chain(certificate, key)
        self._links: set[Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._refusing = False
        self._silent = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faults", daemon=True)
        self._listener: socket.socket | None = None
        self.server = ""

    # What a test says.

    @contextmanager
    def during(self, fault: Fault, **which: Any) -> Iterator[Rule]:
        """A fault from now until the block ends; `which` is a `Rule`'s other fields."""
        rule = self.add(fault, **which)
        try:
            yield rule
        finally:
            self.remove(rule)

    def add(self, fault: Fault, **which: Any) -> Rule:
        """A fault from now on, also on streams that are open; returns what counts its hits."""
        rule = Rule(fault, **which)
        self.rules = (*self.rules, rule)
        return rule

    def remove(self, rule: Rule) -> None:
        """Ends a fault."""
        self.rules = tuple(each for each in self.rules if each is not rule)

    def cut(self) -> int:
        """Resets every connection there is now; returns how many."""
        return self._do(self._cut())

    def refuse(self) -> None:
        """From now on resets every connection, those that are made anew too, until `heal`."""
        self._refusing = True
        self.cut()

    def go_silent(self, *, existing: bool = True, new: bool = True) -> None:
        """Swallows all bytes from now on, as behind a router that has lost its memory.

        Args:
            existing: On the connections there are; they never come back to life.
            new: On those made from now on, until `heal`.
        """
        self._silent = new
        if existing:
            self._do(self._hush())

    def heal(self) -> None:
        """Ends refusing and silence; connections that were silent are reset."""
        self._refusing = False
        self._silent = False
        self._do(self._cut(only_silent=True))

    @property
    def connections(self) -> int:
        """How many connections are open, the silent ones too."""
        return len(self._links)

    def kubeconfig(self, original: Path, target: Path) -> Path:
        """Writes a kubeconfig like `original` that leads through the proxy."""
        content = json.loads(original.read_text())
        for cluster in content["clusters"]:
            cluster["cluster"]["server"] = self.server
        target.touch(mode=0o600)
        target.write_text(json.dumps(content, indent=2))
        return target

    # What `Link` asks.

    def picked(self, kinds: tuple[type[Fault], ...], method: str, path: str) -> Fault | None:
        """The first fault of one of these kinds that befalls the request, counted as a hit."""
        for rule in self.rules:
            if (
                isinstance(rule.fault, kinds)
                and rule.matches(method, path)
                and self._rng.random() < rule.share
            ):
                rule.hits += 1
                return rule.fault
        return None

    # The event loop's side.

    def __enter__(self) -> Self:
        self._thread.start()
        port = self._do(self._listen())
        self.server = f"https://{LOOPBACK}:{port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CONTROL_TIMEOUT)
        self._loop.close()

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(CONTROL_TIMEOUT)

    async def _listen(self) -> int:
        self._listener = socket.create_server((LOOPBACK, 0), backlog=512)
        self._listener.setblocking(False)
        self._keep(self._accept(self._listener))
        self._keep(self._chores())
        port: int = self._listener.getsockname()[1]
        return port

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            client, _ = await self._loop.sock_accept(listener)
            self._keep(self._serve(client))

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        # The loop itself holds tasks only weakly.
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: socket.socket) -> None:
        task = asyncio.current_task()
        assert task is not None
        link = Link(self, client, task)
        link.silent = self._silent
        self._links.add(link)
        try:
            if not self._refusing:
                await link.serve(self._outside, self._inside)
        except (OSError, EOFError, ValueError):
            pass  # either side is gone: the other learns of it by the reset
        finally:
            self._links.discard(link)
            link.reset()
            client.close()

    async def _cut(self, *, only_silent: bool = False) -> int:
        meant = [link for link in self._links if link.silent or not only_silent]
        for link in meant:
            link.reset()
        return len(meant)

    async def _hush(self) -> None:
        for link in self._links:
            link.silent = True

    async def _chores(self) -> None:
        """A client that has gone away is noticed also while an answer is awaited."""
        while True:
            await asyncio.sleep(CHORE_INTERVAL)
            for link in list(self._links):
                if link.client_gone():
                    link.reset()

    async def _close(self) -> None:
        await self._cut()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        await asyncio.gather(
            *(task for task in self._tasks if task is not asyncio.current_task()),
            return_exceptions=True,
        )
        if self._listener is not None:
            self._listener.close()
