"""A real Kubernetes control plane on the loopback address, for one test or one developer."""

from __future__ import annotations

import json
import secrets
import subprocess
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.e2e import build, components
from tests.e2e.api import Api
from tests.e2e.process import Process, answers, free_ports
from tests.e2e.waiting import wait_until

ETCD = "etcd"
API_SERVER = "kube-apiserver"
CONTROLLER_MANAGER = "kube-controller-manager"
KWOK = "kwok"
SCHEDULER = "kube-scheduler"
READY_TIMEOUT = 60.0


class ControlPlane:
    """etcd, kube-apiserver, kube-controller-manager, kwok and, when asked for, kube-scheduler.

    Everything it writes is below `workdir`; the logs are `workdir/logs/NAME.log`. As a context
    manager it is started on entry and stopped on exit, whatever happens between; a test that is
    killed takes its programs along.

    Args:
        workdir: An empty folder of its own.
        binaries: Where the programs are; by default they are built, if need be.
        extra_args: More arguments for a program, by its name.
    """

    def __init__(
        self,
        workdir: Path,
        binaries: Path | None = None,
        extra_args: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.workdir = workdir.resolve()
        self.binaries = binaries or build.build_all()
        self.ports = components.Ports.free()
        self.server = f"https://{components.LOOPBACK}:{self.ports.api_server}"
        self.processes: dict[str, Process] = {}
        self._probes: dict[str, str] = {}
        self._extra_args = dict(extra_args or {})
        self._token = secrets.token_urlsafe(24)
        self._api: Api | None = None

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.workdir / "kubeconfig"

    @property
    def ca(self) -> Path:
        """The certificate that the API server's clients trust."""
        return self.workdir / "api-server" / "apiserver.crt"

    @property
    def api(self) -> Api:
        """The API server, as the administrator."""
        if self._api is None:
            self._api = Api(self.server, self._token, self.ca)
        return self._api

    def start(self) -> Self:
        """Starts everything but kube-scheduler; returns when pods can be created."""
        self.workdir.mkdir(parents=True, exist_ok=True)
        tokens = self.workdir / "tokens.csv"
        tokens.touch(mode=0o600)
        tokens.write_text(f'{self._token},admin,admin,"system:masters"\n')
        self._write_kubeconfig(self.kubeconfig, self._token)
        self._define()
        try:
            self.start_component(ETCD)
            self.start_component(API_SERVER)
            # These two do not wait for each other.
            for name in (CONTROLLER_MANAGER, KWOK):
                self.processes[name].start()
            for name in (CONTROLLER_MANAGER, KWOK):
                self.wait_ready(name)
            # No pod is admitted before the namespace has its service account.
            wait_until(
                lambda: self.api.find("ServiceAccount", "default"),
                READY_TIMEOUT,
                "the service account of the namespace default",
            )
        except BaseException:
            self.close()
            raise
        return self

    def start_scheduler(
        self,
        config: Mapping[str, Any] | Path,
        name: str = SCHEDULER,
        kubeconfig: Path | None = None,
    ) -> Process:
        """Starts kube-scheduler, or stops it and starts it anew if there is one of that `name`.

        Args:
            config: As `scheduler_config` writes it, or a file that is used as it is.
            name: Names the process and its log; with another name a second one runs beside.
            kubeconfig: Whom it is to the API server; by default the administrator.
        """
        self.stop(name)
        if not isinstance(config, Path):
            connection = {
                "kubeconfig": str(kubeconfig or self.kubeconfig),
                "qps": components.CALLS_PER_SECOND,
                "burst": components.CALLS_PER_SECOND,
            }
            content = {"clientConnection": connection, **config}
            config = self.workdir / f"{name}.json"
            config.write_text(json.dumps(content, indent=2))
        (port,) = free_ports(1)
        command = components.scheduler(
            self._binary(SCHEDULER),
            self.workdir / name,
            config=config,
            kubeconfig=self.kubeconfig,
            port=port,
        )
        self._add(name, command, f"https://{components.LOOPBACK}:{port}/readyz")
        self.start_component(name)
        return self.processes[name]

    def start_component(self, name: str) -> None:
        """Starts a component that is not running and waits until it is ready."""
        self.processes[name].start()
        self.wait_ready(name)

    def probe(self, name: str) -> str:
        """The address of a component's health check."""
        return self._probes[name]

    def wait_ready(self, name: str, timeout: float = READY_TIMEOUT) -> None:
        """Waits until a component that was started answers its health check."""
        self.processes[name].wait_ready(lambda: answers(self._probes[name]), timeout)

    def stop(self, name: str) -> None:
        """Stops a component, if it runs."""
        if name in self.processes:
            self.processes[name].stop()

    def restart(self, name: str) -> None:
        """Stops a component and starts it again, with the same arguments."""
        self.stop(name)
        self.start_component(name)

    def kill(self, name: str) -> None:
        """Kills a component, as a crash would; `start_component` starts it again."""
        self.processes[name].kill()

    def close(self) -> None:
        """Stops everything: the clients first, then the API server, etcd last."""
        # An API server without its etcd lingers for a minute.
        last = [ETCD, API_SERVER]
        with ExitStack() as stack:
            for name in [*last, *(name for name in self.processes if name not in last)]:
                if name in self.processes:
                    stack.callback(self.processes[name].stop)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def compact(self) -> int:
        """Makes etcd forget all but its newest revision, which is returned.

        What the API server remembers by itself it can still serve, until it is restarted.
        """
        revision = int(self._etcd("range", {"key": "AA=="})["header"]["revision"])
        self._etcd("compaction", {"revision": revision, "physical": True})
        return revision

    def _etcd(self, call: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """One call of etcd's JSON gateway."""
        url = f"http://{components.LOOPBACK}:{self.ports.etcd}/v3/kv/{call}"
        request = urllib.request.Request(url, json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            answered: dict[str, Any] = json.load(answer)
        return answered

    def kubectl(self, *args: str, input: str | None = None) -> str:  # noqa: A002 - subprocess's name
        """Runs kubectl as the administrator; returns what it prints, raises on failure."""
        command = [
            str(self._binary("kubectl")),
            f"--kubeconfig={self.kubeconfig}",
            f"--cache-dir={self.workdir / 'kubectl-cache'}",
            *args,
        ]
        done = subprocess.run(command, input=input, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"kubectl {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout

    def install_kinds(self) -> None:
        """Lets the API server serve HostAggregate, Flavor and ServerGroup."""
        folder = str(build.REPOSITORY / "charts" / "nova-extender" / "files" / "crds")
        self.kubectl("apply", "-f", folder)
        self.kubectl("wait", "--for=condition=Established", "-f", folder)

    def kubeconfig_for(self, service_account: str, namespace: str = "default") -> Path:
        """A kubeconfig with a fresh token of a service account, to run something under its RBAC."""
        token = self.kubectl("create", "token", service_account, f"--namespace={namespace}")
        target = self.workdir / f"kubeconfig-{namespace}-{service_account}"
        self._write_kubeconfig(target, token.strip())
        return target

    def kubeconfig_as(self, user: str, *groups: str) -> Path:
        """A kubeconfig whose calls are another user's to the API server, with that user's rights.

        The administrator's token is sent along with the name that is to count (impersonation).
        """
        target = self.workdir / f"kubeconfig-as-{user.replace(':', '-')}"
        self._write_kubeconfig(target, self._token, {"as": user, "as-groups": groups})
        return target

    def _define(self) -> None:
        """What is to run, and where each says that it is ready."""
        workdir, ports, at = self.workdir, self.ports, components.LOOPBACK
        self._add(
            ETCD,
            components.etcd(self._binary(ETCD), workdir, ports),
            f"http://{at}:{ports.etcd}/readyz",
        )
        self._add(
            API_SERVER,
            components.api_server(self._binary(API_SERVER), workdir, ports),
            f"{self.server}/readyz",
        )
        self._add(
            CONTROLLER_MANAGER,
            components.controller_manager(
                self._binary(CONTROLLER_MANAGER), workdir, ports, self.kubeconfig
            ),
            f"https://{at}:{ports.controller_manager}/healthz",
        )
        self._add(
            KWOK,
            components.kwok(self._binary(KWOK), ports, self.kubeconfig),
            f"http://{at}:{ports.kwok}/healthz",
            # kwok would read a developer's own configuration otherwise.
            env={"KWOK_WORKDIR": str(workdir / "kwok")},
        )

    def _binary(self, name: str) -> Path:
        return self.binaries / name

    def _add(
        self,
        name: str,
        command: Sequence[str],
        probe: str,
        env: Mapping[str, str] | None = None,
    ) -> None:
        arguments = [*command, *self._extra_args.get(name, ())]
        log = self.workdir / "logs" / f"{name}.log"
        self.processes[name] = Process(name, arguments, log, env)
        self._probes[name] = probe

    def _write_kubeconfig(
        self, target: Path, token: str, user: Mapping[str, Any] | None = None
    ) -> None:
        cluster = {"server": self.server, "certificate-authority": str(self.ca)}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "e2e", "cluster": cluster}],
            "users": [{"name": "e2e", "user": {"token": token, **(user or {})}}],
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": "e2e"}}],
            "current-context": "e2e",
        }
        target.touch(mode=0o600)
        target.write_text(json.dumps(content, indent=2))
