"""What becomes of nodes under the mutating webhook, on a real API server.

The API server is the same as the policy's: it asks webhooks as those before 1.36 do.
"""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e import objects
from tests.e2e.api import ApiError
from tests.e2e.controlplane import ControlPlane
from tests.e2e.hollow_kubelet import CPU_MILLI, HollowKubelet
from tests.e2e.objects import nova
from tests.e2e.overcommit_steps import Heartbeat, Kubelet, Scenario, Subject, found, run
from tests.e2e.overcommit_table import SCENARIOS
from tests.e2e.overcommit_webhook import CONFIGURATION, LABEL, Webhook, refused
from tests.e2e.waiting import wait_until

RATIO = nova(cpu_allocation_ratio="4")
# A controller gives these to each node that has not got them, some time after its creation.
GIVEN = {"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux"}
# A kubelet renews its Lease, and looks whether it has to write its status, every ten seconds.
KUBELET_PERIOD = 10.0


def _values(scenario: Scenario) -> str:
    return json.dumps(scenario.values, sort_keys=True)


# Those with the same values in a row: the chart is installed once for them.
ORDERED = sorted(SCENARIOS, key=_values)


@pytest.fixture(scope="module")
def webhook(
    control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Webhook]:
    """The chart and an extender, taken away afterwards."""
    made = Webhook(control_plane, tmp_path_factory.mktemp("webhook"))
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def node(webhook: Webhook) -> Iterator[Subject]:
    """A node with the label and ratio 4, that nobody keeps."""
    webhook.have()
    subject = Subject(webhook.api, "asked")
    webhook.api.create(
        objects.node(subject.name, "32", labels=LABEL, annotations=RATIO, ready=False)
    )
    yield subject
    webhook.api.delete("Node", subject.name)


@pytest.mark.parametrize("scenario", ORDERED, ids=[scenario.name for scenario in ORDERED])
def test_scenario(scenario: Scenario, webhook: Webhook) -> None:
    """After each step the node is what the table says."""
    webhook.have(**scenario.values)
    labels = {**LABEL, **GIVEN, **scenario.labels}
    run(dataclasses.replace(scenario, labels=labels), webhook.api, "webhook")


def test_what_the_api_server_was_told(webhook: Webhook) -> None:
    """One webhook, for the two resources, that must answer and may be asked as often as need be."""
    webhook.have()
    (made,) = webhook.api.request("GET", CONFIGURATION)["webhooks"]
    assert (made["failurePolicy"], made["matchPolicy"]) == ("Fail", "Equivalent")
    assert (made["sideEffects"], made["reinvocationPolicy"]) == ("None", "Never")
    assert made["objectSelector"] == {"matchLabels": LABEL}
    rules = {(tuple(rule["resources"]), tuple(rule["operations"])) for rule in made["rules"]}
    assert rules == {(("nodes",), ("CREATE", "UPDATE")), (("nodes/status",), ("UPDATE",))}


def test_a_node_without_the_label_is_nobodys_business(webhook: Webhook) -> None:
    """The extender is not even asked, whatever the node's annotations are."""
    webhook.have()
    for labels in ({}, {**LABEL, "nova-extender.io/overcommit": "false"}):
        before = webhook.asked()
        subject = Subject(webhook.api, "unasked")
        webhook.api.create(
            objects.node(subject.name, "32", labels=labels, annotations=RATIO, ready=False)
        )
        try:
            Heartbeat().do(subject)
            Kubelet({"cpu": "31"}).do(subject)
            webhook.api.patch("Node", subject.name, {"metadata": {"annotations": RATIO}})
            assert found(subject.read())["cpu"] == 31_000
            assert webhook.asked() == before
        finally:
            webhook.api.delete("Node", subject.name)


def test_the_label_is_enough_to_be_asked_about(node: Subject, webhook: Webhook) -> None:
    """Of a node that loses it, the last write is asked about: it was labelled until then."""
    assert found(node.read())["cpu"] == (32_000, 128_000)
    # Controllers write it, too, while it is new: so "more" for as long as it has the label.
    before = webhook.asked()
    Heartbeat().do(node)
    assert webhook.asked() > before
    before = webhook.asked()
    webhook.api.patch("Node", node.name, {"metadata": {"labels": dict.fromkeys(LABEL)}})
    after = webhook.asked()
    assert after > before
    Heartbeat("again").do(node)
    assert webhook.asked() == after


def test_while_nobody_answers(node: Subject, webhook: Webhook) -> None:
    """A labelled node stays as it is, kubelet and all, and Ready; others know nothing of it.

    Once somebody answers, the kubelet goes on, without anybody's help.
    """
    api = webhook.api
    other = Subject(api, "other")
    api.create(objects.node(other.name, "32", annotations=RATIO, ready=False))
    try:
        with HollowKubelet(webhook.control_plane, "hollow-1") as kubelet:
            real = Subject(api, kubelet.name)
            api.patch("Node", real.name, {"metadata": {"labels": LABEL, "annotations": RATIO}})
            Heartbeat().do(real)
            amplified = (CPU_MILLI, 4 * CPU_MILLI)
            assert found(real.read())["cpu"] == amplified
            renewed = wait_until(
                lambda: _renewed(webhook, real.name), 3 * KUBELET_PERIOD, "the Lease"
            )
            assert webhook.extender is not None
            webhook.extender.kill()
            try:
                _nobody_writes(node)
                version = node.read()["metadata"]["resourceVersion"]
                Heartbeat("is written").do(other)
                Kubelet({"cpu": "31"}).do(other)
                assert found(other.read())["cpu"] == 31_000
                wait_until(
                    lambda: _renewed(webhook, real.name) != renewed,
                    3 * KUBELET_PERIOD,
                    "the Lease renewed",
                )
                # Beyond the time at which the kubelet writes its own amount again.
                time.sleep(KUBELET_PERIOD)
                assert found(real.read())["cpu"] == amplified
                assert objects.is_ready(real.read())
                assert node.read()["metadata"]["resourceVersion"] == version
            finally:
                webhook.extender.process.start()
                webhook.extender.wait_ready()
            before = webhook.asked()
            wait_until(
                lambda: webhook.asked() > before, 3 * KUBELET_PERIOD, "the kubelet to write again"
            )
            assert found(real.read())["cpu"] == amplified
            Heartbeat("written again").do(node)
    finally:
        for name in (other.name, "hollow-1"):
            if api.find("Node", name) is not None:
                api.delete("Node", name)


def test_the_certificate_is_replaced_while_nodes_are_written(
    node: Subject, webhook: Webhook
) -> None:
    """Ten times, with new connections each time: no write fails, and none goes unamplified."""
    stop = threading.Event()

    def write(number: int) -> int:
        written = 0
        while not stop.is_set():
            Heartbeat(f"{number} {written}").do(node)
            written += 1
        return written

    with ThreadPoolExecutor(8) as pool:
        writers = [pool.submit(write, number) for number in range(8)]
        try:
            before = webhook.asked()
            renewed = b""
            for number in range(1, 11):
                renewed = webhook.issued.renew()
                webhook.connect_anew(number)
                time.sleep(0.5)
                assert not any(writer.done() for writer in writers)
        finally:
            stop.set()
    written = [writer.result() for writer in writers]
    assert min(written) > 10
    assert webhook.asked() - before >= sum(written) - 8
    assert webhook.shown() == renewed
    assert found(node.read())["cpu"] == (32_000, 128_000)


def _nobody_writes(node: Subject) -> None:
    """Neither the status nor the rest of a node can be written."""
    with pytest.raises(ApiError) as caught:
        Heartbeat("is not written").do(node)
    assert refused(caught.value)
    with pytest.raises(ApiError) as caught:
        node.api.patch("Node", node.name, {"metadata": {"annotations": RATIO}})
    assert refused(caught.value)


def _renewed(webhook: Webhook, node: str) -> str:
    """When a node's kubelet renewed its Lease; "" while there is none."""
    lease = webhook.api.find("Lease", node, "kube-node-lease")
    at: str = "" if lease is None else lease["spec"]["renewTime"]
    return at
