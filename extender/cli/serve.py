"""The command ``serve``: the extender at work."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from extender.cli.assembly import build_engine
from extender.cli.sources import Live, load_file, transport
from extender.config.options import Config
from extender.model.attempt import PRE_STAGE
from extender.observe import render
from extender.observe.log import Log, configure
from extender.observe.metrics import Metrics
from extender.observe.recorder import Recorder
from extender.scheduler import pre_stage
from extender.server.addresses import listen
from extender.server.app import create_app
from extender.server.debug import create_debug_app
from extender.server.gunicorn_app import serve as serve_wsgi
from extender.server.health import create_health_app, probe_text
from extender.server.listener import Listener
from extender.server.verbs_app import VerbsApp
from extender.translate.errors import TranslateError
from extender.translate.reasons import REASONS
from extender.verbs.calls import calls
from extender.verbs.engine import Engine
from extender.verbs.explain import explain_pending


class Extender:
    """One extender process: the engine, what fills its cluster, and who may ask.

    Args:
        config: the configuration in effect.
        cluster: path of a cluster file, or ``example``; else the cluster is live.
        kubeconfig: how to reach a live cluster; without it, as a pod of that cluster.

    Raises:
        ConfigError: a filter or weigher cannot be had.
        KubeError: the file, or the way to the cluster, cannot be used.
        ListenError: an address beside the verbs' cannot be had.
    """

    def __init__(self, config: Config, cluster: str | None, kubeconfig: str | None) -> None:
        self.config = config
        self.kubeconfig = kubeconfig
        self.log = structlog.get_logger()
        self.engine: Engine = build_engine(config)
        self.metrics = Metrics(
            [
                (PRE_STAGE, (*pre_stage.REASONS, *REASONS)),
                *((f.name(), f.all_reasons()) for f in self.engine.scheduler.filters),
            ],
            hosts=lambda: len(self.engine.cluster.table),
            pods=lambda: len(self.engine.cluster.ledger),
            pending=lambda: len(self.engine.cluster.pending),
            verbs=calls(self.engine),
        )
        self.engine.record = Recorder(self.metrics, Log())
        self.live: Live | None = None
        self.from_file = cluster is not None
        # Had before anything runs, so that an address in use is one clear line.
        server = config.server
        self.health_socket = listen(server.health_bind, "server.health_bind")
        self.debug_socket = listen(server.debug_bind, "server.debug_bind")
        self.listeners: list[Listener] = []
        if cluster is not None:
            load_file(self.engine, cluster, self.tell)
        else:
            transport(kubeconfig).close()  # what is wrong with it shows now, before anything runs

    def tell(self, text: str) -> None:
        """One line for the operator about an object or a watch."""
        self.log.warning(text)

    def start(self) -> None:
        """Start watching and the listeners beside the verbs; called in the worker."""
        if not self.from_file:
            self.live = Live(
                self.engine, transport(self.kubeconfig), self.metrics.watches, self.tell
            )
            self.live.start()
        health = create_health_app(
            live=lambda verbose: probe_text("livez", {"process": ""}, verbose),
            ready=lambda verbose: probe_text("readyz", self.checks(), verbose),
            metrics=self.metrics.exposition,
        )
        debug = create_debug_app(self.attempts, self.attempts_of, self.explain)
        self.listeners = [Listener(health, self.health_socket), Listener(debug, self.debug_socket)]
        for listener in self.listeners:
            listener.start()
        threading.Thread(target=self._settle, name="settle", daemon=True).start()

    def _settle(self) -> None:
        """Once the cluster is known, keep the garbage collector from walking it again and again.

        What is loaded stays for long; looking it all through took tens of milliseconds each time,
        in the middle of some call.
        """
        while self.live is not None and not self.live.wait(60):
            pass
        gc.collect()
        gc.freeze()

    def stop(self) -> None:
        """Stop what ``start`` started."""
        for listener in self.listeners:
            listener.stop()
        if self.live is not None:
            self.live.stop()

    def checks(self) -> Mapping[str, str]:
        """By what must be there before the verbs answer: what is wrong, "" where nothing is."""
        if self.live is None:
            return {"cluster": "" if self.from_file else "not watched yet"}
        return self.live.missing()

    def application(self) -> VerbsApp:
        """The WSGI application of the verbs' listener."""
        server = self.config.server
        verbs = calls(self.engine)
        return VerbsApp(
            verbs,
            create_app(list(verbs), server.health_bind, server.debug_bind),
            ready=self.not_ready,
            max_body_bytes=server.max_body_bytes,
            observe=self.metrics.request,
            on_exception=lambda verb, error: self.log.error(
                "internal error", verb=verb, exc_info=error
            ),
        )

    def not_ready(self) -> str:
        """What is missing before the verbs can be answered; "" when nothing is."""
        return "; ".join(f"{name} {wrong}" for name, wrong in self.checks().items() if wrong)

    def attempts(self) -> dict[str, Any]:
        """All attempts that are remembered, ready for JSON."""
        with self.engine.lock:
            return render.attempts(list(self.engine.attempts))

    def attempts_of(self, namespace: str, name: str) -> list[dict[str, Any]] | None:
        """A pod's attempts, newest first, ready for JSON."""
        with self.engine.lock:
            found = self.engine.attempts.of(namespace, name)
        return [render.attempt(attempt) for attempt in found] or None

    def explain(self, namespace: str, name: str) -> dict[str, Any]:
        """A pending pod judged now, ready for JSON.

        Raises:
            LookupError: no pending pod of that name is known, or it cannot be read.
        """
        try:
            return render.explanation(explain_pending(self.engine, namespace, name))
        except TranslateError as error:
            raise LookupError(str(error)) from error


def run(
    config: Config,
    cluster: str | None,
    kubeconfig: str | None,
    ready_message: Callable[[Extender], None],
) -> None:
    """Serve until told to stop; ends the process."""
    server = config.server
    configure(server.log_level, server.log_format)
    extender = Extender(config, cluster, kubeconfig)
    sys.stdout.flush()
    serve_wsgi(
        extender.application,
        server.bind,
        server.threads,
        server.keepalive,
        on_worker_start=extender.start,
        on_worker_stop=extender.stop,
        ready_message=lambda: ready_message(extender),
    )
