"""The verb bind on the wire: ``ExtenderBindingArgs`` in, ``ExtenderBindingResult`` out.

Shapes: kubernetes ``staging/src/k8s.io/kube-scheduler/extender/v1/types.go``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from extender.protocol.errors import ProtocolError
from extender.protocol.reading import Members, members, pick, read, string
from extender.protocol.replies import error_body

EXPECTED: Final = (
    'expected ExtenderBindingArgs, {"PodName": "...", "PodNamespace": "...", "PodUID": "...", '
    '"Node": "..."}'
)
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class BindingArgs:
    """One order of kube-scheduler: bind this pod to this node."""

    pod_name: str
    pod_namespace: str
    pod_uid: str
    node: str


def decode_binding_args(body: bytes) -> BindingArgs:
    """Decode an ``ExtenderBindingArgs``.

    Keys are matched as in ``decode_args``. Nothing may be missing or empty: without the UID a pod
    made anew under the same name would be bound in the place of the one that was judged. Names must
    be such as objects have, for they become part of an address of the API server.

    Raises:
        ProtocolError: and nothing else, whatever the bytes are.
    """
    return read(body, _decode, EXPECTED)


def binding_result(error: str = "") -> bytes:
    """Encode an ``ExtenderBindingResult``; without an error it says that the pod is bound.

    The text reaches the user word for word, in the pod's ``FailedScheduling`` event.
    """
    return error_body(error)


def _decode(body: bytes) -> BindingArgs:
    found = members(body, "$", EXPECTED)
    return BindingArgs(
        pod_name=_name(found, "PodName"),
        pod_namespace=_name(found, "PodNamespace"),
        pod_uid=_text(found, "PodUID"),
        node=_name(found, "Node"),
    )


def _text(found: Members, key: str) -> str:
    path = f"$.{key}"
    value = pick(found, key)
    text = "" if value is None else string(value, path, "a string")
    if not text:
        raise ProtocolError(f"{path} is missing, null or empty; {EXPECTED}", path=path)
    return text


def _name(found: Members, key: str) -> str:
    text = _text(found, key)
    if not _NAME.fullmatch(text):
        path = f"$.{key}"
        raise ProtocolError(
            f"{path} is no object's name; expected up to 253 letters, digits, '-', '_' and '.', a "
            "letter or digit first and last",
            path=path,
        )
    return text
