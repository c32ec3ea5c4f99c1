"""Who this process is to the cluster: its pod, and where its Lease lies."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


@dataclass(frozen=True, slots=True)
class Identity:
    """This process.

    Args:
        namespace: where it lives; ``default`` outside of a cluster.
        pod: the name of its pod; empty outside of a cluster.
        unique: a name that no other process has, nor this one after a restart.
    """

    namespace: str
    pod: str
    unique: str


def identity(
    environment: Mapping[str, str] = os.environ, namespace_file: Path = NAMESPACE_FILE
) -> Identity:
    """What the environment tells: ``POD_NAME`` and ``POD_NAMESPACE``, by the downward API.

    Without ``POD_NAMESPACE`` the namespace is the service account's.
    """
    namespace = environment.get("POD_NAMESPACE", "")
    if not namespace:
        try:
            namespace = namespace_file.read_text().strip()
        except OSError:
            namespace = ""
    pod = environment.get("POD_NAME", "")
    unique = f"{pod or socket.gethostname()}_{uuid.uuid4().hex[:12]}"
    return Identity(namespace or "default", pod, unique)
