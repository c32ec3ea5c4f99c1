"""The image properties that Nova knows, and what each may be.

Source: ``nova.objects.image_meta.ImageMetaProps`` and ``nova.objects.fields`` of release 34.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from extender.model.guests import ARCHITECTURES, HYPERVISOR_TYPES, VM_MODES
from extender.translate import property_types as types
from extender.translate.property_types import Reader, named, one_of

_BUS = one_of("fdc", "ide", "sata", "scsi", "usb", "virtio", "xen", "lxc", "uml")
_SCSI = one_of(
    *("buslogic", "ibmvscsi", "lsilogic", "lsisas1068", "lsisas1078", "virtio-scsi", "vmpvscsi"),
    others={"lsilogicsas": "lsisas1068", "paravirtual": "vmpvscsi"},
    capitals=True,
)

PROPERTIES: Mapping[str, Reader] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                *("hw_boot_menu", "hw_ephemeral_encryption", "hw_firmware_stateless"),
                *("hw_ipxe_boot", "hw_locked_memory", "hw_mem_encryption", "hw_pmu"),
                *("hw_qemu_guest_agent", "hw_time_hpet", "hw_vif_multiqueue_enabled"),
                *("hw_virtio_packed_ring", "img_bdm_v2", "img_bittorrent", "img_cache_in_nova"),
                *("img_hide_hypervisor_id", "img_linked_clone", "img_use_agent"),
                *("os_require_quiesce", "os_skip_agent_inject_files_at_boot"),
                "os_skip_agent_inject_ssh",
            ),
            types.boolean,
        ),
        **dict.fromkeys(
            (
                *("hw_cpu_cores", "hw_cpu_max_cores", "hw_cpu_max_sockets", "hw_cpu_max_threads"),
                *("hw_cpu_sockets", "hw_cpu_threads", "hw_device_id", "hw_maxphysaddr_bits"),
                *("hw_numa_nodes", "hw_redirected_usb_ports", "hw_serial_port_count"),
                *("hw_video_ram", "img_compression_level", "img_version"),
            ),
            types.whole,
        ),
        **dict.fromkeys(
            (
                *("hw_auto_disk_config", "hw_cpu_realtime_mask", "hw_disk_type"),
                *("hw_ephemeral_encryption_secret_uuid", "hw_machine_type", "hw_mem_page_size"),
                *("img_owner_id", "img_root_device_name", "img_signature"),
                *("img_signature_certificate_uuid", "os_admin_user", "os_command_line"),
                "os_distro",
            ),
            types.text,
        ),
        **dict.fromkeys(("hw_cdrom_bus", "hw_disk_bus", "hw_floppy_bus", "hw_rescue_bus"), _BUS),
        **dict.fromkeys(("hw_architecture", "hw_emulation_architecture"), named(ARCHITECTURES)),
        **dict.fromkeys(("img_block_device_mapping", "img_mappings"), types.mappings),
        "img_hv_type": named(HYPERVISOR_TYPES),
        "hw_vm_mode": named(VM_MODES),
        "img_hv_requested_version": types.predicate,
        "hw_cpu_policy": one_of("dedicated", "shared", "mixed"),
        "hw_cpu_thread_policy": one_of("prefer", "isolate", "require"),
        "hw_ephemeral_encryption_format": one_of("plain", "luks", "luksv2"),
        "hw_firmware_type": one_of("uefi", "bios"),
        "hw_input_bus": one_of("usb", "virtio"),
        "hw_maxphysaddr_mode": one_of("passthrough", "emulate"),
        "hw_mem_encryption_model": one_of("amd-sev", "amd-sev-es", "amd-sev-snp", "intel-tdx"),
        "hw_pci_numa_affinity_policy": one_of("required", "legacy", "preferred", "socket"),
        "hw_pointer_model": one_of("usbtablet"),
        "hw_rescue_device": one_of("cdrom", "disk", "floppy", "fs", "lun"),
        "hw_rng_model": one_of("virtio"),
        "hw_scsi_model": _SCSI,
        "hw_sound_model": one_of(
            *("sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "virtio")
        ),
        "hw_tpm_model": one_of("tpm-tis", "tpm-crb"),
        "hw_tpm_version": one_of("1.2", "2.0"),
        "hw_usb_model": one_of("none", "nec-xhci", "qemu-xhci"),
        "hw_video_model": one_of(
            *("cirrus", "qxl", "vga", "vmvga", "xen", "virtio", "gop", "none", "bochs")
        ),
        "hw_vif_model": one_of(
            *("virtio", "ne2k_pci", "pcnet", "rtl8139", "e1000", "e1000e", "netfront"),
            *("spapr-vlan", "lan9118", "sriov", "vmxnet", "vmxnet3", "igb"),
            others={
                "virtuale1000": "e1000",
                "virtuale1000e": "e1000e",
                "virtualpcnet32": "pcnet",
                "virtualsriovethernetcard": "sriov",
                "virtualvmxnet": "vmxnet",
                "virtualvmxnet3": "vmxnet3",
            },
            capitals=True,
        ),
        "hw_viommu_model": one_of("intel", "smmuv3", "virtio", "auto"),
        "hw_watchdog_action": one_of("none", "pause", "poweroff", "reset", "disabled"),
        "img_config_drive": one_of("optional", "mandatory"),
        "img_signature_hash_method": one_of("SHA-224", "SHA-256", "SHA-384", "SHA-512"),
        "img_signature_key_type": one_of(
            *("DSA", "ECC_SECP384R1", "ECC_SECP521R1", "ECC_SECT409K1", "ECC_SECT409R1"),
            *("ECC_SECT571K1", "ECC_SECT571R1", "RSA-PSS"),
        ),
        "os_secure_boot": one_of("required", "disabled", "optional"),
        "os_type": one_of("linux", "windows", capitals=True),
    }
)
"""How the properties are read that stand under their own names."""

CELLS: Mapping[str, Reader] = MappingProxyType(
    {"hw_numa_cpus": types.cpus, "hw_numa_mem": types.whole}
)
"""Lists, which are given a NUMA cell at a time: ``hw_numa_mem.0``, ``hw_numa_mem.1``."""

TRAITS = "traits_required"
"""A list too, which is given a trait at a time: ``trait:NAME`` is ``required``."""

RENAMED: Mapping[str, str] = MappingProxyType(
    {
        "architecture": "hw_architecture",
        "auto_disk_config": "hw_auto_disk_config",
        "bdm_v2": "img_bdm_v2",
        "bittorrent": "img_bittorrent",
        "block_device_mapping": "img_block_device_mapping",
        "cache_in_nova": "img_cache_in_nova",
        "hypervisor_type": "img_hv_type",
        "hypervisor_version_requires": "img_hv_requested_version",
        "ipxe_boot": "hw_ipxe_boot",
        "mappings": "img_mappings",
        "owner_id": "img_owner_id",
        "root_device_name": "img_root_device_name",
        "vm_mode": "hw_vm_mode",
        "vmware_disktype": "hw_disk_type",
        "vmware_image_version": "img_version",
        "vmware_linked_clone": "img_linked_clone",
        "vmware_ostype": "os_distro",
        "xenapi_device_id": "hw_device_id",
        "xenapi_image_compression_level": "img_compression_level",
        "xenapi_skip_agent_inject_files_at_boot": "os_skip_agent_inject_files_at_boot",
        "xenapi_skip_agent_inject_ssh": "os_skip_agent_inject_ssh",
        "xenapi_use_agent": "img_use_agent",
    }
)
"""Names before release 13. Where the new name is given too, its value counts."""

ADAPTER = "vmware_adaptertype"
"""An old name of two properties: ``ide`` is a disk bus, any other a SCSI model."""
