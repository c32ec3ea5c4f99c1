"""Reading the configuration again while serving: by its content every few seconds, and on SIGHUP.

All of a new configuration is checked before any of it counts. One that is not in order changes
nothing; of one that is, Nova's groups are swapped at once, and what needs a restart is named.
"""

from __future__ import annotations

import importlib
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from extender.config.changes import changed_options, reloadable
from extender.config.load import Loaded, read_file
from extender.config.options import Config
from extender.config.problems import ConfigError, Problem
from extender.observe.reloads import ReloadMetrics

PERIOD = 5.0
"""Seconds from one look at the file to the next."""

SETTLE = 0.2
"""Seconds for which a new content must stay the same: a file is seldom written in one go."""

PATIENCE = 10
"""How often a file that changes, is empty or cannot be read is read anew before that is so."""

_LISTED = 20

Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class _Content:
    """What a look at the file found: its text, or why there is none."""

    text: str = ""
    problems: tuple[Problem, ...] = ()


class Reloader:
    """Keeps the configuration in effect in step with its file.

    ``check`` and ``watch`` are for one thread; ``hangup`` and ``stop`` may be called from any, and
    from a signal handler.

    Args:
        path: the file; None where there is none, and so nothing to watch.
        config: the configuration in effect.
        load: reads and checks a configuration, given the path and the text of the file. Whatever
            it raises is a reason to keep the one in effect.
        apply: puts a configuration into effect, all of it or, raising, nothing. Of the groups that
            need a restart it is given those in effect.
        tell: told what an operator must know.
        metrics: told how each reading went.
        inform: told what is good to know; else ``tell`` is.
        pause: waits so many seconds.
    """

    def __init__(
        self,
        path: str | None,
        config: Config,
        load: Callable[[str, str], Loaded],
        apply: Callable[[Config], object],
        tell: Tell,
        metrics: ReloadMetrics,
        *,
        inform: Tell | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.config = config
        self.restart_needed: tuple[str, ...] = ()
        """Paths of the options whose values in the file wait for a restart."""
        self._path = path
        self._load = load
        self._apply = apply
        self._tell = tell
        self._inform = inform or tell
        self._metrics = metrics
        self._pause = pause
        self._tried: _Content | None = None
        self._in_order = True
        self._forced = False
        self._stopped = False
        # Its put is reentrant; an Event's set is not, and a second signal may interrupt the first.
        self._calls: SimpleQueue[bool] = SimpleQueue()

    def hangup(self) -> None:
        """Have the file tried again at once, changed or not, and put into effect: SIGHUP."""
        self._calls.put(True)

    def stop(self) -> None:
        """End ``watch``."""
        self._stopped = True
        self._calls.put(False)

    def watch(self, period: float = PERIOD) -> None:
        """Check now, then every so many seconds and on each ``hangup``, until told to stop."""
        while not self._stopped:
            self.check()
            self._wait(period)

    def check(self) -> None:
        """Look at the file, and take its configuration over if it is new and in order."""
        with suppress(Empty):
            while True:
                self._forced |= self._calls.get_nowait()
        forced, self._forced = self._forced, False
        if self._path is None or _is_stream(self._path):
            if forced:
                self._tell(_nothing_to_read(self._path))
            return
        content = _look(self._path)
        if content == self._tried and not forced:
            return
        settled = self._settled(self._path, content)
        if settled is None:
            self._forced = forced  # it is being written all the time; next time, then
            return
        if settled == self._tried and not forced:
            return
        if settled.problems:
            self._refuse(self._path, settled.problems)
        else:
            self._try(self._path, settled.text, forced)
        self._tried = settled

    def _wait(self, seconds: float) -> None:
        """Wait so long, or until there is a call."""
        with suppress(Empty):
            self._forced |= self._calls.get(timeout=seconds)

    def _settled(self, path: str, content: _Content) -> _Content | None:
        """The content once it stays the same, None if it does not.

        A file that is gone or empty may be back at once, so there is more patience.
        """
        same = False
        for _ in range(PATIENCE):
            self._pause(SETTLE)
            before, content = content, _look(path)
            same = content == before
            if same and content.text:
                return content
        return content if same else None

    def _try(self, path: str, text: str, forced: bool) -> None:
        """Check a configuration as a whole, and swap what can be swapped."""
        # A plug-in may have been installed since the start.
        importlib.invalidate_caches()
        try:
            loaded = self._load(path, text)
            config = reloadable(self.config, loaded.config)
            changed = changed_options(self.config, config)
            if changed or forced:
                self._apply(config)
        except ConfigError as error:
            self._refuse(path, error.problems)
            return
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plug-in's fault may be any
            self._refuse(path, (Problem("", f"could not be put into effect: {error!r}"),))
            return
        self.config = config
        self.restart_needed = changed_options(config, loaded.config)
        self._metrics.succeeded(len(self.restart_needed))
        mended, self._in_order = not self._in_order, True
        if self._tried is None and not (changed or forced or self.restart_needed):
            return  # what was read at the start, and told of then
        for notice in loaded.notices:
            self._tell(f"{path}: {notice}")
        if changed:
            self._inform(f"{path} is in effect; changed: {_listed(changed)}")
        elif forced or mended:
            self._inform(f"{path} is in effect; no option that can be reloaded has changed")
        if self.restart_needed:
            self._tell(f"{path}: restart needed: {_listed(self.restart_needed)}")

    def _refuse(self, path: str, problems: Sequence[Problem]) -> None:
        """Keep the configuration in effect, and say what is wrong with the new one."""
        self._in_order = False
        self._metrics.failed()
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        self._tell(f"{path} is not valid, {count}; the configuration before stays in effect")
        # A line each: a line of the log is one line.
        for problem in problems[:_LISTED]:
            self._tell(f"{path}: {_line(problem)}")
        if len(problems) > _LISTED:
            more = len(problems) - _LISTED
            self._tell(f"{path}: and {more} more; 'nova-extender config check' shows them all")


def _look(path: str) -> _Content:
    try:
        return _Content(text=read_file(path))
    except ConfigError as error:
        return _Content(problems=error.problems)


def _is_stream(path: str) -> bool:
    """Whether it is a pipe or a device, which gives what it holds once, or waits for more."""
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        return False  # reading it will say what is wrong
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _nothing_to_read(path: str | None) -> str:
    if path is None:
        return "SIGHUP: there is no configuration file to read again; start with --config FILE"
    return f"SIGHUP: {path} is no regular file and cannot be read again; start with --config FILE"


def _line(problem: Problem) -> str:
    text = f"{problem.path}: {problem.message}" if problem.path else problem.message
    return f"{text} (accepted: {problem.accepted})" if problem.accepted else text


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _LISTED} more" if len(paths) > _LISTED else ""
    return ", ".join(paths[:_LISTED]) + more
