"""The chart's mode standalone at work, asked over real mutual TLS by a kube-scheduler of others.

That kube-scheduler is told what the chart's notes say, word for word but for paths and the address.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
import trustme

from tests.e2e import objects, verbs
from tests.e2e.api import ApiError
from tests.e2e.chart_release import NAMESPACE, Release
from tests.e2e.controlplane import ControlPlane
from tests.e2e.objects import node, pod
from tests.e2e.pod_volumes import secret_files, write
from tests.e2e.standalone import AUTHORITY, CLIENT, Load, Standalone
from tests.e2e.tls_client import TlsClient
from tests.e2e.waiting import wait_until

VALUES = {"mode": "standalone", "tls": {"generated": {"validity": 30}}}
# Days; what is left of each is less than a third of the next.
LONGER = (120, 400, 1300)
OPTED_IN = "opted-in"


@pytest.fixture(scope="module")
def installed(
    control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Standalone]:
    """The chart in mode standalone, and a namespace whose pods it is asked about."""
    folder = tmp_path_factory.mktemp("standalone")
    with Release(control_plane, folder / "pods", VALUES, wait=False) as release:
        release.api.create(objects.namespace(OPTED_IN, {"nova-extender.io/schedule": "true"}))
        account = "ServiceAccount", "default", OPTED_IN
        release.kubelet.wait_until(lambda: release.api.find(*account), 30, "the account")
        try:
            yield Standalone(release, folder)
        finally:
            release.api.delete_all("Pod", OPTED_IN)
            control_plane.kubectl("delete", "namespace", OPTED_IN)
        assert release.denied() == []


@pytest.fixture
def standalone(installed: Standalone) -> Iterator[Standalone]:
    """The same, and a cluster that is emptied again."""
    yield installed
    installed.api.delete_all("Pod", OPTED_IN)
    installed.release.clear()


def test_only_the_holder_of_the_lease_is_ready(standalone: Standalone) -> None:
    """Of two pods one is ready, and the Service leads to that one."""
    release = standalone.release
    leader = standalone.leader()
    assert len(release.pods) == 2
    lease = standalone.api.get("Lease", "nova-extender", NAMESPACE)
    assert lease["spec"]["holderIdentity"].startswith(f"{leader.name}_")
    (other,) = (each for each in release.pods if each is not leader)
    assert other.failing == "readinessProbe of extender"

    def served() -> set[tuple[str, int]]:
        slices = standalone.api.request(
            "GET",
            f"apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
            "?labelSelector=kubernetes.io/service-name%3Dnova-extender",
        )["items"]
        return {
            (address, port["port"])
            for each in slices
            for port in each["ports"]
            for endpoint in each["endpoints"]
            if endpoint["conditions"]["ready"]
            for address in endpoint["addresses"]
        }

    expected = {(leader.ip, 8888)}
    release.kubelet.wait_until(lambda: served() == expected, 10, lambda: f"{served()}")


def test_the_notes_say_how_to_ask(standalone: Standalone) -> None:
    """Pods of a namespace that opted in are bound by the extender, those of others without it."""
    release, leader = standalone.release, standalone.leader()
    release.nodes(node("n0"), node("n1"))
    bound = 'nova_extender_binds_total{outcome="bound"}'
    before = release.metric(leader, bound)
    with standalone.kube_scheduler(leader):
        assert release.place(pod("ours", "100m", "16Mi", namespace=OPTED_IN)) in {"n0", "n1"}
        assert release.metric(leader, bound) == before + 1
        assert release.place(pod("others", "100m", "16Mi")) in {"n0", "n1"}
        assert release.metric(leader, bound) == before + 1


def test_pods_of_others_do_not_need_it(standalone: Standalone) -> None:
    """While no extender runs, pods without the mark are bound; marked ones wait for it."""
    release, leader = standalone.release, standalone.leader()
    release.nodes(node("n0"))
    (other,) = (each for each in release.pods if each is not leader)
    with standalone.kube_scheduler(leader):
        for each in (other, leader):
            each.stop()
        standalone.api.create(pod("others", "100m", "16Mi"))
        standalone.api.create(pod("ours", "100m", "16Mi", namespace=OPTED_IN))
        wait_until(lambda: release.node_of("others"), 20, "the pod of others bound")

        def told() -> str | None:
            return objects.unschedulable_message(standalone.api.get("Pod", "ours", OPTED_IN))

        wait_until(told, 20, "the other pod told why it waits")
        assert release.node_of("ours", OPTED_IN) is None
        # The one that is asked, before the other one can take the Lease.
        leader.start()
        wait_until(lambda: leader.containers["extender"].passes("readinessProbe"), 20, "ready")
        other.start()
        release.kubelet.wait_until(lambda: release.node_of("ours", OPTED_IN), 30, release.tail)


def test_strangers_are_refused(standalone: Standalone, tmp_path: Path) -> None:
    """Who has no certificate of the chart's authority, or another name, learns nothing."""
    question = verbs.filter_body(pod("asked"), [])
    status, reply = standalone.asking().ask("filter", question)
    assert (status, reply["Error"]) == (HTTPStatus.OK, "")
    kept = secret_files(standalone.api, NAMESPACE, AUTHORITY)
    known = trustme.CA.from_pem(kept["tls.crt"], kept["tls.key"])
    trusted = secret_files(standalone.api, NAMESPACE, CLIENT)["ca.crt"]

    def client(name: str, authority: trustme.CA) -> TlsClient:
        issued = authority.issue_cert(common_name=name)
        files = {
            "tls.crt": issued.cert_chain_pems[0].bytes(),
            "tls.key": issued.private_key_pem.bytes(),
            "ca.crt": trusted,
        }
        folder = tmp_path / f"{name}-{authority is known}"
        write(folder, files)
        return standalone.asking(folder)

    # The authority would do: it is the name that is wrong.
    status, reply = client("system:kube-scheduler", known).ask("filter", question)
    # So that kube-scheduler tells it on the pod.
    assert (status, reply["NodeNames"]) == (HTTPStatus.OK, [])
    assert "server.allowed_clients" in reply["Error"]
    status, reply = client("nova-extender-client", known).ask("filter", question)
    assert (status, reply["Error"]) == (HTTPStatus.OK, "")
    # The name would do: it is the authority that is wrong.
    with pytest.raises(ssl.SSLError):
        client("nova-extender-client", trustme.CA()).ask("filter", question)


def test_the_certificate_is_renewed_under_load(standalone: Standalone) -> None:
    """Renewed by an upgrade in its last third: nobody restarts, and no call fails."""
    release, client = standalone.release, standalone.asking()
    pods, shown = release.uid(), [client.certificate()]
    with Load(client) as load:
        for days in LONGER:
            release.upgrade({**VALUES, "tls": {"generated": {"validity": days}}})
            release.kubelet.wait_until(
                lambda: client.certificate() != shown[-1], 10, "another certificate shown"
            )
            shown.append(client.certificate())
        answered = load.answered
    assert load.failures == []
    assert answered > 50
    assert len(set(shown)) == 1 + len(LONGER)
    assert release.uid() == pods
    print(f"\n{answered} calls over three renewals")


def test_a_roll_out_ends(standalone: Standalone) -> None:
    """Other pods replace both and one of them leads, although the old ones led until their end.

    And the leader could be evicted, as when its node is drained.
    """
    release = standalone.release
    pods = release.uid()
    lasting = {"generated": {"validity": LONGER[-1]}}
    release.upgrade({**VALUES, "tls": lasting, "podAnnotations": {"rolled": "out"}})
    release.kubelet.wait_until(
        lambda: len(release.pods) == 2 and not release.uid() & pods, 60, release.tail
    )
    leader = standalone.leader()
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": leader.name, "namespace": NAMESPACE},
        "deleteOptions": {"dryRun": ["All"]},
    }
    where = f"api/v1/namespaces/{NAMESPACE}/pods/{leader.name}/eviction"

    def evicted() -> bool:
        try:
            standalone.api.request("POST", where, eviction)
        except ApiError as error:
            if error.status == HTTPStatus.TOO_MANY_REQUESTS:
                return False
            raise
        return True

    release.kubelet.wait_until(evicted, 10, "the leader evicted")
