"""A case's options set in Nova's configuration, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.conformance.case import Case

_METRICS = "metrics_"
_OTHER_GROUPS = {
    "default_availability_zone": None,
    "max_attempts": "scheduler",
    "attestation_auth_timeout": "trusted_computing",
    "packing_host_numa_cells_allocation_strategy": "compute",
}


def place(name: str) -> tuple[str, str | None]:
    """Nova's own name and group of an option."""
    if name in _OTHER_GROUPS:
        return name, _OTHER_GROUPS[name]
    if name.startswith(_METRICS):
        return name.removeprefix(_METRICS), "metrics"
    return name, "filter_scheduler"


class Options:
    """Nova's ``CONF`` with what a case says.

    Args:
        conf: the release's ``CONF``.
        without: options that the release does not have, or does not read in what is asked of it.
    """

    def __init__(self, conf: Any, without: tuple[str, ...] = ()) -> None:
        self.conf = conf
        self.without = without

    @contextmanager
    def of(self, case: Case) -> Iterator[None]:
        """Set the case's options."""
        chosen = [
            (*place(name), value)
            for name, value in case.get("options", {}).items()
            if name not in self.without
        ]
        for name, group, value in chosen:
            self.conf.set_override(name, _value(value), group=group)
        try:
            yield
        finally:
            for name, group, _ in chosen:
                self.conf.clear_override(name, group=group)


def _value(value: Any) -> Any:
    """Settings are pairs in a case, and ``name=number`` in Nova."""
    if isinstance(value, list) and value and isinstance(value[0], list):
        return [f"{name}={ratio}" for name, ratio in value]
    return value
