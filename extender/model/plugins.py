"""Finding the classes of a package: a new filter is one file and nothing else."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from abc import ABC
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def find_classes(package: str, path: Iterable[str], base: type[T]) -> list[type[T]]:
    """The public, concrete subclasses of ``base`` in the package's modules, by name.

    A class that is only there to build on names ``abc.ABC`` among its own bases. Being built on
    does not hide a class: a variant may extend what it varies.
    """
    found: set[type[T]] = set()
    for module_info in pkgutil.iter_modules(path):
        module = importlib.import_module(f"{package}.{module_info.name}")
        for _, value in inspect.getmembers(module, inspect.isclass):
            if (
                value.__module__ == module.__name__
                and issubclass(value, base)
                and value is not base
                and ABC not in value.__bases__
                and not value.__name__.startswith("_")
            ):
                found.add(value)
    return sorted(found, key=lambda cls: cls.__name__)
