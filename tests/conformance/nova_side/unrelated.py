"""Stand-ins for what older releases import without need: it does not import any more today.

Their filters read hosts and requests; the object layer, the database and RPC come along only
because a helper module names them. The filters, their helpers and the rebuild rule stay Nova's.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Iterator, Sequence
from typing import Any

NAMES: tuple[str, ...] = ("nova.objects", "nova.compute", "nova.db", "nova.rpc", "nova.context")
NAMES += ("nova.network", "nova.api", "nova.image", "nova.volume", "nova.cells", "pkg_resources")


class _Meta(type):
    """A class whose every attribute is another class of its kind, and which holds nothing."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _made(name)

    def __iter__(cls) -> Iterator[Any]:
        return iter(())


def _made(name: str) -> Any:
    return _Meta(name, (), {"__init__": lambda *_args, **_kwargs: None})


class _Nothing(types.ModuleType):
    """A module in which every name is another one, that may be called, and inherited from."""

    __path__: list[str] = []  # noqa: RUF012 - what makes it a package

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _made(name)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a ``_Nothing`` for each of ``NAMES`` and what is beneath."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if any(name == one or name.startswith(one + ".") for one in NAMES):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Nothing(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        del module


def install() -> None:
    """Put the stand-ins before everything else."""
    sys.meta_path.insert(0, _Finder())
