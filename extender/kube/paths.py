"""Paths of objects at the API server, with names put in so that they stay names."""

from __future__ import annotations

from urllib.parse import quote

_DOTS = {".": "%2E", "..": "%2E%2E"}
"""What a client, a proxy or the server would take for a step in the path."""


def part(text: str) -> str:
    """A name as one part of a path.

    Raises:
        ValueError: it is empty: the path would be that of something else.
    """
    if not text:
        raise ValueError("a part of a path is empty; a name is needed")
    return _DOTS.get(text) or quote(text, safe="")


def pods_path(namespace: str | None = None) -> str:
    """All pods, or those of a namespace."""
    return "/api/v1/pods" if namespace is None else f"/api/v1/namespaces/{part(namespace)}/pods"


def pod_path(namespace: str, name: str, subresource: str = "") -> str:
    """A pod, or a subresource of it such as ``binding``."""
    path = f"{pods_path(namespace)}/{part(name)}"
    return f"{path}/{subresource}" if subresource else path
