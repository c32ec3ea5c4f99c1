"""The command ``serve``: the extender at work."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Mapping

import structlog

from extender.cli.assembly import (
    build_engine,
    build_scheduler,
    count_failed_builds,
    load_config,
)
from extender.cli.background import ApiServer, Background
from extender.cli.beside import Beside
from extender.cli.identity import identity
from extender.cli.live import Live
from extender.cli.measured import filters_of, metrics_of, weighers_of
from extender.cli.reload import Reloader
from extender.cli.sources import load_file, transport
from extender.cli.tls_files import certificate_of_webhook, expiries, tls_of_verbs
from extender.config.options import Config
from extender.config.plain import translate_options
from extender.kube.errors import KubeError
from extender.kube.transport import Transport
from extender.model.attempt import Attempt
from extender.model.rejection import Rejection
from extender.observe.log import Log, configure
from extender.observe.recorder import Recorder
from extender.server.app import create_app
from extender.server.gunicorn_app import serve as serve_wsgi
from extender.server.verbs_app import VerbsApp
from extender.verbs.bind import AT_ONCE, PodBinder
from extender.verbs.calls import VERBS, Call, calls
from extender.verbs.engine import Engine
from extender.verbs.handover import HandOver
from extender.verbs.late import LateNews

STANDALONE = "standalone"

_OTHERS = 16
"""Threads that binds leave to the other verbs."""


class Extender:
    """One extender process: the engine, what fills its cluster, and who may ask.

    Args:
        config: the configuration in effect.
        cluster: path of a cluster file, or ``example``; else the cluster is live.
        kubeconfig: how to reach a live cluster; without it, as a pod of that cluster.
        config_path: the file that the configuration came from, to be read again when it changes.

    Raises:
        ConfigError: a filter or weigher cannot be had.
        KubeError: the file, or the way to the cluster, cannot be used.
        ListenError: an address beside the verbs', or a certificate, cannot be had.
    """

    def __init__(
        self,
        config: Config,
        cluster: str | None,
        kubeconfig: str | None,
        config_path: str | None = None,
    ) -> None:
        self.config = config
        self.kubeconfig = kubeconfig
        self.cluster = cluster
        self.log = structlog.get_logger()
        self.engine: Engine = build_engine(config)
        self.tls = tls_of_verbs(config.server, self.tell)
        webhook = certificate_of_webhook(config.server, self.tell)
        self.metrics = metrics_of(
            self.engine,
            self.not_ready,
            lambda: self.background,
            expiries(self.tls, webhook),
        )
        self.recorder = Recorder(self.metrics, Log())
        self.engine.record = self.recorder
        self.reloader = Reloader(
            config_path,
            config,
            load_config,
            self.apply,
            self.tell,
            self.metrics.reloads,
            inform=self.log.info,
        )
        self.handover = HandOver(grace=config.kubernetes.bind_timeout + 1.0)
        self.transport: Transport | None = None
        self.live: Live | None = None
        self.background: Background | None = None
        self.beside = Beside(config.server, webhook)
        if cluster is not None:
            load_file(self.engine, cluster, self.tell)
        else:
            transport(kubeconfig).close()  # what is wrong with it shows now, before anything runs

    def tell(self, text: str) -> None:
        """One line for the operator about an object, a watch or the configuration."""
        self.log.warning(text)

    def _defect(self, verb: str, error: Exception) -> None:
        self.log.error("internal error", verb=verb, exc_info=error)

    def start(self) -> None:
        """Start watching and the listeners beside the verbs; called in the worker."""
        if self.cluster is None:
            self._attach(transport(self.kubeconfig))
        self.beside.start(
            self.engine, self.metrics, self.recorder.exposition, self.checks, self._defect
        )
        for name, work in (("settle", self._settle), ("reload", self.reloader.watch)):
            threading.Thread(target=work, name=name, daemon=True).start()

    def _attach(self, way: Transport) -> None:
        """Watch a live cluster, and do what has to be done there."""
        self.transport = way
        background = self.background = Background(
            self.engine,
            way,
            self.config,
            identity(),
            self.metrics.binds,
            self.tell,
            self.log.info,
            lambda: self.handover.asked,
        )
        late = LateNews(background.waker.ask)
        self.live = Live(
            self.engine,
            way,
            self.metrics.watches,
            self.tell,
            on_change=background.waker.ask,
            on_rejection=self._rejected,
            on_news=late.came,
        )
        background.attend(self.live)
        record = self.engine.record

        def record_and_announce(attempt: Attempt) -> None:
            record(attempt)
            background.announce(attempt)
            late.tried(attempt)

        self.engine.record = record_and_announce
        self.live.start()
        background.start()

    def _rejected(self, rejection: Rejection) -> None:
        self.metrics.binds.rejected(rejection.reason)
        self.log.info(
            "kubelet rejected pod",
            pod=rejection.name,
            namespace=rejection.namespace,
            host=rejection.host,
            reason=rejection.reason,
        )

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
        self.reloader.stop()
        self.beside.stop()
        if self.background is not None:
            self.background.stop()
        if self.live is not None:
            self.live.stop()
        if self.transport is not None:
            self.transport.close()

    def apply(self, config: Config) -> None:
        """Put a configuration into effect, between two calls.

        Raises:
            ConfigError: a filter or weigher cannot be had.
        """
        scheduler, options = build_scheduler(config), translate_options(config)
        engine = self.engine
        with engine.lock:
            translated = options != engine.options
            engine.scheduler, engine.options = scheduler, options
            count_failed_builds(engine)
            engine.generation += 1
            self.config = config
        self.metrics.expect(filters_of(scheduler), weighers_of(scheduler))
        # It is in effect from here on: what fails below is told, and undoes nothing.
        if self.live is not None:
            self.live.reconfigured()
        if translated and self.live is not None:
            self.live.read_nodes_again()
        elif translated and self.cluster is not None:
            try:
                load_file(engine, self.cluster, self.tell)
            except KubeError as error:
                self.tell(f"hosts keep what the options before made of them: {error}")
        if self.background is not None:
            self.background.reconfigured()

    def checks(self) -> Mapping[str, str]:
        """By what must be there before the verbs answer: what is wrong, "" where nothing is."""
        if self.live is None or self.background is None:
            return {"cluster": "not watched yet" if self.cluster is None else ""}
        found = dict(self.live.missing())
        if self.config.server.mode == STANDALONE:
            found["lease"] = self.background.not_leading()
        return found

    def application(self) -> VerbsApp:
        """The WSGI application of the verbs' listener."""
        server = self.config.server
        bind: Call | None = None
        if self.transport is not None and self.background is not None:
            bind = PodBinder(
                self.engine,
                ApiServer(self.transport),
                self.handover,
                self.config.kubernetes.bind_timeout,
                self.background.notes,
                max(1, min(AT_ONCE, server.threads - _OTHERS)),
            )
        return VerbsApp(
            calls(self.engine, bind, self.handover),
            create_app(VERBS, server.health_bind, server.debug_bind),
            ready=self.not_ready,
            max_body_bytes=server.max_body_bytes,
            observe=self.metrics.request,
            on_exception=self._defect,
            after=self.recorder.settle,
        )

    def not_ready(self) -> str:
        """What is missing before the verbs can be answered; "" when nothing is."""
        return "; ".join(f"{name} {wrong}" for name, wrong in self.checks().items() if wrong)


def run(
    config: Config,
    cluster: str | None,
    kubeconfig: str | None,
    ready_message: Callable[[Extender], None],
    config_path: str | None = None,
) -> None:
    """Serve until told to stop; ends the process."""
    server = config.server
    configure(server.log_level, server.log_format)
    extender = Extender(config, cluster, kubeconfig, config_path)
    sys.stdout.flush()
    serve_wsgi(
        extender.application,
        server.bind,
        server.threads,
        server.keepalive,
        on_worker_start=extender.start,
        on_worker_stop=extender.stop,
        ready_message=lambda: ready_message(extender),
        on_hangup=extender.reloader.hangup,
        tls=extender.tls,
    )
