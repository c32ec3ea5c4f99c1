"""The image of nova-extender, built by buildah from the Dockerfile as it is.

Images and containers lie in a folder of the test's own. Of the storage drivers vfs works on every
file system, and of the isolations chroot in every sandbox.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.build import REPOSITORY
from tests.e2e.debian import installed
from tests.e2e.image_base import DOCKERFILE, stand_in, wanted

TIMEOUT = 600.0
PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
"""As the official image has it."""


@dataclass(frozen=True)
class Built:
    """An image, and what it took to build it."""

    name: str
    seconds: float
    config: Mapping[str, Any]
    layers: tuple[str, ...]


class ImageStore:
    """Images of the test's own.

    Args:
        folder: Where they lie; `remove` takes it away.
        secrets: Files that builds get, by name.
    """

    def __init__(self, folder: Path, secrets: Mapping[str, Path]) -> None:
        self._folder = folder
        self._secrets = secrets
        self._buildah = [
            str(installed("buildah")),
            "--storage-driver=vfs",
            f"--root={folder / 'images'}",
            f"--runroot={folder / 'run'}",
        ]

    def add_base(self) -> None:
        """Puts the stand-in where the Dockerfile's first line looks for the official image."""
        container = self._run("from", "scratch")
        self._run("add", "--quiet", container, str(stand_in()), "/")
        self._run("config", "--env", f"PATH={PATH}", container)
        self._run("commit", "--rm", "--quiet", container, wanted().name)

    def build(self, name: str, arguments: Mapping[str, str], source: Path = REPOSITORY) -> Built:
        """Builds everything anew.

        Args:
            name: What the image is called.
            arguments: The build's own, which its labels are made of.
            source: A checkout.
        """
        began = time.monotonic()
        self._run(
            "build",
            "--isolation=chroot",
            "--pull-never",
            "--no-cache",
            # The builder's own clock is not to be in the image.
            "--timestamp=0",
            *(f"--secret=id={id_},src={path}" for id_, path in self._secrets.items()),
            *(f"--build-arg={key}={value}" for key, value in arguments.items()),
            f"--file={source / DOCKERFILE.relative_to(REPOSITORY)}",
            f"--tag={name}",
            str(source),
        )
        seconds = time.monotonic() - began
        image = json.loads(self._run("inspect", "--type=image", name))["OCIv1"]
        return Built(name, seconds, image["config"], tuple(image["rootfs"]["diff_ids"]))

    @contextmanager
    def files(self, image: Built) -> Iterator[Path]:
        """The files of a container made from the image."""
        container = self._run("from", "--pull-never", image.name)
        try:
            yield Path(self._run("mount", container))
        finally:
            self._run("rm", container)

    def compressed(self, image: Built) -> int:
        """How many bytes a registry would hold."""
        layout = self._folder / "layout"
        self._run("push", "--quiet", image.name, f"oci:{layout}")
        blobs = layout / "blobs" / "sha256"
        return sum(path.stat().st_size for path in blobs.iterdir())

    def remove(self) -> None:
        """Takes everything away."""
        self._run("rm", "--all")
        shutil.rmtree(self._folder)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [*self._buildah, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, (
            f"buildah {arguments[0]} failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        )
        return done.stdout.strip()
