"""What is asked: kube-scheduler's requests for a pod, as bytes that only want the pod's UID."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.cluster import GENERAL, name

WORKERS = 16
"""kube-scheduler's ``parallelism``; its workers leave the nodes in the order they end."""

_RECORDED = Path(__file__).parents[1] / "contract/recorded/names/deployment-1-filter.json"
_UID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Question:
    """The body of a call, in two parts around the pod's UID.

    Each cycle is about another pod: answers that hang on the UID must be worked out each time.
    """

    before: bytes
    after: bytes

    def body(self, uid: bytes) -> bytes:
        """The body for a pod."""
        return self.before + uid + self.after


def uid(number: int) -> bytes:
    """The UID of the pod of a cycle, as long as any other."""
    return f"{number:08x}-5c1d-4e2f-8a3b-4c5d6e7f8091".encode()


def question(pod: dict[str, Any], names: list[str]) -> Question:
    """A pod and the nodes in question, as kube-scheduler writes them (``nodeCacheCapable``)."""
    args = {"Pod": pod, "Nodes": None, "NodeNames": names}
    before, after = json.dumps(args, separators=(",", ":")).encode().split(_UID.encode())
    return Question(before, after)


def whole_question(pod: dict[str, Any], nodes: Iterable[bytes]) -> Question:
    """A pod and whole nodes, as an extender without a cache gets them."""
    before, after = json.dumps(pod, separators=(",", ":")).encode().split(_UID.encode())
    items = b",".join(nodes)
    tail = b',"Nodes":{"metadata":{},"items":[' + items + b']},"NodeNames":null}'
    return Question(b'{"Pod":' + before, after + tail)


def pod(*, mixed: bool) -> dict[str, Any]:
    """The recorded pod of a Deployment, grown to the size of an ordinary one, about 2.4 kB.

    Args:
        mixed: ask for the zone and the amounts that a third of a mixed cluster has not.
    """
    found: dict[str, Any] = json.loads(_RECORDED.read_bytes())["body"]["Pod"]
    found["metadata"]["uid"] = _UID
    found["metadata"]["labels"] |= {
        "app.kubernetes.io/name": "shop",
        "app.kubernetes.io/component": "checkout",
        "app.kubernetes.io/managed-by": "Helm",
        "helm.sh/chart": "shop-4.2.0",
    }
    found["metadata"]["annotations"] = {"prometheus.io/scrape": "true"}
    main = found["spec"]["containers"][0]
    main["ports"] = [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]
    main["env"] = [{"name": f"SHOP_{n}", "value": f"http://backend-{n}"} for n in range(4)]
    main["readinessProbe"] = {
        "httpGet": {"path": "/ready", "port": "http", "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
    }
    requests = {"cpu": "1", "memory": "2Gi", "ephemeral-storage": "2Gi"}
    main["resources"] = {"requests": requests, "limits": {"memory": "2Gi"}}
    if mixed:
        found["metadata"]["annotations"]["nova-extender.io/availability_zone"] = GENERAL
    return found


def orders(count: int, how_many: int) -> list[list[str]]:
    """All nodes' names, in orders that kube-scheduler might send them in.

    Its workers take chunks of about √n nodes and append each node that passes: chunks in progress
    mix (``pkg/scheduler/framework/parallelize``, ``findNodesThatPassFilters``).
    """
    rng = random.Random(2)  # noqa: S311 - an order, not a secret
    return [_order(count, rng) for _ in range(how_many)]


def _order(count: int, rng: random.Random) -> list[str]:
    size = int(count**0.5) + 1
    waiting = [list(range(begin, min(begin + size, count))) for begin in range(0, count, size)]
    waiting.reverse()
    working: list[list[int]] = []
    found = []
    while working or waiting:
        while waiting and len(working) < WORKERS:
            working.append(waiting.pop())
        turn = rng.randrange(len(working))
        found.append(name(working[turn].pop(0)))
        if not working[turn]:
            del working[turn]
    return found
