"""Devices: the pools that a host has, and what requests ask of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PciPool:
    """Devices of a host that are alike (Nova's PCI device pool): one extended resource.

    Args:
        resource: its name, such as ``nvidia.com/gpu``.
        total: how many the node offers.
        attributes: what else is known of them, by name: ``vendor_id``, ``product_id``, tags.
    """

    resource: str
    total: int
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PciRequest:
    """Nova's ``InstancePCIRequest``: so many devices of pools that one of the specs describes.

    Args:
        count: how many.
        spec: alternatives; of each, the attributes that a pool must have, ``resource`` among them.
        alias: the name that the request was made by, "" for an extended resource of the pod.
    """

    count: int
    spec: tuple[tuple[tuple[str, str], ...], ...]
    alias: str = ""
