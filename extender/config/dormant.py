"""Nova's options that are read and do nothing here, so that an operator can paste their own.

Each is accepted with a notice that says why. An option moves from here into its group's model when
something comes to use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_LATER = "its filter or weigher is not part of it"
_WATCH = "the watch on the cluster does this here"
_KUBE_SCHEDULER = "kube-scheduler does this here"
_PLACEMENT = "there is no Placement service here"
_DRIVER = "it belongs to a driver that is not part of it"
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
                "isolated_images": _LATER,
                "isolated_hosts": _LATER,
                "restrict_isolated_hosts_to_isolated_images": _LATER,
                "aggregate_image_properties_isolation_namespace": _LATER,
                "aggregate_image_properties_isolation_separator": _LATER,
                "soft_affinity_weight_multiplier": _LATER,
                "soft_anti_affinity_weight_multiplier": _LATER,
                "pci_alias": _LATER,
                "pci_passthrough_whitelist": _COMPUTE,
                "scheduler_driver_task_period": _DRIVER,
                "scheduler_host_manager": _GONE,
                "scheduler_use_baremetal_filters": _GONE,
                "baremetal_scheduler_default_filters": _GONE,
                "scheduler_json_config_location": _GONE,
                "scheduler_topic": _GONE,
            },
        ),
        "scheduler": MappingProxyType(
            {
                "periodic_task_interval": _DRIVER,
                "host_manager": _GONE,
                "max_placement_results": _PLACEMENT,
                "workers": _KUBE_SCHEDULER,
                "discover_hosts_in_cells_interval": _WATCH,
                "limit_tenants_to_placement_aggregate": _PLACEMENT,
                "placement_aggregate_required_for_tenants": _PLACEMENT,
                "query_placement_for_availability_zone": _PLACEMENT,
                "query_placement_for_image_type_support": _PLACEMENT,
                "query_placement_for_routed_network_aggregates": _PLACEMENT,
                "enable_isolated_aggregate_filtering": _PLACEMENT,
                "image_metadata_prefilter": _PLACEMENT,
            },
        ),
        "filter_scheduler": MappingProxyType(
            {
                "track_instance_changes": _WATCH,
                "isolated_images": _LATER,
                "isolated_hosts": _LATER,
                "restrict_isolated_hosts_to_isolated_images": _LATER,
                "aggregate_image_properties_isolation_namespace": _LATER,
                "aggregate_image_properties_isolation_separator": _LATER,
                "image_properties_default_architecture": _LATER,
                "image_props_weight_setting": _LATER,
                "image_props_weight_multiplier": _LATER,
                "pci_weight_multiplier": _LATER,
                "soft_affinity_weight_multiplier": _LATER,
                "soft_anti_affinity_weight_multiplier": _LATER,
                "build_failure_weight_multiplier": _LATER,
                "cross_cell_move_weight_multiplier": _LATER,
                "hypervisor_version_weight_multiplier": _LATER,
                "num_instances_weight_multiplier": _LATER,
                "pci_in_placement": _PLACEMENT,
                "use_baremetal_filters": _GONE,
                "baremetal_enabled_filters": _GONE,
            },
        ),
        "metrics": MappingProxyType(
            {
                "weight_multiplier": _LATER,
                "weight_setting": _LATER,
                "required": _LATER,
                "weight_of_unavailable": _LATER,
            },
        ),
        "compute": MappingProxyType(
            {
                "consecutive_build_service_disable_threshold": _LATER,
                "packing_host_numa_cells_allocation_strategy": _LATER,
            },
        ),
        "pci": MappingProxyType(
            {
                "alias": _LATER,
                "device_spec": _COMPUTE,
                "passthrough_whitelist": _COMPUTE,
                "report_in_placement": _PLACEMENT,
            },
        ),
        "trusted_computing": MappingProxyType(
            {
                "attestation_server": _LATER,
                "attestation_server_ca_file": _LATER,
                "attestation_port": _LATER,
                "attestation_api_url": _LATER,
                "attestation_auth_blob": _LATER,
                "attestation_auth_timeout": _LATER,
                "attestation_insecure_ssl": _LATER,
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
    return f"{path} has no effect in this release: {why}"
