"""JSON that is nested too deep for the decoder.

The API server takes 10,000 levels (``encoding/json`` of Go) and lets whoever may create a pod write
its ``metadata.managedFields``, whose ``fieldsV1`` is free: kube-apiserver 1.37.1 accepts 5,000
levels there. Decoders that recurse, msgspec's among them, stop at about a thousand. Left alone, one
such pod would make the list of all pods unreadable; left out, it would use a node unseen.
"""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

MAX_DEPTH = 100
"""Levels that are kept: what is deeper holds nothing that is read. Whole lists of honest objects
have about 30."""

T = TypeVar("T")

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_OPENING = b"{["
_CLOSING = b"}]"


def decode_deep(decoder: msgspec.json.Decoder[T], data: bytes | msgspec.Raw) -> T:
    """Decodes; what is nested too deep for it reads as null.

    Raises:
        msgspec.DecodeError: not JSON, or not of the decoder's type.
    """
    try:
        return decoder.decode(data)
    except RecursionError:
        return decoder.decode(shallow(bytes(data)))


def shallow(data: bytes) -> bytes:
    """The same JSON with every object and array below `MAX_DEPTH` levels replaced by null.

    Works on brackets and strings alone, without recursion; what is no JSON stays no JSON.
    """
    kept = bytearray()
    start = level = 0
    for token in _TOKEN.finditer(data):
        first = data[token.start()]
        if first in _OPENING:
            if level == MAX_DEPTH:
                kept += data[start : token.start()] + b"null"
            level += 1
        elif first in _CLOSING:
            level -= 1
            if level == MAX_DEPTH:
                start = token.end()
    return bytes(kept) if level > MAX_DEPTH else bytes(kept) + data[start:]
