"""The verbs as the server calls them: bytes in, a reply out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from extender.protocol.binding import binding_result
from extender.protocol.errors import ProtocolError
from extender.protocol.replies import Reply
from extender.translate.errors import TranslateError
from extender.verbs.engine import Engine
from extender.verbs.filter import filter_pod
from extender.verbs.handover import HandOver
from extender.verbs.preempt import preempt_pod
from extender.verbs.prioritize import prioritize_pod

Call = Callable[[bytes], Reply]

VERBS = ("filter", "prioritize", "bind", "preempt")


def calls(
    engine: Engine, bind: Call | None = None, handover: HandOver | None = None
) -> Mapping[str, Call]:
    """The verbs by name.

    Args:
        engine: what is known.
        bind: answers ``bind``; without it there is no cluster to bind in.
        handover: is told of each call.
    """
    called = (lambda: None) if handover is None else handover.called
    found: dict[str, Call] = {
        "filter": partial(filter_pod, engine),
        "prioritize": partial(prioritize_pod, engine),
        "bind": bind or _nothing_to_bind_to,
        "preempt": partial(preempt_pod, engine),
    }
    return {name: partial(_clear, verb, called) for name, verb in found.items()}


def _clear(verb: Call, called: Callable[[], None], body: bytes) -> Reply:
    """An object that cannot be read is a fault of the request, and said to be one."""
    called()
    try:
        return verb(body)
    except TranslateError as error:
        raise ProtocolError(str(error)) from error


def _nothing_to_bind_to(_: bytes) -> Reply:
    text = "nova-extender: this extender serves a cluster from a file; nothing can be bound in it"
    return Reply(200, binding_result(text))
