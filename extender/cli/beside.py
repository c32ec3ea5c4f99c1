"""The listeners beside the verbs: health and metrics, debug, and the mutating webhook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from extender.cli.debugging import Debugging
from extender.config.own_groups import HttpServerGroup
from extender.observe.metrics import Metrics
from extender.server.addresses import listen
from extender.server.certificate import ServingCertificate
from extender.server.debug import create_debug_app
from extender.server.health import create_health_app, probe_text
from extender.server.listener import Listener
from extender.server.tls_listener import OPTION, TlsListener
from extender.server.webhook import create_webhook_app
from extender.verbs.admit import admit, default_ratios
from extender.verbs.engine import Engine


class Beside:
    """Listeners whose addresses are had before anything runs.

    What is wrong with one of them is one clear line then.

    Args:
        server: which addresses.
        certificate: what the webhook shows, where it is on.

    Raises:
        ListenError: an address cannot be had.
    """

    def __init__(self, server: HttpServerGroup, certificate: ServingCertificate | None) -> None:
        self._certificate = certificate
        self._sockets = ExitStack()
        with ExitStack() as taken:
            self._health = taken.enter_context(listen(server.health_bind, "server.health_bind"))
            self._debug = taken.enter_context(listen(server.debug_bind, "server.debug_bind"))
            self._webhook = (
                taken.enter_context(listen(server.webhook_bind, OPTION))
                if certificate is not None
                else None
            )
            self._sockets = taken.pop_all()
        self._listeners: list[Listener] = []

    def start(
        self,
        engine: Engine,
        metrics: Metrics,
        exposition: Callable[[], tuple[bytes, str]],
        checks: Callable[[], Mapping[str, str]],
        on_defect: Callable[[str, Exception], object],
    ) -> None:
        """Begin to answer, in the worker.

        Args:
            engine: what debug shows, and whose options the webhook goes by.
            metrics: where requests to the webhook are counted.
            exposition: what Prometheus is shown.
            checks: what must be there before the verbs answer, and what is wrong with each.
            on_defect: given what was asked for, and the defect of ours that came up.
        """
        health = create_health_app(
            live=lambda verbose: probe_text("livez", {"process": ""}, verbose),
            ready=lambda verbose: probe_text("readyz", checks(), verbose),
            metrics=exposition,
        )
        shown = Debugging(engine)
        debug = create_debug_app(shown.attempts, shown.attempts_of, shown.explain, shown.hosts)
        self._listeners = [Listener(health, self._health), Listener(debug, self._debug)]
        if self._webhook is not None and self._certificate is not None:
            webhook = create_webhook_app(
                # A reload replaces the options as a whole: each answer is by those of its time.
                lambda body: admit(body, default_ratios(engine.options)),
                metrics.admissions.count,
                lambda error: on_defect("admit", error),
            )
            self._listeners.append(TlsListener(webhook, self._webhook, self._certificate))
        for listener in self._listeners:
            listener.start()

    def stop(self) -> None:
        """Stop answering and give the addresses back."""
        for listener in self._listeners:
            listener.stop()
        self._sockets.close()
