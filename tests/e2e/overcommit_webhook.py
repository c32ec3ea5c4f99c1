"""The mutating webhook at work: an extender that serves it, and the chart that has it asked."""

from __future__ import annotations

import base64
import re
import socket
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tests.e2e import chart
from tests.e2e.api import ApiError, Object
from tests.e2e.chart import Helm
from tests.e2e.controlplane import ControlPlane
from tests.e2e.extender_process import LOOPBACK, Extender, start_extender
from tests.e2e.process import free_ports
from tests.e2e.waiting import wait_until
from tests.issued import Issued

LABEL = {"nova-extender.io/overcommit": "true"}
CONFIGURATION = (
    "apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/nova-extender-overcommit"
)
# The chart's words for resources, and the options'.
OPTIONS = {"cpu": "cpu", "memory": "ram", "ephemeral-storage": "disk"}


class Webhook:
    """An extender with the webhook at a port of its own, and the chart installed.

    Args:
        control_plane: Where.
        workdir: For the certificate and the extender's files.
    """

    def __init__(self, control_plane: ControlPlane, workdir: Path) -> None:
        self.control_plane = control_plane
        self.api = control_plane.api
        self.issued = Issued(workdir / "certificate")
        self.extender: Extender | None = None
        self._workdir = workdir
        (self.port,) = free_ports(1)
        self._values: Mapping[str, Any] | None = None

    def have(self, **values: Any) -> None:
        """Installs the chart with these values of `overcommit`, and has an extender go by them."""
        if self._values == values and self.extender is not None:
            return
        if self.extender is not None:
            self.extender.stop()
        self.extender = start_extender(
            self._workdir, self.control_plane.kubeconfig, self._config(values)
        )
        webhook = {
            "url": f"https://{LOOPBACK}:{self.port}/mutate/nodes",
            "caBundle": base64.b64encode(self.issued.ca).decode(),
        }
        Helm(self.control_plane).install_overcommit(
            {**values, "delivery": "webhook", "webhook": webhook}
        )
        self._values = values
        labels = {**LABEL, **values.get("nodeSelector", {})}
        wait_until(
            lambda: chart.amplifies(self.control_plane, labels), 30, "the webhook to amplify nodes"
        )

    def close(self) -> None:
        """Takes the chart away, and then the extender."""
        Helm(self.control_plane).uninstall("--no-hooks")
        wait_until(
            lambda: not chart.amplifies(self.control_plane, LABEL), 30, "nodes to be left alone"
        )
        if self.extender is not None:
            self.extender.stop()

    def asked(self) -> float:
        """How many requests have come, whatever came of them."""
        assert self.extender is not None
        with urllib.request.urlopen(f"{self.extender.health_url}/metrics", timeout=5) as answer:
            text = answer.read().decode()
        series = r"^nova_extender_admission_requests_total\{.*\} (\S+)$"
        return sum(float(count) for count in re.findall(series, text, re.MULTILINE))

    def shown(self) -> bytes:
        """The certificate that who connects now is shown, in DER."""
        with (
            socket.create_connection((LOOPBACK, self.port), timeout=5) as bare,
            self.issued.client().wrap_socket(bare, server_hostname=LOOPBACK) as client,
        ):
            found = client.getpeercert(binary_form=True)
        assert found is not None
        return found

    def connect_anew(self, number: int) -> None:
        """Has the API server make new connections; `number` must be another one each time."""
        configuration: Object = self.api.request("GET", CONFIGURATION)
        config = configuration["webhooks"][0]["clientConfig"]
        # The same authority several times in the bundle is trusted no less.
        config["caBundle"] = base64.b64encode(self.issued.ca * (number + 1)).decode()
        self.api.request("PUT", CONFIGURATION, configuration)

    def _config(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The options that the chart's values mean."""
        ratios = {
            f"initial_{OPTIONS[name]}_allocation_ratio": ratio
            for name, ratio in values.get("defaultRatios", {}).items()
            if ratio
        }
        allow = bool(values.get("allowMemoryOvercommit"))
        return {
            "DEFAULT": ratios,
            # It leads nowhere: a leader would put right the floors that scenarios set by hand.
            "kubernetes": {"allow_memory_overcommit": allow, "lease_namespace": "nowhere"},
            "server": {
                "webhook_bind": f"{LOOPBACK}:{self.port}",
                "webhook_cert_file": str(self.issued.path),
                "webhook_key_file": str(self.issued.key),
            },
        }


def refused(error: ApiError) -> bool:
    """Whether the API server refused a write because no webhook answered."""
    return error.status == HTTPStatus.INTERNAL_SERVER_ERROR and "failed calling webhook" in str(
        error
    )
