"""The command line of each program of the control plane: what is special about ours, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.e2e.process import free_ports

STAGES = Path(__file__).resolve().parent / "kwok-stages.yaml"
KWOK_LABEL = "kwok.x-k8s.io/node"
LOOPBACK = "127.0.0.1"
CALLS_PER_SECOND = 1000
LEASE_SECONDS = 400


@dataclass(frozen=True)
class Ports:
    """The ports that the control plane listens on, all on the loopback address."""

    etcd: int
    etcd_peer: int
    api_server: int
    controller_manager: int
    kwok: int

    @classmethod
    def free(cls) -> Ports:
        """Ports that nobody has."""
        return cls(*free_ports(5))


def etcd(binary: Path, workdir: Path, ports: Ports) -> list[str]:
    """One member that never waits for a disk."""
    client = f"http://{LOOPBACK}:{ports.etcd}"
    peer = f"http://{LOOPBACK}:{ports.etcd_peer}"
    return [
        str(binary),
        "--name=e2e",
        f"--data-dir={workdir / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=e2e={peer}",
        "--unsafe-no-fsync",
    ]


def api_server(binary: Path, workdir: Path, ports: Ports) -> list[str]:
    """An API server with real authentication and RBAC, and no kubelet or service network."""
    certificates = workdir / "api-server"
    return [
        str(binary),
        f"--etcd-servers=http://{LOOPBACK}:{ports.etcd}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={ports.api_server}",
        f"--advertise-address={LOOPBACK}",
        # A loopback address is refused in the endpoints of the service "kubernetes".
        "--endpoint-reconciler-type=none",
        # The server makes a certificate here that kubeconfigs name as their authority.
        f"--cert-dir={certificates}",
        f"--token-auth-file={workdir / 'tokens.csv'}",
        "--authorization-mode=Node,RBAC",
        # As kubeadm has it: a node may write of itself only what a kubelet has to.
        "--enable-admission-plugins=NodeRestriction",
        "--service-cluster-ip-range=10.96.0.0/16",
        f"--service-account-issuer=https://{LOOPBACK}:{ports.api_server}",
        # The key of the serving certificate is there before it is read for this, and serves both
        # ends: nothing has to be installed that makes keys.
        f"--service-account-signing-key-file={certificates / 'apiserver.key'}",
        f"--service-account-key-file={certificates / 'apiserver.key'}",
        # A test's pods are taken away in one call, one after the other otherwise.
        "--delete-collection-workers=8",
        # Otherwise a stop waits a minute for the watches of the other components.
        "--shutdown-watch-termination-grace-period=1s",
    ]


def controller_manager(binary: Path, workdir: Path, ports: Ports, kubeconfig: Path) -> list[str]:
    """All controllers, none of them elected."""
    return [
        str(binary),
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={ports.controller_manager}",
        f"--cert-dir={workdir / 'controller-manager'}",
        "--leader-elect=false",
        # At its usual 20 calls a second, a hundred nodes take half a minute to lose their taints.
        f"--kube-api-qps={CALLS_PER_SECOND}",
        f"--kube-api-burst={CALLS_PER_SECOND}",
        # A node keeps its readiness for as long as a test has its kubelet stopped, and a thousand
        # of kwok's nodes can do with rare heartbeats.
        f"--node-monitor-grace-period={LEASE_SECONDS}s",
        f"--root-ca-file={workdir / 'api-server' / 'apiserver.crt'}",
        f"--service-account-private-key-file={workdir / 'api-server' / 'apiserver.key'}",
    ]


def kwok(binary: Path, ports: Ports, kubeconfig: Path) -> list[str]:
    """The kubelets of the nodes that carry kwok's label, and of no other."""
    return [
        str(binary),
        f"--config={STAGES}",
        f"--kubeconfig={kubeconfig}",
        f"--manage-nodes-with-label-selector={KWOK_LABEL}=fake",
        f"--server-address={LOOPBACK}:{ports.kwok}",
        # Leases are the nodes' heartbeats; without them they would be marked unreachable.
        # They are renewed four times in their duration.
        f"--node-lease-duration-seconds={LEASE_SECONDS}",
        # Otherwise the address of this machine would be written into every Node.
        "--node-ip=192.0.2.1",
    ]


def hollow_kubelet(
    binary: Path, certificates: Path, kubeconfig: Path, name: str, ports: tuple[int, int]
) -> list[str]:
    """A real kubelet over a fake runtime: it judges the pods bound to it, and starts nothing."""
    serving, reading = ports
    return [
        str(binary),
        "--morph=kubelet",
        f"--name={name}",
        f"--kubeconfig={kubeconfig}",
        f"--cert-dir={certificates}",
        # Otherwise it looks for the containerd of this machine.
        "--use-host-image-service=false",
        f"--kubelet-port={serving}",
        f"--kubelet-read-only-port={reading}",
        f"--kube-api-qps={CALLS_PER_SECOND}",
        f"--kube-api-burst={CALLS_PER_SECOND}",
    ]


def scheduler(
    binary: Path, cert_dir: Path, *, config: Path, kubeconfig: Path, port: int
) -> list[str]:
    """A kube-scheduler; what it does is in its configuration file."""
    return [
        str(binary),
        f"--config={config}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        f"--cert-dir={cert_dir}",
    ]
