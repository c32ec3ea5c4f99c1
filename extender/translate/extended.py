"""Which resources are extended ones: devices and whatever else is counted under a domain."""

from __future__ import annotations

from extender.translate.annotations import PREFIX


def is_extended(name: str) -> bool:
    """Whether a resource of this name is an extended one, and none of ours.

    A name without a domain, or with ``kubernetes.io/`` in it, is one of Kubernetes' own; those
    under ``nova-extender.io/`` stand for vCPUs, memory and disk.
    Source: ``IsExtendedResourceName`` in Kubernetes' ``pkg/apis/core/v1/helper``.
    """
    return "/" in name and "kubernetes.io/" not in name and not name.startswith(PREFIX)
