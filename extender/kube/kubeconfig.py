"""What a kubeconfig says, checked before the official client reads it.

The client reports a malformed file by whatever exception comes up in it. The rules for several
files are kubectl's (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/):
the first file that says something wins.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from extender.kube.errors import KubeConfigError

_DEFAULT = "~/.kube/config"
_OTHERWISE = "pass --kubeconfig FILE, or run in a pod with a service account"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a kubeconfig gives for one context.

    Args:
        context: its name.
        user: the entry of its user, empty without one.
        directory: what relative paths in that entry refer to.
    """

    context: str
    user: Mapping[str, Any]
    directory: Path


def find_files(path: str | None, environment: Mapping[str, str]) -> list[str]:
    """The files to read.

    Args:
        path: a file, or several as in ``$KUBECONFIG``; None for ``$KUBECONFIG``, else
            ``~/.kube/config``.
        environment: the environment variables.

    Raises:
        KubeConfigError: a file that was asked for does not exist, or none was found.
    """
    if path is not None:
        files = [str(Path(part).expanduser()) for part in path.split(os.pathsep) if part]
        for name in files:
            if not _exists(name):
                raise KubeConfigError(f"kubeconfig {name}: no such file")
        if not files:
            raise KubeConfigError(f"the path of the kubeconfig is empty; {_OTHERWISE}")
        return files
    listed = environment.get("KUBECONFIG", "")
    candidates = [part for part in listed.split(os.pathsep) if part] or [_DEFAULT]
    files = [str(Path(part).expanduser()) for part in candidates]
    # kubectl passes over missing files of the variable, too.
    found = [name for name in files if _exists(name)]
    if not found:
        source = "$KUBECONFIG names" if listed else "there is"
        raise KubeConfigError(f"no kubeconfig: {source} no {' nor '.join(files)}; {_OTHERWISE}")
    return found


def choose(files: Sequence[str], context: str | None) -> Chosen:
    """What the files say of a context.

    Args:
        files: existing files; earlier ones win.
        context: its name, None for ``current-context``.

    Raises:
        KubeConfigError: says which file or entry is wrong, and what there is instead.
    """
    where = os.pathsep.join(files)
    current = ""
    entries: dict[str, dict[str, tuple[Mapping[str, Any], Path]]] = {
        "contexts": {},
        "clusters": {},
        "users": {},
    }
    for name in files:
        document = _read(name)
        current = current or str(document.get("current-context") or "")
        for section, known in entries.items():
            for entry, body in _entries(document, section, name):
                known.setdefault(entry, (body, Path(name).absolute().parent))

    wanted = context or current
    contexts = ", ".join(sorted(entries["contexts"])) or "none"
    if not wanted:
        raise KubeConfigError(
            f"kubeconfig {where}: no current-context is set; name one of its contexts: {contexts}"
        )
    if wanted not in entries["contexts"]:
        raise KubeConfigError(f"kubeconfig {where}: no context {wanted!r}; there are: {contexts}")
    body, _ = entries["contexts"][wanted]

    cluster = str(body.get("cluster") or "")
    if cluster not in entries["clusters"]:
        raise KubeConfigError(
            f"kubeconfig {where}: context {wanted!r} names cluster {cluster!r}, which is not there"
        )
    server = entries["clusters"][cluster][0].get("server")
    if not isinstance(server, str) or not server.startswith(("https://", "http://")):
        raise KubeConfigError(
            f"kubeconfig {where}: cluster {cluster!r} has no server that begins with https://"
        )

    user = str(body.get("user") or "")
    if not user:
        return Chosen(wanted, {}, Path(files[0]).absolute().parent)
    if user not in entries["users"]:
        raise KubeConfigError(
            f"kubeconfig {where}: context {wanted!r} names user {user!r}, which is not there"
        )
    chosen = Chosen(wanted, *entries["users"][user])
    _check_plugin(chosen, user, where)
    return chosen


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except OSError:  # in a folder that is closed to us: reading it will say so
        return True


def _read(name: str) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(Path(name).read_bytes())
    except OSError as error:
        raise KubeConfigError(f"kubeconfig {name}: {error.strerror or error}") from error
    except (yaml.YAMLError, ValueError) as error:
        text = " ".join(str(error).split())
        raise KubeConfigError(f"kubeconfig {name}: not YAML: {text}") from error
    if not isinstance(document, Mapping):
        raise KubeConfigError(
            f"kubeconfig {name}: not a kubeconfig: expected clusters, contexts and users"
        )
    return document


def _entries(
    document: Mapping[str, Any], section: str, name: str
) -> list[tuple[str, Mapping[str, Any]]]:
    """The named entries of a section: ``contexts`` holds ``[{name, context: {…}}, …]``."""
    listed = document.get(section) or []
    found = []
    if isinstance(listed, list):
        for entry in listed:
            body = entry.get(section[:-1]) if isinstance(entry, Mapping) else None
            # kubectl writes null for an empty entry.
            if not isinstance(body or {}, Mapping) or not isinstance(entry, Mapping):
                break
            found.append((str(entry.get("name")), body or {}))
        else:
            return found
    raise KubeConfigError(f"kubeconfig {name}: {section} is not a list of named {section}")


def _check_plugin(chosen: Chosen, user: str, where: str) -> None:
    """The client would only log that an exec plug-in is not there, and go on as nobody."""
    plugin = chosen.user.get("exec")
    if plugin is None:
        return
    command = plugin.get("command") if isinstance(plugin, Mapping) else None
    if not isinstance(command, str) or not command:
        raise KubeConfigError(f"kubeconfig {where}: user {user!r}: exec has no command")
    # With a slash it is relative to the file, as the client runs it there.
    there = (
        (chosen.directory / command).exists() if os.sep in command else bool(shutil.which(command))
    )
    if not there:
        hint = plugin.get("installHint")
        raise KubeConfigError(
            f"kubeconfig {where}: user {user!r}: exec plug-in {command!r} is not installed"
            + (f": {' '.join(str(hint).split())}" if hint else "")
        )
