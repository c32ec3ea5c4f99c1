"""How this machine reaches an index of Python packages, told to a build as its secrets.

Whatever this pip is configured with, by a file or by the environment, the one in the build gets,
as far as it is about the network; no file of the project says any of it.
"""

from __future__ import annotations

import ast
import configparser
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

KEPT = (
    "default-timeout",
    "extra-index-url",
    "index-url",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
)
CERT = "cert"
CERT_IN_BUILD = "/run/secrets/ca.crt"
ENVIRONMENT = ":env:"


def build_secrets(folder: Path) -> Mapping[str, Path]:
    """The files for a build, by the names that the Dockerfile knows them by.

    Args:
        folder: Where the one that is written goes, for its owner's eyes only.
    """
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    settings = effective(listed.stdout)
    kept = {name: value for name, value in settings.items() if name in KEPT}
    secrets = {}
    if CERT in settings:
        secrets["ca.crt"] = Path(settings[CERT])
        kept[CERT] = CERT_IN_BUILD
    config = configparser.RawConfigParser()
    config["global"] = kept
    secrets["pip.conf"] = folder / "pip.conf"
    secrets["pip.conf"].touch(mode=0o600)
    with secrets["pip.conf"].open("w") as file:
        config.write(file)
    return secrets


def effective(listed: str) -> dict[str, str]:
    """What is in effect, by what `pip config list` prints; the environment counts most."""
    found: dict[str, str] = {}
    environment: dict[str, str] = {}
    for line in listed.splitlines():
        place, _, value = line.partition("=")
        section, _, name = place.rpartition(".")
        if section in {"global", ENVIRONMENT}:
            into = environment if section == ENVIRONMENT else found
            into[name] = str(ast.literal_eval(value))
    return {**found, **environment}
