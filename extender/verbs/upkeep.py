"""Looking after what is known: claims that nobody confirms, and sums that must be right."""

from __future__ import annotations

from collections.abc import Callable

from extender.state.recount import Recounter
from extender.verbs.engine import Engine

SAMPLE = 500
"""Hosts recounted in one round. What takes time is to look at every pod once, so a larger sample
costs little more: some 10 ms of the lock for 50,000 pods."""


class Upkeep:
    """Both halves of it, to be run again and again.

    Args:
        engine: whose cluster is looked after.
        heard: when the watch of pods last said something, on the clock that claims lapse by;
            ``None`` before it ever did.
        expired: told how many claims were given up since.
        drifted: told how many differences a recount found.
        aged: told that entries of the retry history have aged out: pods may fit again.
        tell: one line for people.
    """

    def __init__(
        self,
        engine: Engine,
        heard: Callable[[], float | None],
        *,
        expired: Callable[[int], object],
        drifted: Callable[[int], object],
        aged: Callable[[str], object],
        tell: Callable[[str], object],
    ) -> None:
        self._engine = engine
        self._heard = heard
        self._expired = expired
        self._drifted = drifted
        self._aged = aged
        self._tell = tell
        self._recounter = Recounter(SAMPLE)
        self._told_expired = 0

    def run(self) -> None:
        """Let claims lapse, and forget what is too old; every second."""
        engine = self._engine
        heard = self._heard()
        with engine.lock:
            ledger = engine.cluster.ledger
            lapsed = [] if heard is None else ledger.lapse(heard)
            expired = ledger.claims_expired
            pruned = engine.cluster.retries.prune(engine.now())
            given_up = engine.cluster.provisional.expire(engine.scheduler.clock())
            for uid in given_up:
                engine.gave_back(uid)
        self._expired(expired - self._told_expired + len(given_up))
        self._told_expired = expired
        for entry in lapsed:
            pod = entry.instance
            self._tell(
                f"the claim of pod {pod.namespace}/{pod.name} on node {entry.host} was given up: "
                "its Binding was never answered, and the watch does not show it"
            )
        if pruned:
            self._aged("retry history aged out")
        if given_up:
            self._aged("a chosen host was not bound to in time")

    def recount(self) -> None:
        """Recount a sample of the hosts, of all pods that are known; every ten seconds."""
        with self._engine.lock:
            drifts = self._recounter.run(self._engine.cluster)
        if drifts:
            self._drifted(len(drifts))
            for drift in drifts:
                self._tell(f"recount: {drift}; mended")
