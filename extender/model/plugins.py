"""Finding the classes of a package: a new filter is one file and nothing else."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def find_classes(package: str, path: Iterable[str], base: type[T]) -> list[type[T]]:
    """The public, concrete subclasses of ``base`` in the package's modules, by name.

    A class that only others build on (it overrides nothing that judges) is told by being the base
    of another class found here.
    """
    found: set[type[T]] = set()
    for module_info in pkgutil.iter_modules(path):
        module = importlib.import_module(f"{package}.{module_info.name}")
        for _, value in inspect.getmembers(module, inspect.isclass):
            if value.__module__ == module.__name__ and issubclass(value, base):
                found.add(value)
    concrete = found - {parent for value in found for parent in value.__mro__[1:]}
    return sorted((c for c in concrete if not c.__name__.startswith("_")), key=lambda c: c.__name__)
