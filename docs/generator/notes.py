"""A word on filters and weighers of which somebody who knows Nova would expect something else.

Most of them have another meaning on Kubernetes, or little of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_WHOLE_NODE = "Only for pods that take all that a node's other pods leave."
_LEGACY = "No ServerGroup has the policy it is for: every host passes."
_HINT = "The hint is an annotation of the pod."

NOTES: Mapping[str, str] = MappingProxyType(
    {
        "AggregateImagePropertiesIsolation": (
            "Images have no properties in the API: an annotation of the pod states them."
        ),
        "AggregateTypeAffinityFilter": (
            "Its code has been shown as `TypeFilter`, with words that the host must already run"
            " instances of the same flavor: that is TypeAffinityFilter's behaviour, not this one's."
        ),
        "ComputeCapabilitiesFilter": (
            "No libvirt tells of the CPU: labels of Node Feature Discovery do, and annotations."
        ),
        "CrossCellWeigher": (
            "A cluster is one cell unless nodes carry the label `nova-extender.io/cell`."
        ),
        "DifferentHostFilter": _HINT,
        "ExactCoreFilter": _WHOLE_NODE,
        "ExactDiskFilter": _WHOLE_NODE,
        "ExactRamFilter": _WHOLE_NODE,
        "GroupAffinityFilter": _LEGACY,
        "GroupAntiAffinityFilter": _LEGACY,
        "HypervisorVersionWeigher": "The version is the container runtime's.",
        "ImagePropertiesFilter": (
            "An annotation of the pod states the properties; a node runs containers of its own"
            " architecture and runtime, and what its annotation adds."
        ),
        "ImagePropertiesWeigher": (
            "Images have no properties in the API: an annotation of each pod states them."
        ),
        "JsonFilter": _HINT,
        "MetricsFilter": "Metrics come from an annotation of the node, or from metrics.k8s.io.",
        "MetricsWeigher": "Metrics come from an annotation of the node, or from metrics.k8s.io.",
        "NUMATopologyFilter": (
            "Whether a pod gets the cells is up to the kubelet, which admits it later; cells come"
            " from NodeResourceTopology, or from an annotation of the node."
        ),
        "PCIWeigher": "Devices are extended resources.",
        "PciPassthroughFilter": (
            "kube-scheduler counts extended resources itself; only devices asked for by an alias"
            " are news to it. No virtual functions, no vDPA."
        ),
        "SameHostFilter": _HINT,
        "SimpleCIDRAffinityFilter": "The hints are an annotation of the pod.",
        "TrustedFilter": (
            "There is no attestation service: whoever attests nodes writes a label or annotation."
            " A kubelet may write those of its own node, but for `node-restriction` labels."
        ),
        "TypeAffinityFilter": "For pods that name a Flavor; the others do not count.",
    }
)
"""Class → one sentence or two."""

AGGREGATE_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "AggregateImagePropertiesIsolation": "the names of image properties",
        "AggregateInstanceExtraSpecsFilter": "those that the extra specs name",
        "AggregateMultiTenancyIsolation": "those that start with `filter_tenant_id`",
    }
)
"""Filter → which keys of aggregates' metadata it reads, where it goes through all of them."""
