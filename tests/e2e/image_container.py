"""A container of the image, with no more rights than the chart gives it: crun runs it.

The root is read-only, /tmp is the one folder to write to, the user is the image's, there is no
capability and none to be had, and the program is process 1. The network is this machine's, so that
a test can ask. What a cluster's runtime adds by itself, a filter of system calls, is not here.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.e2e.debian import installed
from tests.e2e.process import LAUNCHER

TIMEOUT = 60.0

_SAFE = ["nosuid", "nodev"]
_MEMORY = [*_SAFE, "noexec", "mode=1777", "size=64m"]
_MOUNTS = (
    ("/proc", "proc", [*_SAFE, "noexec"]),
    ("/dev", "tmpfs", ["nosuid", "mode=755", "size=64k"]),
    ("/dev/shm", "tmpfs", _MEMORY),  # noqa: S108 - the container's own
    ("/tmp", "tmpfs", _MEMORY),  # noqa: S108 - likewise
)
_NAMESPACES = ("ipc", "mount", "pid", "uts")

# crun refuses a machine that has control groups of both versions, even where it is to use none.
_ONE_VERSION = 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"'


class ImageContainer:
    """A container that runs inside of the `with` statement.

    Args:
        folder: Where a folder is made for it.
        files: The image's files.
        config: The image's configuration.
        arguments: What replaces the image's CMD, as `args:` of a pod does.
        command: What replaces the image's ENTRYPOINT and its CMD, as `command:` of a pod does.
        mounts: Folders of this machine to be read, by where they are in the container.
    """

    def __init__(
        self,
        folder: Path,
        files: Path,
        config: Mapping[str, Any],
        arguments: Sequence[str] | None = None,
        command: Sequence[str] | None = None,
        mounts: Mapping[str, Path] | None = None,
    ) -> None:
        self.root = files
        self._folder = folder / "container"
        rest = config["Cmd"] if arguments is None else arguments
        program = [*config["Entrypoint"], *rest] if command is None else [*command]
        self._specification = runtime_specification(files, config, program, mounts or {})
        self._name = f"nova-extender-{os.getpid()}"
        self._crun = [
            str(installed("crun")),
            f"--root={self._folder / 'run'}",
            "--cgroup-manager=disabled",
        ]
        self._running: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        bundle = self._folder / "bundle"
        bundle.mkdir(parents=True)
        (bundle / "config.json").write_text(json.dumps(self._specification, indent=2))
        unshare = shutil.which("unshare")
        assert unshare is not None, "the end-to-end tests need unshare, of the package util-linux"
        self._running = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid())),
                *(unshare, "--mount", "sh", "-c", _ONE_VERSION, "sh"),
                *(*self._crun, "run", f"--bundle={bundle}", self._name),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # By force, whether it runs or has ended; it may never have been.
        subprocess.run(
            [*self._crun, "delete", "--force", self._name],
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
        process = self._process
        try:
            process.communicate(timeout=TIMEOUT)
        finally:
            process.kill()
            process.wait()
        shutil.rmtree(self._folder)

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def terminate(self) -> None:
        """Sends SIGTERM to the program, as a kubelet does that wants the pod to end."""
        subprocess.run(
            [*self._crun, "kill", self._name, signal.SIGTERM.name],
            check=True,
            capture_output=True,
            timeout=TIMEOUT,
        )

    def end(self, timeout: float = TIMEOUT) -> tuple[int, str]:
        """Waits for its end: the exit code, and all that it has printed."""
        said, _ = self._process.communicate(timeout=timeout)
        return self._process.returncode, said

    @property
    def _process(self) -> subprocess.Popen[str]:
        assert self._running is not None, "the container was not started"
        return self._running


def runtime_specification(
    files: Path,
    image: Mapping[str, Any],
    program: Sequence[str],
    mounts: Mapping[str, Path],
) -> dict[str, Any]:
    """What a kubelet would have its runtime told, as far as the chart says anything."""
    user, group = (int(number) for number in image["User"].split(":"))
    own = [
        {"destination": where, "type": kind, "source": kind, "options": options}
        for where, kind, options in _MOUNTS
    ]
    given = [
        {"destination": where, "type": "bind", "source": str(path), "options": ["bind", "ro"]}
        for where, path in mounts.items()
    ]
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": user, "gid": group},
            "args": list(program),
            "env": image["Env"],
            "cwd": image.get("WorkingDir") or "/",
            "capabilities": {},
            "noNewPrivileges": True,
        },
        "root": {"path": str(files), "readonly": True},
        "mounts": [*own, *given],
        "linux": {"namespaces": [{"type": kind} for kind in _NAMESPACES]},
    }
