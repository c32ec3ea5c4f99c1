"""A Lease of coordination.k8s.io/v1: what stands in it, and the calls that read and write it.

Source: ``staging/src/k8s.io/api/coordination/v1/types.go``, and
``tools/leaderelection/resourcelock`` of client-go for what goes into which field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from extender.kube.calls import Calls
from extender.kube.connection import Interrupt
from extender.kube.errors import ApiError, TransportError
from extender.kube.paths import part
from extender.kube.times import micro_time


@dataclass(frozen=True, slots=True)
class Lease:
    """A Lease as the server has it.

    Args:
        whole: the object; what is not ours to change is written back as it was read.
        spec: its ``spec``, empty if it has none.
        holder: ``holderIdentity``, empty if nobody holds it.
        duration: ``leaseDurationSeconds``, None if nothing useful is there.
        transitions: ``leaseTransitions``, 0 if nothing useful is there.
    """

    whole: Mapping[str, Any]
    spec: Mapping[str, Any]
    holder: str
    duration: int | None
    transitions: int


def read_lease(body: bytes) -> Lease:
    """Takes a Lease apart.

    Raises:
        TransportError: of kind ``protocol``: this is no Lease, or it has no version to update.
    """
    try:
        whole = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise TransportError(f"not a Lease: {error}", "protocol") from error
    metadata = whole.get("metadata") if isinstance(whole, dict) else None
    if not isinstance(metadata, dict) or not metadata.get("resourceVersion"):
        raise TransportError("not a Lease: it has no metadata.resourceVersion", "protocol")
    spec = whole.get("spec")
    if not isinstance(spec, dict):
        spec = {}
    holder = spec.get("holderIdentity")
    duration = spec.get("leaseDurationSeconds")
    transitions = spec.get("leaseTransitions")
    return Lease(
        whole=whole,
        spec=spec,
        holder=holder if isinstance(holder, str) else "",
        duration=duration if isinstance(duration, int) and duration > 0 else None,
        transitions=transitions if isinstance(transitions, int) and transitions >= 0 else 0,
    )


class LeaseCalls:
    """The calls about one Lease.

    Args:
        transport: the way to the API server.
        namespace: where the Lease is, or will be made.
        name: its name.
        identity: who takes it.
        seconds: how long others shall wait for its next renewal.
        now: seconds since the epoch.

    Raises:
        ValueError: the namespace or the name is empty.
    """

    def __init__(
        self,
        transport: Calls,
        namespace: str,
        name: str,
        identity: str,
        seconds: int,
        now: Callable[[], float],
    ) -> None:
        self._transport = transport
        self._namespace, self._name = namespace, name
        self._all = f"/apis/coordination.k8s.io/v1/namespaces/{part(namespace)}/leases"
        self._one = f"{self._all}/{part(name)}"
        self._identity = identity
        self._seconds = seconds
        self._now = now

    def read(self, timeout: float, interrupt: Interrupt) -> Lease | None:
        """The Lease as it is now; None if there is none.

        Raises:
            ApiError: refused.
            TransportError: no whole answer in time, or no Lease.
        """
        try:
            answer = self._transport.get(self._one, None, timeout, interrupt=interrupt)
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise
        return read_lease(answer.body)

    def take(self, lease: Lease | None, timeout: float, interrupt: Interrupt) -> Lease:
        """Makes the Lease ours, or renews it, unless it has changed since it was read.

        Whoever holds it keeps the time of acquiring; anybody else is one more transition.

        Args:
            lease: as it was read; None where there is none, to make it.
            timeout: seconds for the call.
            interrupt: ends the call.

        Raises:
            ApiError: refused: 409 if it has changed, or was made meanwhile.
            TransportError: as for `read`; it is not known whether the Lease is ours.
        """
        at = micro_time(self._now())
        ours = {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": self._seconds,
            "renewTime": at,
        }
        if lease is None:
            whole = {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"namespace": self._namespace, "name": self._name},
                "spec": {**ours, "acquireTime": at, "leaseTransitions": 0},
            }
            body = msgspec.json.encode(whole)
            answer = self._transport.send("POST", self._all, body, timeout, interrupt=interrupt)
            return read_lease(answer.body)
        if lease.holder != self._identity:
            ours |= {"acquireTime": at, "leaseTransitions": lease.transitions + 1}
        return self._update(lease, ours, timeout, interrupt)

    def release(self, lease: Lease, timeout: float, interrupt: Interrupt) -> None:
        """Leaves the Lease to whoever wants it, as ``ReleaseOnCancel`` of client-go does.

        Raises:
            ApiError: refused: 409 if it has changed since it was read.
            TransportError: as for `read`.
        """
        at = micro_time(self._now())
        nobodys = {
            "holderIdentity": "",
            "leaseDurationSeconds": 1,
            "acquireTime": at,
            "renewTime": at,
        }
        self._update(lease, nobodys, timeout, interrupt)

    def _update(
        self, lease: Lease, changes: Mapping[str, Any], timeout: float, interrupt: Interrupt
    ) -> Lease:
        # The version that was read goes along: the server refuses if there is a newer one.
        body = msgspec.json.encode({**lease.whole, "spec": {**lease.spec, **changes}})
        answer = self._transport.send("PUT", self._one, body, timeout, interrupt=interrupt)
        return read_lease(answer.body)
