"""Who may ask over TLS: the clients whose certificate bears one of the names allowed.

That an authority has signed a certificate says little: a cluster's own signs those of every node.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

OPTION: Final = "server.allowed_clients"

_TOLD: Final = 100
"""Strangers that are told of, each once: their authority could go on making up names."""

_NAMES: Final = 5
_LONGEST: Final = 100


class AllowedClients:
    """Judges clients by the names in their certificates. For any number of threads.

    Args:
        names: those who may ask; a CN or a DNS name, letter by letter.
        tell: told of each stranger, once.
    """

    def __init__(self, names: Iterable[str], tell: Callable[[str], object]) -> None:
        self._names = frozenset(names)
        self._tell = tell
        self._lock = threading.Lock()
        self._told: set[str] = set()

    def refusal(self, certificate: Mapping[str, Any]) -> str:
        """Why a client may not ask; "" for one that may.

        Args:
            certificate: what ``ssl.SSLSocket.getpeercert`` gives, of a client that was verified.
        """
        found = names_of(certificate)
        if not self._names.isdisjoint(found):
            return ""
        text = f"{_of_whom(found)} is valid, but {OPTION} does not name it"
        with self._lock:
            new = text not in self._told and len(self._told) < _TOLD
            if new:
                self._told.add(text)
        if new:
            self._tell(f"a client was refused: {text}")
        return text


def names_of(certificate: Mapping[str, Any]) -> list[str]:
    """The names in a certificate: its CN, and its DNS names.

    Of several CNs the last, which is the one that Go, and with it Kubernetes, takes for its name.
    """
    common = [
        value
        for part in certificate.get("subject", ())
        for key, value in part
        if key == "commonName"
    ]
    alternative = [value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"]
    return list(dict.fromkeys([*common[-1:], *alternative]))


def _of_whom(names: list[str]) -> str:
    if not names:
        return "the client's certificate, which has neither CN nor DNS name,"
    shown = ", ".join(json.dumps(name[:_LONGEST], ensure_ascii=False) for name in names[:_NAMES])
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return f"the certificate of {shown}{more}"
