"""Nova's options that are read and do nothing here, so that an operator can paste their own.

Each is accepted with a notice that says why. An option moves from here into its group's model when
something comes to use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_WATCH = "the watch on the cluster does this here"
_KUBE_SCHEDULER = "kube-scheduler does this here"
_PLACEMENT = "there is no Placement service here"
_NETWORK = "the network of a pod is not Neutron's"
_NO_MACHINE = "a container has neither disk formats nor virtual devices"
_ATTESTATION = "no service is asked: a label or an annotation says how far a node is trusted"
_GONE = "Nova itself has removed it"
_COMPUTE = "it is for Nova's compute service, and the kubelet takes its place here"

DORMANT: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "DEFAULT": MappingProxyType(
            {
                "service_down_time": _WATCH,
                "report_interval": _WATCH,
                "scheduler_instance_sync_interval": _WATCH,
                "scheduler_tracks_instance_changes": _WATCH,
                "internal_service_availability_zone": _COMPUTE,
                "migrate_max_retries": _KUBE_SCHEDULER,
                "pci_passthrough_whitelist": _COMPUTE,
                "scheduler_host_manager": _GONE,
                "scheduler_use_baremetal_filters": _GONE,
                "baremetal_scheduler_default_filters": _GONE,
                "scheduler_json_config_location": _GONE,
                "scheduler_topic": _GONE,
            },
        ),
        "scheduler": MappingProxyType(
            {
                "host_manager": _GONE,
                "max_placement_results": _PLACEMENT,
                "workers": _KUBE_SCHEDULER,
                "discover_hosts_in_cells_interval": _WATCH,
                "query_placement_for_image_type_support": _NO_MACHINE,
                "query_placement_for_routed_network_aggregates": _NETWORK,
                "image_metadata_prefilter": _NO_MACHINE,
            },
        ),
        "filter_scheduler": MappingProxyType(
            {
                "track_instance_changes": _WATCH,
                "pci_in_placement": _PLACEMENT,
                "use_baremetal_filters": _GONE,
                "baremetal_enabled_filters": _GONE,
            },
        ),
        "pci": MappingProxyType(
            {
                "device_spec": _COMPUTE,
                "passthrough_whitelist": _COMPUTE,
                "report_in_placement": _PLACEMENT,
            },
        ),
        "trusted_computing": MappingProxyType(
            {
                "attestation_server": _ATTESTATION,
                "attestation_server_ca_file": _ATTESTATION,
                "attestation_port": _ATTESTATION,
                "attestation_api_url": _ATTESTATION,
                "attestation_auth_blob": _ATTESTATION,
                "attestation_insecure_ssl": _ATTESTATION,
            },
        ),
        "workarounds": MappingProxyType(
            {
                "disable_group_policy_check_upcall": _COMPUTE,
                "disable_fallback_pcpu_query": _PLACEMENT,
            },
        ),
    },
)


def dormant_notice(path: str, why: str) -> str:
    """What is said about an option that was given and does nothing."""
    return f"{path} has no effect here: {why}"
