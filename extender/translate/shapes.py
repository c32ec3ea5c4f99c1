"""The objects that pod annotations hold: destination, retry history, hints, extra specs.

What users write is held to its shape, unknown names included, or a slip of the pen would widen a
request without a word. The retry history is written by the extender; what a newer one adds to it
is skipped.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extender.model.request_spec import Destination, SchedulerRetries
from extender.translate import annotations as table
from extender.translate.errors import shown
from extender.translate.readers import AnnotationError, read_object

if TYPE_CHECKING:
    from extender.translate.readers import Annotations

_SHOWN = 80
"""Characters of a value that a message shows."""

_DESTINATION = (
    "host",
    "node",
    "cell",
    "aggregates",
    "forbidden_aggregates",
    "allow_cross_cell_move",
)


def read_extra_specs(annotations: Annotations) -> dict[str, str]:
    """Annotation ``extra_specs``: text → text.

    Raises:
        AnnotationError: not such an object.
    """
    row = table.EXTRA_SPECS
    specs = read_object(annotations, row)
    for name, value in specs.items():
        if not isinstance(value, str):
            raise AnnotationError(
                row.key, f"{shown(name, 80)} is {_json(value)}", "an object text to text"
            )
    return specs


def read_destination(annotations: Annotations) -> Destination | None:
    """Annotation ``requested_destination``; ``None`` where it is absent or asks for nothing.

    Raises:
        AnnotationError: an unknown name, a value of the wrong type, or a node without its host,
            which Nova would ignore.
    """
    key = table.REQUESTED_DESTINATION.key
    given = read_object(annotations, table.REQUESTED_DESTINATION)
    for name in given:
        if name not in _DESTINATION:
            wrong = f"{shown(name, 80)} is not a name it knows"
            raise AnnotationError(key, wrong, ", ".join(_DESTINATION))
    move = given.get("allow_cross_cell_move")
    if move is not None and not isinstance(move, bool):
        raise AnnotationError(key, f"allow_cross_cell_move is {_json(move)}", "true or false")
    destination = Destination(
        host=_text(key, given, "host"),
        node=_text(key, given, "node"),
        cell=_text(key, given, "cell"),
        aggregates=_texts(key, given, "aggregates"),
        forbidden_aggregates=frozenset(_texts(key, given, "forbidden_aggregates")),
        allow_cross_cell_move=move is True,
    )
    if destination.node is not None and destination.host is None:
        raise AnnotationError(key, "a node is named without its host", "host, or host and node")
    return None if destination == Destination() else destination


def read_retry(annotations: Annotations) -> SchedulerRetries | None:
    """Annotation ``retry``, Nova's own JSON; ``None`` where it is absent.

    Raises:
        AnnotationError: a value of the wrong type.
    """
    key = table.RETRY.key
    given = read_object(annotations, table.RETRY)
    if not given:
        return None
    attempts = given.get("num_attempts")
    if attempts is None:
        attempts = 0
    if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 0:
        raise AnnotationError(
            key, f"num_attempts is {_json(attempts)}", "a whole number, 0 or more"
        )
    hosts = given.get("hosts") or []
    if not isinstance(hosts, list) or not all(_is_pair(pair) for pair in hosts):
        raise AnnotationError(key, f"hosts is {_json(hosts)}", "a list of [host, node]")
    return SchedulerRetries(
        num_attempts=attempts,
        hosts=tuple((host, node) for host, node in hosts),
        exc_reason=_text(key, given, "exc_reason") or "",
        origins=(f"pod annotation {key}",),
    )


def written(retries: SchedulerRetries, host: str | None) -> str:
    """The value of annotation ``retry``: Nova's own JSON, which ``read_retry`` reads.

    Bounded, whatever the history: the newest 100 hosts, each at its newest place, and 512
    characters of the reason make less than 64 KiB, which is what is read.

    Args:
        retries: a request's history, where its attempt is counted already, or the history after
            an attempt failed: either way ``num_attempts`` is how many were made.
        host: the host chosen, to be appended; ``None`` where none was.

    Source: ``nova.scheduler.utils.populate_filter_properties``.
    """
    pairs = retries.hosts if host is None else (*retries.hosts, (host, host))
    newest = tuple(dict.fromkeys(reversed(pairs)))[::-1]
    kept = replace(retries, hosts=newest).bounded()
    found: dict[str, Any] = {"num_attempts": kept.num_attempts, "hosts": kept.hosts}
    # Half of a surrogate pair could not be read again.
    reason = kept.exc_reason.encode("utf-8", "replace").decode()
    if reason:
        found["exc_reason"] = reason
    return json.dumps(found, ensure_ascii=False)


def read_hints(annotations: Annotations) -> dict[str, tuple[str, ...]]:
    """Annotation ``scheduler_hints``: name → texts; hints without a text are left out.

    A list under ``query`` is JsonFilter's query and becomes one text again, which is how Nova's
    API takes it; a list of one such text, as Nova keeps hints, is that text.

    Raises:
        AnnotationError: a hint that is neither a text nor a list of texts.
    """
    key = table.SCHEDULER_HINTS.key
    hints: dict[str, tuple[str, ...]] = {}
    for name, value in read_object(annotations, table.SCHEDULER_HINTS).items():
        texts = value if isinstance(value, list) else [value]
        if name == "query" and isinstance(value, list) and not _is_query_text(value):
            texts = [json.dumps(value, ensure_ascii=False)]
        if value is None or value == "":
            continue
        if not all(isinstance(text, str) for text in texts):
            raise AnnotationError(
                key, f"{shown(name, 80)} is {_json(value)}", "a text or a list of texts"
            )
        if texts:
            hints[name] = tuple(texts)
    return hints


def _text(key: str, given: dict[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise AnnotationError(key, f"{name} is {_json(value)}", "a text")
    return (value or "").strip() or None


def _texts(key: str, given: dict[str, Any], name: str) -> tuple[str, ...]:
    value = given.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise AnnotationError(key, f"{name} is {_json(value)}", "a list of texts")
    return tuple(stripped for text in value if (stripped := text.strip()))


def _is_query_text(value: list[Any]) -> bool:
    """Whether a list holds a query's text, or nothing; no query begins with a bracket itself."""
    match value:
        case [] | [""]:
            return True
        case [str() as text]:
            return text.lstrip().startswith("[")
    return False


def _is_pair(pair: object) -> bool:
    match pair:
        case [str(), str()]:
            return True
    return False


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
