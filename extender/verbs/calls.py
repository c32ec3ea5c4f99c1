"""The verbs as the server calls them: bytes in, a reply out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from extender.protocol.errors import ProtocolError
from extender.protocol.replies import Reply
from extender.translate.errors import TranslateError
from extender.verbs.engine import Engine
from extender.verbs.filter import filter_pod
from extender.verbs.prioritize import prioritize_pod

Call = Callable[[bytes], Reply]


def calls(engine: Engine) -> Mapping[str, Call]:
    """The verbs by name."""
    return {
        "filter": partial(_clear, filter_pod, engine),
        "prioritize": partial(_clear, prioritize_pod, engine),
    }


def _clear(verb: Callable[[Engine, bytes], Reply], engine: Engine, body: bytes) -> Reply:
    """An object that cannot be read is a fault of the request, and said to be one."""
    try:
        return verb(engine, body)
    except TranslateError as error:
        raise ProtocolError(str(error)) from error
