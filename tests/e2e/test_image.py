"""The image: built from its Dockerfile, looked through, and run as a cluster runs it."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extender.version import __version__
from tests.e2e import image_content as content
from tests.e2e.build import REPOSITORY
from tests.e2e.extender_process import LOOPBACK, server_section
from tests.e2e.image import Built, ImageStore
from tests.e2e.image_base import wanted
from tests.e2e.image_container import ImageContainer
from tests.e2e.objects import pod
from tests.e2e.pip_settings import build_secrets
from tests.e2e.process import answers, free_ports
from tests.e2e.verbs import ask, filter_body
from tests.e2e.waiting import wait_until

REVISION = "0123456789abcdef0123456789abcdef01234567"
CREATED = "2026-01-02T03:04:05Z"
NAME = f"localhost/nova-extender:{__version__}"
VENV = "/opt/nova-extender"
CONFIG = "/etc/nova-extender/config"
"""Where the chart puts the configuration."""

LABELS = {"VERSION": __version__, "REVISION": REVISION, "CREATED": CREATED}

STALE = f"""
import importlib.util, pathlib, sys
import extender.cli.main, extender.cli.serve
found = []
for module in list(sys.modules.values()):
    source = getattr(module, "__file__", None) or ""
    if source.endswith(".py"):
        cached = pathlib.Path(importlib.util.cache_from_source(source))
        if not cached.exists():
            found.append(f"{{cached}} is missing")
for cached in pathlib.Path("{VENV}").rglob("*.pyc"):
    source = pathlib.Path(importlib.util.source_from_cache(cached)).read_bytes()
    # After the magic number: that a hash follows which nobody checks, and the hash.
    wanted = b"\\1\\0\\0\\0" + importlib.util.source_hash(source)
    if cached.read_bytes()[4:16] != wanted:
        found.append(f"{{cached}} is of another source")
print("\\n".join(found) or "all fresh")
"""
"""Looks for modules of the extender that are compiled at its start, and for stale bytecode."""

RIGHTS = f"""
import os, pathlib
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(os.getpid(), os.getuid(), os.getgid(), os.getgroups())
print(*(status[name].strip() for name in ("CapEff", "CapBnd", "CapAmb", "NoNewPrivs")))
for folder in ("/", "/dev", "/etc", "/run", "/var/tmp", "{VENV}", "{CONFIG}", "/tmp"):
    try:
        pathlib.Path(folder, "x").touch()
        print(folder, "takes files")
    except OSError as error:
        print(folder, os.strerror(error.errno))
"""
"""Tells what the container may do."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImageStore]:
    """Images of this module's own; only the stand-in for the official one is in there."""
    assert os.geteuid() == 0, "the image is built and run as root: make e2e as root"
    folder = tmp_path_factory.mktemp("images")
    made = ImageStore(folder / "store", build_secrets(folder))
    try:
        made.add_base()
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def image(store: ImageStore) -> Built:
    """The image of this checkout."""
    built = store.build(NAME, LABELS)
    print(f"the image was built in {built.seconds:.0f} s")
    return built


@pytest.fixture(scope="module")
def root(store: ImageStore, image: Built) -> Iterator[Path]:
    """Its files."""
    with store.files(image) as files:
        yield files


def said_by(folder: Path, root: Path, image: Built, **how: Any) -> str:
    """What a container prints that ends well."""
    with ImageContainer(folder, root, image.config, **how) as container:
        code, said = container.end()
    assert code == 0, said
    return said


def test_what_it_says_of_itself(image: Built) -> None:
    """It serves by itself as nobody in particular, and tells what it was made of and when."""
    config = image.config
    assert config["User"] == "65532:65532"
    assert (config["Entrypoint"], config["Cmd"]) == (["nova-extender"], ["serve"])
    labels = config["Labels"]
    given = {name: labels[f"org.opencontainers.image.{name.lower()}"] for name in LABELS}
    assert given == LABELS
    assert labels["org.opencontainers.image.base.name"] == wanted().name


def test_nothing_it_does_not_need(store: ImageStore, image: Built, root: Path) -> None:
    """No installer, no compiler, no program with another's rights, nothing the user may change."""
    files = content.listing(root)
    assert content.unwanted(files) == []
    assert content.privileged(files) == []
    assert content.writable(files, 65532, 65532) == []
    # How the builder reaches an index stays with the builder.
    assert [file.path for file in files if file.path.endswith("/pip.conf")] == []
    assert not (root / "run" / "secrets").exists()
    assert not [entry for entry in image.config["Env"] if entry.startswith("PIP_")]
    whole = sum(file.size for file in files) / 1e6
    own = sum(file.size for file in files if file.path.startswith(f"{VENV}/")) / 1e6
    print(
        f"the image has {whole:.0f} MB in files, {own:.0f} MB of them our packages, "
        f"and {store.compressed(image) / 1e6:.0f} MB compressed"
    )


def test_the_bill_of_materials_is_what_is_installed(root: Path) -> None:
    """Every package of the image is in its bill of materials, by version and purl, and no other."""
    bill = json.loads((root / f"{VENV[1:]}/share/nova-extender.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    listed = {part["purl"]: part["version"] for part in bill["components"]}
    installed = content.distributions(root)
    assert installed["nova-extender"] == __version__
    assert listed == {f"pkg:pypi/{name}@{version}": version for name, version in installed.items()}


def test_every_package_is_locked(root: Path) -> None:
    """What is installed beside the project is what the lock pins, to the version."""
    lock = (REPOSITORY / "requirements.lock").read_text()
    installed = content.distributions(root)
    del installed["nova-extender"]
    pinned = {line.split()[0] for line in lock.splitlines() if line[:1].isalnum()}
    assert {f"{name}=={version}" for name, version in installed.items()} <= pinned


def test_nothing_is_compiled_at_run_time(image: Built, root: Path, tmp_path: Path) -> None:
    """The bytecode of all that serving needs is there, of just the source that is there."""
    assert said_by(tmp_path, root, image, command=["python", "-c", STALE]) == "all fresh\n"


def test_what_it_may_do(image: Built, root: Path, tmp_path: Path) -> None:
    """It runs as process 1 without any right, and /tmp is all that it can write to."""
    (tmp_path / "config").mkdir()
    mounts = {CONFIG: tmp_path / "config"}
    said = said_by(tmp_path, root, image, command=["python", "-c", RIGHTS], mounts=mounts)
    none = "0" * 16
    assert said.splitlines() == [
        "1 65532 65532 []",
        f"{none} {none} {none} 1",
        "/ Read-only file system",
        "/dev Permission denied",
        "/etc Read-only file system",
        "/run Read-only file system",
        "/var/tmp Read-only file system",  # noqa: S108 - only tried
        f"{VENV} Read-only file system",
        f"{CONFIG} Read-only file system",
        "/tmp takes files",  # noqa: S108 - the container's own
    ]


def test_serves_as_a_cluster_runs_it(image: Built, root: Path, tmp_path: Path) -> None:
    """Without rights and on a read-only root it answers, ends at SIGTERM with 0, writes nothing."""
    before = content.listing(root)
    verbs, health, debug = (f"{LOOPBACK}:{port}" for port in free_ports(3))
    config = tmp_path / "config"
    config.mkdir()
    (config / "nova-extender.yaml").write_text(
        json.dumps({"server": server_section(verbs, health, debug)})
    )
    asked = filter_body(
        pod("asks", "2", "4Gi"), ["compute-a2", "compute-b3", "compute-c4", "nowhere"]
    )
    arguments = ["serve", "--cluster", "example", "--config", f"{CONFIG}/nova-extender.yaml"]
    began = time.monotonic()
    with ImageContainer(
        tmp_path, root, image.config, arguments, mounts={CONFIG: config}
    ) as container:
        wait_until(
            lambda: not container.alive or answers(f"http://{health}/readyz"),
            30,
            lambda: "the container ready",
        )
        print(f"the container was ready after {time.monotonic() - began:.1f} s")
        assert container.alive, container.end()
        status, answered, _ = ask(f"http://{verbs}", "filter", asked)
        began = time.monotonic()
        container.terminate()
        code, said = container.end(30)
        print(f"the container ended {time.monotonic() - began:.1f} s after SIGTERM")
    assert status == 200
    # In the example cluster 6 of the 8 CPUs of compute-a2 are in use, and 7 of 8 of compute-c4.
    assert answered["NodeNames"] == ["compute-a2"]
    assert answered["FailedAndUnresolvableNodes"] == {
        "compute-b3": "host is disabled",
        "compute-c4": "not enough vCPUs",
        "nowhere": "not in cache yet",
    }
    assert code == 0, said
    assert "Traceback" not in said
    assert content.listing(root) == before


def test_the_commands_of_the_hooks_are_there(image: Built, root: Path, tmp_path: Path) -> None:
    """A pod's `command: [nova-extender, ...]` is found, as the chart's hooks have it."""
    said = said_by(tmp_path, root, image, command=["nova-extender", "version"])
    assert said == f"{__version__}\n"
    helped = said_by(tmp_path, root, image, command=["nova-extender", "overcommit", "--help"])
    assert helped.startswith("Usage: nova-extender overcommit")


def test_another_checkout_makes_the_same_image(
    store: ImageStore, image: Built, tmp_path: Path
) -> None:
    """Files of other times and permissions, built anew: every layer the same, bit by bit."""
    checkout = tmp_path / "checkout"
    shutil.copytree(
        REPOSITORY, checkout, ignore=shutil.ignore_patterns(".*", "charts", "docs", "tests")
    )
    shutil.copy(REPOSITORY / ".dockerignore", checkout)
    for path in checkout.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
        os.utime(path, (1, 1))
    again = store.build(f"{NAME}-again", LABELS, checkout)
    assert again.layers == image.layers
    assert again.config == image.config
