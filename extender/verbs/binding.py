"""What the verb ``bind`` works with: the API server as it needs it, and how a bind can end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from extender.kube.binding import Binding, Outcome, Result
from extender.kube.errors import ApiError, KubeError, TransportError
from extender.protocol.binding import BindingArgs
from extender.translate.objects import Pod
from extender.verbs.claim import Claim

NODE_GONE = "node_gone"
CLAIM_REFUSED = "claim_refused"
BUSY = "busy"
OUTCOMES = (*(outcome.value for outcome in Outcome), CLAIM_REFUSED, NODE_GONE, BUSY)
"""Every way a bind ends, as ``binds_total`` counts them."""

SILENT = (Outcome.UNKNOWN.value, Outcome.UNAVAILABLE.value)
"""Those of an API server that did not answer, or could not."""

TRIED = (Outcome.REFUSED.value, NODE_GONE)
"""Those that count as an attempt of the pod (design §8). A refused claim does not, as in Nova; nor
does what is no fault of the host's: an API server out of reach, a pod that is gone or taken."""


class Api(Protocol):
    """What bind asks of the API server."""

    def bind(self, binding: Binding, budget: float, /, already: int = 0) -> Result:
        """Bind the pod; ``already`` is how many bytes of other annotations it has."""

    def get_pod(self, namespace: str, name: str, timeout: float, /) -> bytes | None:
        """The pod's JSON, ``None`` if there is none of that name."""

    def pods_on(self, node: str, timeout: float, /) -> Iterable[bytes | msgspec.Raw]:
        """The pods bound to the node that have not ended, as they are now."""

    def pods_in(self, namespace: str, timeout: float, /) -> Iterable[bytes | msgspec.Raw]:
        """The pods of a namespace, as they are now."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A bind that counts as an attempt: what the pod's annotations are to say of it from now on."""

    namespace: str
    name: str
    uid: str
    annotations: Mapping[str, str]


@dataclass(slots=True)
class Work:
    """One call on its way."""

    args: BindingArgs
    deadline: float
    pod: Pod | None = None
    claim: Claim | None = None

    def half(self, now: float) -> float:
        """Half of the seconds that are left: what comes after needs some, too."""
        return max(0.1, (self.deadline - now) / 2)


def briefly(error: KubeError) -> str:
    """What went wrong, in the same words each time: a new text makes kube-scheduler try anew."""
    if isinstance(error, ApiError):
        return f"it answers {error.status} {error.reason}"
    return f"{error.kind} fault" if isinstance(error, TransportError) else "no way to it"


def named(args: BindingArgs) -> str:
    """The pod's name for people."""
    return f"{args.pod_namespace}/{args.pod_name}"


class NotBoundError(Exception):
    """How a bind ended that did not bind, and what kube-scheduler is told."""

    def __init__(self, outcome: str, text: str) -> None:
        super().__init__(text)
        self.outcome = outcome
        self.text = text
