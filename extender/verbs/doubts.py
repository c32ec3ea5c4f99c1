"""Asking what became of binds that were never answered, once somebody can be asked again."""

from __future__ import annotations

import time
from collections.abc import Callable

from extender.kube.errors import KubeError
from extender.model.contribution import Contribution
from extender.translate.errors import TranslateError
from extender.translate.objects import Pod, decode_pod
from extender.verbs.engine import Engine

PAUSE = 2.0
"""Seconds between two looks at a pod that is not bound. A request that we gave up may still lie in
the API server's hands, which carries it out as soon as it gets to it, or never."""

AT_MOST = 100
"""Pods asked about in one round."""

TIMEOUT = 2.0


class Doubts:
    """Settles claims whose Binding had no answer; every second or so.

    A pod that is bound stays claimed until the watch shows it. One that is seen unbound twice, with
    a pause between, is not bound any more, and its claim is dropped. Without this the claim would
    stay for a minute (``verbs.bind.DOUBT``), taking room that is free.

    Args:
        engine: what is known.
        get_pod: asks the API server for a pod by namespace and name, ``None`` if there is none;
            raises ``KubeError``.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        engine: Engine,
        get_pod: Callable[[str, str, float], bytes | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._get_pod = get_pod
        self._clock = clock
        self._unbound: dict[str, tuple[Contribution, float]] = {}

    def run(self) -> None:
        """One round; ends at the first question that has no answer."""
        with self._engine.lock:
            doubted = self._engine.cluster.ledger.doubted()
        known = {entry.instance.uuid for entry in doubted}
        self._unbound = {uid: seen for uid, seen in self._unbound.items() if uid in known}
        for entry in doubted[:AT_MOST]:
            try:
                raw = self._get_pod(entry.instance.namespace, entry.instance.name, TIMEOUT)
            except KubeError:
                return
            try:
                self._settle(entry, None if raw is None else decode_pod(raw))
            except TranslateError:
                continue  # the watch tells of it, and the claim lapses by itself

    def _settle(self, entry: Contribution, pod: Pod | None) -> None:
        uid, ledger = entry.instance.uuid, self._engine.cluster.ledger
        if pod is not None and pod.uid == uid and not pod.terminal:
            if pod.node_name == entry.host:
                with self._engine.lock:
                    ledger.confirm(uid, entry)
                return
            if not pod.node_name and not self._seen_before(entry):
                return
        with self._engine.lock:
            ledger.drop(uid, entry)

    def _seen_before(self, entry: Contribution) -> bool:
        """Whether this very claim was seen unbound long enough ago; notes the first time."""
        uid, now = entry.instance.uuid, self._clock()
        seen = self._unbound.get(uid)
        if seen is None or seen[0] is not entry:
            self._unbound[uid] = (entry, now)
            return False
        return now - seen[1] >= PAUSE
