"""What ``/debug`` shows of an engine, ready for JSON."""

from __future__ import annotations

from typing import Any

from extender.observe import render
from extender.translate.errors import TranslateError
from extender.verbs.engine import Engine
from extender.verbs.explain import explain_pending
from extender.verbs.hosts import each_host


class Debugging:
    """The answers for the person at the terminal.

    Args:
        engine: what is known.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def attempts(self) -> dict[str, Any]:
        """All attempts that are remembered."""
        with self._engine.lock:
            return render.attempts(list(self._engine.attempts))

    def attempts_of(self, namespace: str, name: str) -> list[dict[str, Any]] | None:
        """A pod's attempts, newest first."""
        with self._engine.lock:
            found = self._engine.attempts.of(namespace, name)
        return [render.attempt(attempt) for attempt in found] or None

    def explain(self, namespace: str, name: str) -> dict[str, Any]:
        """A pending pod judged now.

        Raises:
            LookupError: no pending pod of that name is known, or it cannot be read.
        """
        try:
            return render.explanation(explain_pending(self._engine, namespace, name))
        except TranslateError as error:
            raise LookupError(str(error)) from error

    def hosts(self) -> dict[str, Any]:
        """Every host as the scheduler sees it."""
        return {
            "hosts": each_host(
                self._engine,
                lambda host, shares: {**render.host(host, shares), **render.exact_use(host)},
            ),
            "claims": self._engine.cluster.ledger.claims,
        }
