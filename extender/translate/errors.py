"""What the translation raises, and how hostile text is shown in messages."""

from __future__ import annotations

import json


class TranslateError(Exception):
    """A Kubernetes object that cannot be understood; the text names it, the place and the cure."""


def shown(text: str, limit: int) -> str:
    """A text quoted for a message, cut to ``limit`` characters, control characters escaped."""
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")


def shown_json(value: object, limit: int) -> str:
    """A JSON value as it is written, in ASCII, cut to ``limit`` characters, for a message."""
    text = json.dumps(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
