"""What the API server takes for names and annotations, for what it does not check itself.

Rules: ``IsDNS1123Subdomain`` and ``IsQualifiedName`` of
``staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go``, ``ValidateAnnotations`` of
``pkg/api/validation/objectmeta.go`` there. A Binding's annotations are put into the pod unchecked,
and a pod so spoilt refuses every later update, the kubelet's writes of its status included.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

MAX_ANNOTATIONS: Final = 256 * 1024
"""Bytes of an object's annotations, keys and values together."""

MAX_SUBDOMAIN: Final = 253
MAX_NAME: Final = 63

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
_SHOWN = 80


def is_subdomain(text: str) -> bool:
    """Whether nodes, pods and namespaces can be called so."""
    return len(text) <= MAX_SUBDOMAIN and _SUBDOMAIN.fullmatch(text) is not None


def wrong_with_key(key: str) -> str | None:
    """What keeps it from being the key of an annotation, None if nothing does."""
    prefix, slash, name = key.rpartition("/")
    # Keys are compared in lower case, so that a prefix may have capitals.
    if slash and not (prefix.isascii() and is_subdomain(prefix.lower())):
        return f"its prefix must be a DNS subdomain of at most {MAX_SUBDOMAIN} characters"
    if len(name) > MAX_NAME or _NAME.fullmatch(name) is None:
        return (
            f"its name must have 1 to {MAX_NAME} letters, digits, '-', '_' or '.', and begin and"
            " end with a letter or digit"
        )
    return None


def wrong_with_annotations(annotations: Mapping[str, str], already: int = 0) -> str | None:
    """What keeps them from being written, with the key that is to blame; None if nothing does.

    Args:
        annotations: keys and values.
        already: bytes of the annotations that the object has beside these.
    """
    total = already
    sizes: dict[str, int] = {}
    for key, value in annotations.items():
        if wrong := wrong_with_key(key):
            return f"{_shown(key)} is no key of an annotation: {wrong}"
        try:
            sizes[key] = len(key) + len(value.encode())
        except UnicodeEncodeError as error:
            return f"annotation {key}: its value is no Unicode text: {error.reason}"
        total += sizes[key]
    if sizes and total > MAX_ANNOTATIONS:
        largest = max(sizes, key=lambda key: sizes[key])
        return (
            f"with {len(sizes)} more the pod's annotations have {total} bytes, and at most"
            f" {MAX_ANNOTATIONS} are allowed; the largest of them is {largest} with"
            f" {sizes[largest]}"
        )
    return None


def _shown(text: str) -> str:
    return ascii(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
