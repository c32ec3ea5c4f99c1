"""Builds the programs that the end-to-end tests run, Kubernetes first of all, from source.

Each folder of `tools/` is a small Go module that pins what it builds. A tool is built again only
when its module, or the way it is built here, has changed. Standard library only, so that it runs
before anything is installed: `python tests/e2e/build.py`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
VERSION_PACKAGE = "k8s.io/component-base/version"


class BuildError(Exception):
    """Why the programs cannot be had, in one line."""


@dataclass(frozen=True)
class Tool:
    """One Go module of `tools/` and the programs that come out of it.

    Attributes:
        name: Its folder.
        binaries: The programs.
        packages: What `go build` is asked for.
        inside: The module that `packages` is a place in: the folder's `main.go` is built there, in
            a copy, for it drives what only the module itself may import.
    """

    name: str
    binaries: tuple[str, ...]
    packages: str
    inside: str = ""

    @property
    def source(self) -> Path:
        """The folder of the Go module."""
        return HERE / "tools" / self.name

    def requirement(self, module: str) -> str:
        """The version at which the Go module asks for another one."""
        text = (self.source / "go.mod").read_text()
        found = re.search(rf"^(?:require)?\s*{re.escape(module)} (v\S+)", text, re.MULTILINE)
        if found is None:
            raise BuildError(f"tests/e2e/tools/{self.name}/go.mod does not require {module}")
        return found[1]

    def go_version(self) -> tuple[int, ...]:
        """The oldest Go toolchain that builds it."""
        text = (self.source / "go.mod").read_text()
        found = re.search(r"^go (\S+)$", text, re.MULTILINE)
        if found is None:
            raise BuildError(f"tests/e2e/tools/{self.name}/go.mod has no go directive")
        return _numbers(found[1])

    def flags(self) -> list[str]:
        """What `go build` is called with."""
        ldflags = "-s -w"
        if self.name.startswith(("kubernetes", "kubeadm")):
            version = self.requirement("k8s.io/kubernetes")
            major, minor = _numbers(version)[:2]
            # Unset, the programs call themselves v0.0.0-master and refuse to talk to one another.
            for key, value in (("Version", version), ("Major", major), ("Minor", minor)):
                ldflags += f" -X {VERSION_PACKAGE}.git{key}={value}"
        return ["-trimpath", "-buildvcs=false", f"-ldflags={ldflags}"]

    def fingerprint(self) -> str:
        """Changes when the tool has to be built again."""
        digest = hashlib.sha256("\0".join([self.packages, *self.flags()]).encode())
        for path in sorted(self.source.iterdir()):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()


TOOLS = (
    Tool("actionlint", ("actionlint",), "tool"),
    Tool("etcd", ("etcd",), "."),
    Tool("helm", ("helm",), "tool"),
    Tool("kind", ("kind-kubeadm-config",), "./pkg/cluster/e2e", inside="sigs.k8s.io/kind"),
    Tool("kwok", ("kwok",), "tool"),
    Tool(
        "kubernetes",
        ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kubemark"),
        "tool",
    ),
    # After Kubernetes, with which it shares nearly all that has to be compiled.
    Tool("kubeadm", ("kubeadm",), "tool"),
    Tool("kubeadm-v1beta3", ("kubeadm-v1beta3",), "tool"),
)


def bin_dir() -> Path:
    """Where the programs are, once built."""
    cache = os.environ.get("NOVA_EXTENDER_E2E_CACHE")
    return (Path(cache).resolve() if cache else REPOSITORY / ".cache" / "e2e") / "bin"


def build_all() -> Path:
    """Builds what is missing or out of date, and says so; returns the folder of the programs."""
    target = bin_dir()
    target.mkdir(parents=True, exist_ok=True)
    # Two runs at once would build everything twice and take twice as long.
    with (target / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for tool in TOOLS:
            _build(tool, target)
    return target


def _build(tool: Tool, target: Path) -> None:
    stamp = target / f".{tool.name}.stamp"
    fingerprint = tool.fingerprint()
    present = all((target / binary).exists() for binary in tool.binaries)
    if present and stamp.exists() and stamp.read_text() == fingerprint:
        return
    go = _go(tool)
    print(f"{tool.name}: building {', '.join(tool.binaries)}", flush=True)
    began = time.monotonic()
    environment = {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly",
        "GOWORK": "off",
        "GOTOOLCHAIN": "local",
    }
    with tempfile.TemporaryDirectory(dir=target, prefix=f".{tool.name}.") as scratch:
        output = (
            str(Path(scratch) / tool.binaries[0])
            if len(tool.binaries) == 1
            else f"{scratch}{os.sep}"
        )
        command = [go, "build", *tool.flags(), "-o", output, tool.packages]
        source = _copied(tool, go, environment, Path(scratch)) if tool.inside else tool.source
        done = subprocess.run(command, cwd=source, env=environment, check=False)
        if done.returncode != 0:
            raise BuildError(f"go build in tests/e2e/tools/{tool.name} failed (see above)")
        for binary in tool.binaries:
            (Path(scratch) / binary).replace(target / binary)
    stamp.write_text(fingerprint)
    print(f"{tool.name}: built in {time.monotonic() - began:.0f} s", flush=True)


def _copied(tool: Tool, go: str, environment: dict[str, str], scratch: Path) -> Path:
    """A copy of the module that the tool is built inside, with the tool's program in its place."""
    command = [go, "mod", "download", "-json", tool.inside]
    done = subprocess.run(
        command, cwd=tool.source, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        raise BuildError(f"go mod download {tool.inside} failed (see above): {done.stdout.strip()}")
    origin, target = Path(json.loads(done.stdout)["Dir"]), scratch / "source"
    for path in origin.rglob("*"):
        if path.is_file():
            # Go's own copy is read-only; neither that nor its folders' modes are taken over.
            copy = target / path.relative_to(origin)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    program = target / tool.packages / "main.go"
    program.parent.mkdir()
    shutil.copyfile(tool.source / "main.go", program)
    return target


def _go(tool: Tool) -> str:
    """The Go toolchain, if it is there and new enough."""
    wanted = tool.go_version()
    needs = f"the end-to-end tests build {tool.name} from source and need Go {_dotted(wanted)}"
    go = shutil.which("go")
    if go is None:
        raise BuildError(f"{needs} or newer, and there is no go on the PATH")
    answer = subprocess.run(
        [go, "env", "GOVERSION"],
        cwd=tempfile.gettempdir(),
        env={**os.environ, "GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = answer.stdout.strip()
    if answer.returncode != 0 or not found:
        raise BuildError(f"{needs} or newer, and `go env GOVERSION` fails")
    if _numbers(found) < wanted:
        raise BuildError(f"{needs} or newer, and the go on the PATH is {found}")
    return go


def _numbers(version: str) -> tuple[int, ...]:
    found = re.search(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def main() -> int:
    """Builds everything, or says in one line why not."""
    try:
        print(f"up to date: {build_all()}")
    except BuildError as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("build.py: interrupted; what was compiled is kept by Go's cache", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
