"""What the table says is used, kept in step with the pods that count."""

from __future__ import annotations

from extender.model.contribution import Contribution
from extender.model.host_state import HostState
from extender.model.host_table import HostTable


class Usage:
    """Puts pods on the table's hosts and takes them off; hosts that it does not have are skipped.

    A host's columns follow with ``refresh``, once however many of its pods have changed.
    """

    def __init__(self, table: HostTable) -> None:
        self._table = table
        self._touched: set[str] = set()

    def add(self, entry: Contribution) -> None:
        """Put a pod on its host."""
        host = self._host(entry.host)
        if host is not None:
            charge(host, entry)
            self._touched.add(entry.host)

    def subtract(self, entry: Contribution) -> None:
        """Take a pod off its host, as it was put there."""
        host = self._host(entry.host)
        if host is not None:
            host.cpu.used -= entry.milli_vcpus
            host.ram.used -= entry.memory
            host.disk.used -= entry.disk
            host.use_virtual(entry.virtual, -1)
            host.num_io_ops -= entry.io_op
            host.use_extended(entry.extended, -1)
            host.remove_instance(entry.instance.uuid)
            self._touched.add(entry.host)

    def refresh(self) -> None:
        """Bring the columns of the hosts into step whose use has changed: a row each."""
        for name in self._touched:
            host = self._host(name)
            if host is not None:
                self._table.usage_changed(host)
        self._touched.clear()

    def _host(self, name: str) -> HostState | None:
        row = self._table.row(name)
        return None if row is None else self._table.host_state(row)


def charge(host: HostState, entry: Contribution) -> None:
    """Put a pod on a host, be it the table's or not."""
    host.cpu.used += entry.milli_vcpus
    host.ram.used += entry.memory
    host.disk.used += entry.disk
    host.use_virtual(entry.virtual)
    host.num_io_ops += entry.io_op
    host.use_extended(entry.extended)
    host.add_instance(entry.instance)
