"""A container of a pod as a process of this machine: its own command, files and environment.

What a process of this machine cannot have is replaced, and nothing else: the folders that are
mounted lie below another one, the pod has a loopback address of its own, and kube-scheduler, which
looks for a pod's credentials in one place only, is given a kubeconfig of the same credentials.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from extender.config.addresses import split_bind
from extender.config.own_groups import HttpServerGroup
from tests.e2e.api import Object
from tests.e2e.build import REPOSITORY
from tests.e2e.components import LOOPBACK
from tests.e2e.controlplane import SCHEDULER, ControlPlane
from tests.e2e.pod_volumes import Volumes, field, write
from tests.e2e.process import Process, answers

EXTENDER = "nova-extender"
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
EXTENDER_CONFIG = "nova-extender.yaml"
SCHEDULER_CONFIG = "scheduler-config.yaml"


class Container:
    """One container; it is not started yet.

    Args:
        plane: The API server it is to speak to.
        pod: Its pod, as the API server has it.
        spec: What the pod says of it.
        volumes: The pod's.
        folder: An empty folder, for its files and its log.
        address: The pod's own loopback address.
    """

    def __init__(
        self,
        plane: ControlPlane,
        pod: Object,
        spec: Object,
        volumes: Volumes,
        folder: Path,
        address: str,
    ) -> None:
        self.name: str = spec["name"]
        self.spec = spec
        self.address = address
        hook = spec.get("lifecycle", {}).get("preStop", {"sleep": {"seconds": 0}})
        self.pause: float = hook["sleep"]["seconds"]
        """Seconds for which it goes on once it is to end."""
        self._plane = plane
        self._pod = pod
        self._volumes = volumes
        self._root: Path = folder / self.name
        self._mounts: dict[str, str] = {
            mount["mountPath"]: mount["name"] for mount in spec.get("volumeMounts", [])
        }
        # A kubelet never brings such a file up to date.
        assert not [mount for mount in spec.get("volumeMounts", []) if "subPath" in mount]
        self.refresh()
        log = folder / f"{self.name}.log"
        self.process = Process(f"{self.name} of {address}", self._command(), log, self._env())

    def refresh(self) -> None:
        """Writes what its volumes hold now, where that has changed."""
        for mounted, name in self._mounts.items():
            files = self._volumes.read(name)
            folder = self._at(mounted)
            if files is None:
                folder.mkdir(parents=True, exist_ok=True)
            else:
                write(folder, {key: self._adapted(key, data) for key, data in files.items()})

    def port(self, name: str | int) -> int:
        """A port by its name in the manifest, or a number that is one."""
        numbers = {each["name"]: each["containerPort"] for each in self.spec.get("ports", [])}
        return numbers[name] if isinstance(name, str) else name

    def passes(self, probe: str) -> bool:
        """Whether a probe of it succeeds now; one that is not declared does."""
        declared = self.spec.get(probe)
        if declared is None:
            return self.process.alive
        get = declared["httpGet"]
        # A kubelet would ask its node there.
        assert "host" not in get
        scheme = get.get("scheme", "HTTP").lower()
        return answers(f"{scheme}://{self.address}:{self.port(get['port'])}{get['path']}")

    def _command(self) -> list[str]:
        program, *arguments = (
            self._replaced(each) for each in [*self.spec["command"], *self.spec.get("args", [])]
        )
        if program == EXTENDER:
            return [sys.executable, "-m", "tests.e2e.in_pod", str(self._at(ACCOUNT)), *arguments]
        assert program == SCHEDULER
        # Said or not, it listens on all addresses.
        arguments = [each for each in arguments if not each.startswith("--bind-address=")]
        access = f"kubeconfig={self._kubeconfig()}"
        return [
            str(self._plane.binaries / program),
            *arguments,
            f"--bind-address={self.address}",
            f"--authentication-{access}",
            f"--authorization-{access}",
        ]

    def _env(self) -> dict[str, str]:
        env = {
            "KUBERNETES_SERVICE_HOST": LOOPBACK,
            "KUBERNETES_SERVICE_PORT": str(self._plane.ports.api_server),
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONUNBUFFERED": "1",
        }
        for each in self.spec.get("env", []):
            source = each.get("valueFrom")
            given = field(self._pod, source["fieldRef"]["fieldPath"]) if source else each["value"]
            env[each["name"]] = given
        return env

    def _kubeconfig(self) -> Path:
        """The pod's own credentials, which may be replaced, as client-go finds them in a file."""
        account = self._at(ACCOUNT)
        server = f"https://{LOOPBACK}:{self._plane.ports.api_server}"
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "pod",
                    "cluster": {"server": server, "certificate-authority": str(account / "ca.crt")},
                }
            ],
            "users": [{"name": "pod", "user": {"tokenFile": str(account / "token")}}],
            "contexts": [{"name": "pod", "context": {"cluster": "pod", "user": "pod"}}],
            "current-context": "pod",
        }
        target = self._root / "kubeconfig"
        target.write_text(json.dumps(content))
        return target

    def _adapted(self, name: str, content: bytes) -> bytes:
        """A file's content with this machine's paths and addresses, where it has any."""
        if name not in {EXTENDER_CONFIG, SCHEDULER_CONFIG}:
            return content
        config: Any = yaml.safe_load(self._replaced(content.decode())) or {}
        if name == EXTENDER_CONFIG:
            self._move_listeners(config)
        else:
            config.setdefault("clientConnection", {})["kubeconfig"] = str(self._root / "kubeconfig")
            for extender in config.get("extenders", []):
                url = urlsplit(extender["urlPrefix"])
                assert url.hostname == LOOPBACK
                moved = url._replace(netloc=f"{self.address}:{url.port}")
                extender["urlPrefix"] = moved.geturl()
        # JSON is YAML.
        return json.dumps(config, indent=2).encode()

    def _move_listeners(self, config: dict[str, Any]) -> None:
        """Has it listen on the pod's address instead of all addresses, at the same ports."""
        server = config.setdefault("server", {})
        for option in (each for each in HttpServerGroup.model_fields if each.endswith("bind")):
            bind = server.get(option, HttpServerGroup.model_fields[option].default)
            if bind:
                _, port = split_bind(bind)
                server[option] = f"{self.address}:{port}"

    def _at(self, mounted: str) -> Path:
        return self._root / mounted.lstrip("/")

    def _replaced(self, text: str) -> str:
        """A text in which the paths of mounted folders are those of this machine."""
        # All at once, the longest first: what is put in may hold one of the others.
        longest = sorted(self._mounts, key=len, reverse=True)
        found = rf"(?<![\w./-])(?:{'|'.join(re.escape(each) for each in longest)})(?![\w.-])"
        return re.sub(found, lambda match: str(self._at(match[0])), text)
