"""Objects from a file, as ``kubectl get nodes,pods,… -A -o yaml`` (or ``-o json``) prints them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from extender.kube.errors import KubeError

ACCEPTED: Final = (
    "a Kubernetes List in YAML or JSON, such as 'kubectl get nodes,pods -A -o yaml' prints"
)
MAX_DEPTH: Final = 200


class SnapshotError(KubeError):
    """The file as a whole cannot be read; the text names it, the place and what is accepted."""


@dataclass(slots=True)
class Snapshot:
    """The objects of a file by kind, each as its own JSON, and how many of kinds nobody reads."""

    objects: dict[str, list[msgspec.Raw]] = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)

    def of(self, kind: str) -> list[msgspec.Raw]:
        """The objects of a kind, in the file's order."""
        return self.objects.get(kind, [])


class _Head(msgspec.Struct):
    kind: str = ""
    items: list[msgspec.Raw] | None = None


_heads: Final = msgspec.json.Decoder(_Head)


def read_snapshot(path: str, kinds: frozenset[str], accepted: str = ACCEPTED) -> Snapshot:
    """Read the file; objects of other kinds than ``kinds`` are counted, not kept.

    ``accepted`` says in errors what the file should be.

    Raises:
        SnapshotError: no such file, not YAML or JSON (with line and column), or no Kubernetes
            objects in it.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise SnapshotError(
            f"{path} cannot be read: {error.strerror or error}; accepted: {accepted}"
        ) from error
    snapshot = Snapshot()
    try:
        for document in _documents(data):
            _sort(document, "", kinds, snapshot)
    except (_UnreadableError, RecursionError) as error:
        raise SnapshotError(f"{path}: {error}; accepted: {accepted}") from error
    if not snapshot.objects and not snapshot.unread:
        raise SnapshotError(f"{path} holds no objects; accepted: {accepted}")
    return snapshot


class _UnreadableError(Exception):
    """What is wrong with the text, and where."""


def _sort(raw: bytes | msgspec.Raw, kind: str, kinds: frozenset[str], snapshot: Snapshot) -> None:
    """Put an object under its kind; take lists apart (an item may leave out the list's kind)."""
    try:
        head = _heads.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _UnreadableError(f"not a Kubernetes object: {error}") from error
    kind = head.kind or kind
    if head.items is not None and kind.endswith("List"):
        for item in head.items:
            _sort(item, kind.removesuffix("List"), kinds, snapshot)
    elif kind in kinds:
        snapshot.objects.setdefault(kind, []).append(msgspec.Raw(raw))
    else:
        name = kind or "object without a kind"
        snapshot.unread[name] = snapshot.unread.get(name, 0) + 1


def _documents(data: bytes) -> Iterator[bytes]:
    """Each document of the text as JSON."""
    if data.lstrip()[:1] == b"{":
        # JSON is read as JSON first: it is much faster, and a large cluster is a large file.
        try:
            msgspec.json.decode(data, type=msgspec.Raw)
        except (msgspec.DecodeError, RecursionError):
            pass
        else:
            yield data
            return
    try:
        _bound(data)
        for document in yaml.load_all(data, Loader=_Loader):
            if document is not None:
                yield json.dumps(document, ensure_ascii=False).encode()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise _UnreadableError(f"not YAML{place}: {error.problem or error.context}") from error
    except RecursionError as error:
        raise _UnreadableError("nested too deep") from error
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise _UnreadableError(f"not YAML: {str(error)[:200]}") from error


_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):  # type: ignore[misc]  # which of the two depends on how PyYAML was built
    """Numbers with a point and dates stay text: quantities and times are exact as written."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag.rpartition(":")[2] in {"null", "bool", "int"}
    ]
    for first, resolvers in _Safe.yaml_implicit_resolvers.items()
}


def _bound(data: bytes) -> None:
    """Refuse what would overflow a stack or the memory once it is put together.

    The parser behind this reads event by event, however deep; what composes them recurses in C. An
    alias could make a small file grow without bound; kubectl prints none.
    """
    depth = 0
    for event in yaml.parse(data, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _UnreadableError(f"nested deeper than {MAX_DEPTH} levels at line {line}")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            raise _UnreadableError(f"a YAML alias (*{event.anchor}) at line {line} is not read")
