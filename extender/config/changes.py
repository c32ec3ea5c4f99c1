"""What differs between two configurations, and which of it a running process can take over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from extender.config.options import PLUGINS, Config, options
from extender.config.values import cut

RESTART_GROUPS = ("kubernetes", "server")
"""Groups that are read once, at the start; all others, which are Nova's, can be swapped."""


def changed_options(old: Config, new: Config) -> tuple[str, ...]:
    """The paths of the options that differ, in the order of the file.

    Of group ``plugins`` only the uppermost names are told. There ``1``, ``1.0`` and ``true``
    differ, though Python takes them for equal: a plug-in may not.
    """
    named = (
        option.path
        for option in options()
        if _value(old, option.group, option.name) != _value(new, option.group, option.name)
    )
    return (*named, *_changed_plugins(old.plugins, new.plugins))


def reloadable(running: Config, new: Config) -> Config:
    """The new configuration as far as it can be swapped: ``RESTART_GROUPS`` stay as they are."""
    return new.model_copy(update={group: getattr(running, group) for group in RESTART_GROUPS})


def _value(config: Config, group: str, name: str) -> object:
    return getattr(getattr(config, group), name)


def _changed_plugins(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        if (name in old) != (name in new) or repr(old.get(name)) != repr(new.get(name)):
            yield f"{PLUGINS}.{cut(name)}"
