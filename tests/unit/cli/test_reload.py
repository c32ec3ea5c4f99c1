"""extender.cli.reload."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from extender.cli.assembly import build_scheduler
from extender.cli.reload import PATIENCE, SETTLE, Reloader
from extender.config.load import Loaded, load
from extender.config.options import Config
from extender.config.problems import ConfigError, Problem
from extender.observe.reloads import ReloadMetrics

pytestmark = pytest.mark.timeout(30)


def parse(path: str, text: str) -> Loaded:
    """The configuration of a text, with its filters and weighers tried out."""

    def check(config: Config) -> tuple[Problem, ...]:
        try:
            build_scheduler(config)
        except ConfigError as error:
            return error.problems
        return ()

    return load(path, text, check)


class Bench:
    """A reloader of a file, with what it applied, said and measured."""

    def __init__(self, file: Path | str | None, text: str = "") -> None:
        self.applied: list[Config] = []
        self.told: list[str] = []
        self.informed: list[str] = []
        self.paused: list[float] = []
        self.between: list[Callable[[], object]] = []
        """What happens to the file in one pause after the other."""
        self.apply: Callable[[Config], object] = self.applied.append
        self.registry = CollectorRegistry()
        self.times = 100.0
        if isinstance(file, Path):
            file.write_text(text)
        self.reloader = Reloader(
            None if file is None else str(file),
            load(None, text).config,
            parse,
            self.put_into_effect,
            self.told.append,
            ReloadMetrics(self.registry, self.now),
            inform=self.informed.append,
            pause=self.pause,
        )

    def put_into_effect(self, config: Config) -> None:
        """What is done at present."""
        self.apply(config)

    def now(self) -> float:
        """A second later each time."""
        self.times += 1
        return self.times

    def pause(self, seconds: float) -> None:
        """No wait at all."""
        self.paused.append(seconds)
        if self.between:
            self.between.pop(0)()

    def metric(self, name: str) -> float | None:
        """One of the gauges."""
        return self.registry.get_sample_value(f"nova_extender_config_{name}")

    def waiting(self) -> tuple[float | None, tuple[str, ...]]:
        """How many options wait for a restart, and which."""
        return self.metric("restart_needed"), self.reloader.restart_needed

    def said(self) -> list[str]:
        """What was told since it was asked last."""
        lines, self.told[:] = self.told[:], []
        return lines


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the configuration is."""
    return tmp_path / "config.yaml"


GOOD = "filter_scheduler: {enabled_filters: [CoreFilter, RamFilter]}\n"
OTHER = "filter_scheduler: {enabled_filters: [CoreFilter]}\n"


def enabled(bench: Bench) -> tuple[str, ...]:
    """The filters in effect."""
    return bench.reloader.config.filter_scheduler.enabled_filters


# -- what is in order --------------------------------------------------------------------------


def test_a_file_that_stays_as_it_was(file: Path) -> None:
    """Nothing is applied, said or tried again."""
    bench = Bench(file, GOOD)
    for _ in range(3):
        bench.reloader.check()
    assert (bench.applied, bench.told, bench.informed) == ([], [], [])
    assert len(bench.paused) == 1  # tried at the first look only
    assert bench.metric("reload_success") == 1


def test_a_change_is_applied_once(file: Path) -> None:
    """It is named, and the time of it is noted."""
    bench = Bench(file, GOOD)
    bench.reloader.check()
    before = bench.metric("reload_timestamp_seconds")
    file.write_text(OTHER)
    bench.reloader.check()
    bench.reloader.check()
    (applied,) = bench.applied
    assert applied.filter_scheduler.enabled_filters == ("CoreFilter",)
    assert bench.reloader.config is applied
    changed = "filter_scheduler.enabled_filters"
    assert bench.informed == [f"{file} is in effect; changed: {changed}"]
    assert bench.told == []
    assert bench.metric("reload_success") == 1
    assert before is not None
    assert bench.metric("reload_timestamp_seconds") == before + 1


def test_a_change_before_the_first_look(file: Path) -> None:
    """What was changed after the start had read it is not taken for what the start has read."""
    bench = Bench(file, GOOD)
    file.write_text(OTHER)
    bench.reloader.check()
    assert enabled(bench) == ("CoreFilter",)


def test_a_comment_is_no_change(file: Path) -> None:
    """There is nothing to apply, and nothing to say."""
    bench = Bench(file, GOOD)
    bench.reloader.check()
    file.write_text(f"# how it was\n{GOOD}")
    bench.reloader.check()
    assert (bench.applied, bench.told, bench.informed) == ([], [], [])


def test_notices_are_told(file: Path) -> None:
    """An older name, and a filter that is to run twice, which Nova allows."""
    bench = Bench(file, GOOD)
    bench.reloader.check()
    file.write_text("DEFAULT: {scheduler_default_filters: 'CoreFilter,CoreFilter'}\n")
    bench.reloader.check()
    bench.reloader.check()
    assert enabled(bench) == ("CoreFilter", "CoreFilter")
    older, twice = bench.said()
    assert older.startswith(f"{file}: DEFAULT.scheduler_default_filters is the older name of ")
    assert "enabled_filters names CoreFilter 2 times; it will run as often" in twice


def test_options_of_plugins_are_reloaded(file: Path) -> None:
    """Exactly: true is not 1."""
    bench = Bench(file, "plugins: {mine: 1}\n")
    file.write_text("plugins: {mine: true}\n")
    bench.reloader.check()
    assert [config.plugins["mine"] for config in bench.applied] == [True]
    assert bench.informed == [f"{file} is in effect; changed: plugins.mine"]


def test_many_changes_are_not_all_named(file: Path) -> None:
    """A line of the log stays a line."""
    bench = Bench(file)
    file.write_text("plugins: {" + ", ".join(f"p{n}: 1" for n in range(1000)) + "}\n")
    bench.reloader.check()
    (line,) = bench.informed
    assert line.endswith("plugins.p18, plugins.p19 and 980 more")


# -- what is not -------------------------------------------------------------------------------

BAD = {
    "value": (
        "filter_scheduler: {max_instances_per_host: 0, enabled_filters: [CoreFilter]}",
        "filter_scheduler.max_instances_per_host: 0 is less than 1 (accepted: a whole",
    ),
    "filter": (
        "filter_scheduler: {enabled_filters: [CoreFiler]}",
        "filter_scheduler.enabled_filters: Scheduler Host Filter CoreFiler could not be found. (",
    ),
    "weigher": (
        "filter_scheduler: {weight_classes: [nova.scheduler.weights.x.None]}",
        "filter_scheduler.weight_classes: 'nova.scheduler.weights.x.None' is not shipped",
    ),
    "yaml": ("filter_scheduler: [", "not YAML at line "),
    "list": ("- a", "the file holds a list (accepted: a YAML mapping"),
    "key given twice": (
        "scheduler: {max_attempts: 1, max_attempts: 2}",
        "scheduler.max_attempts: given again, first at line 1",
    ),
    "filters given twice": (
        "{DEFAULT: {scheduler_default_filters: A}, filter_scheduler: {enabled_filters: []}}",
        "DEFAULT.scheduler_default_filters: given together with filter_scheduler.enabled_filters",
    ),
    "group": ("surprise: 1", "surprise: unknown group (accepted: one of"),
    "group that needs a restart": ("server: {threads: 0}", "server.threads: 0 is less than 1"),
    "size": ("#" * (2**20 + 1), "the file is larger than 1048576 bytes (accepted: at most 1 MiB"),
    "bytes": ("a: \udcff", "not UTF-8 at line 1, byte 4 (accepted: YAML in UTF-8)"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_changes_nothing(file: Path, name: str) -> None:
    """It is said once what is wrong with it, and the gauge says so until it is mended."""
    text, problem = BAD[name]
    bench = Bench(file, GOOD)
    bench.reloader.check()
    good = bench.metric("reload_timestamp_seconds")
    file.write_bytes(text.encode(errors="surrogateescape"))
    for _ in range(3):
        bench.reloader.check()
    assert bench.applied == []
    assert enabled(bench) == ("CoreFilter", "RamFilter")
    head, line = bench.said()
    assert head == f"{file} is not valid, 1 problem; the configuration before stays in effect"
    assert line.startswith(f"{file}: {problem}")
    assert "\n" not in line
    assert bench.metric("reload_success") == 0
    assert bench.metric("reload_timestamp_seconds") == good
    file.write_text(GOOD)
    bench.reloader.check()
    assert bench.applied == []
    assert bench.said() == []
    assert bench.informed == [f"{file} is in effect; no option that can be reloaded has changed"]
    assert bench.metric("reload_success") == 1


def test_everything_that_is_wrong_is_told(file: Path) -> None:
    """A line each."""
    bench = Bench(file, GOOD)
    file.write_text("scheduler: {max_attempts: 0}\nserver: {threads: 0}\nsurprise: 1\n")
    bench.reloader.check()
    head, *lines = bench.said()
    assert "3 problems" in head
    assert sorted(line.split(": ")[1] for line in lines) == [
        "scheduler.max_attempts",
        "server.threads",
        "surprise",
    ]


def test_not_more_is_told_than_can_be_read(file: Path) -> None:
    """A file of another program has more wrong with it than a log should hold."""
    bench = Bench(file, GOOD)
    file.write_text("".join(f"group{n}: 1\n" for n in range(500)))
    bench.reloader.check()
    told = bench.said()
    assert "500 problems" in told[0]
    assert len(told) == 22
    assert told[-1] == f"{file}: and 480 more; 'nova-extender config check' shows them all"


def test_another_mistake_is_told_anew(file: Path) -> None:
    """And the same one again after a good file."""
    bench = Bench(file, GOOD)
    for text, lines in (("a: 1", 2), ("b: 1", 2), (GOOD, 0), ("b: 1", 2)):
        file.write_text(text)
        bench.reloader.check()
        assert len(bench.said()) == lines


def test_a_configuration_that_cannot_be_put_into_effect(file: Path) -> None:
    """The one in effect stays; another try needs another content or a call."""
    bench = Bench(file, GOOD)
    tries = []

    def apply(config: Config) -> None:
        tries.append(config)
        if len(tries) < 3:
            raise RuntimeError("no room")

    bench.apply = apply
    file.write_text(OTHER)
    bench.reloader.check()
    bench.reloader.check()
    assert len(tries) == 1
    assert bench.said()[1:] == [f"{file}: could not be put into effect: RuntimeError('no room')"]
    assert bench.metric("reload_success") == 0
    bench.reloader.hangup()
    bench.reloader.check()
    assert enabled(bench) == ("CoreFilter", "RamFilter")
    bench.reloader.hangup()
    bench.reloader.check()
    assert enabled(bench) == ("CoreFilter",)
    assert bench.metric("reload_success") == 1


# -- plug-ins ----------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module that is not written yet, in a place where Python looks for it."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    yield folder / "reloaded_plugin.py"
    sys.modules.pop("reloaded_plugin", None)


WITH_PLUGIN = (
    "filter_scheduler:\n"
    "  available_filters: [nova.scheduler.filters.all_filters, reloaded_plugin.MyFilter]\n"
    "  enabled_filters: [CoreFilter, MyFilter]\n"
)
PLUGIN = (
    "from extender.filters.base import HostFilter\n\n\n"
    "class MyFilter(HostFilter):\n"
    "    def host_passes(self, host, spec):\n"
    "        return None\n"
)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (None, "ModuleNotFoundError"),
        ("raise RuntimeError('half installed')", "RuntimeError('half installed')"),
        ("import sys; sys.exit(3)", "SystemExit(3)"),
        ("def (", "SyntaxError"),
        ("MyFilter = 3", "expected a public subclass of extender.filters.base.HostFilter"),
        (PLUGIN.replace("MyFilter", "CoreFilter") + "MyFilter = CoreFilter", "two filters are"),
        (f"{PLUGIN}\n    def __init__(self, options):\n        options.none", "could not be made"),
    ],
)
def test_a_plugin_that_cannot_be_had(
    file: Path, package: Path, source: str | None, told: str
) -> None:
    """Whatever it does on import; once it is mended a call is enough, the file need not change."""
    bench = Bench(file, GOOD)
    if source is not None:
        package.write_text(source)
    file.write_text(WITH_PLUGIN)
    bench.reloader.check()
    bench.reloader.check()
    _, line = bench.said()
    assert told in line
    assert enabled(bench) == ("CoreFilter", "RamFilter")
    assert bench.metric("reload_success") == 0
    sys.modules.pop("reloaded_plugin", None)
    package.write_text(PLUGIN + "\n# " + "longer than before" * 30)
    bench.reloader.hangup()
    bench.reloader.check()
    assert bench.said() == []
    assert enabled(bench) == ("CoreFilter", "MyFilter")
    assert bench.metric("reload_success") == 1


def test_a_plugin_that_is_installed_meanwhile(file: Path, package: Path) -> None:
    """Python remembers what a folder held; a folder's time of change may be too coarse to tell."""
    bench = Bench(file, GOOD)
    file.write_text(WITH_PLUGIN)
    bench.reloader.check()
    assert "ModuleNotFoundError" in bench.said()[1]
    before = package.parent.stat()
    package.write_text(PLUGIN)
    os.utime(package.parent, ns=(before.st_atime_ns, before.st_mtime_ns))
    bench.reloader.hangup()
    bench.reloader.check()
    assert bench.said() == []
    assert enabled(bench) == ("CoreFilter", "MyFilter")


# -- the file's comings and goings -------------------------------------------------------------


def test_a_file_that_vanishes_and_is_back(file: Path) -> None:
    """It is told once; what comes back is read."""
    bench = Bench(file, GOOD)
    bench.reloader.check()
    file.unlink()
    for _ in range(3):
        bench.reloader.check()
    _, line = bench.said()
    assert line.startswith(f"{file}: cannot be read: No such file or directory")
    assert (bench.metric("reload_success"), enabled(bench)) == (0, ("CoreFilter", "RamFilter"))
    file.write_text(OTHER)
    bench.reloader.check()
    assert (bench.metric("reload_success"), enabled(bench)) == (1, ("CoreFilter",))


def test_a_file_that_is_gone_for_a_moment(file: Path) -> None:
    """Nothing is said of it, and what is there afterwards counts at once."""
    bench = Bench(file, GOOD)
    bench.reloader.check()
    file.unlink()
    bench.between = [lambda: None, lambda: None, lambda: file.write_text(OTHER)]
    bench.reloader.check()
    assert bench.told == []
    assert enabled(bench) == ("CoreFilter",)


def test_a_file_that_is_half_written(file: Path) -> None:
    """An editor empties it first: an empty file would be the defaults, and half of one a half."""
    bench = Bench(file, GOOD)
    bench.reloader.check()
    file.write_text("")
    bench.between = [lambda: file.write_text(OTHER[:18]), lambda: file.write_text(OTHER)]
    bench.reloader.check()
    assert bench.told == []
    assert [config.filter_scheduler.enabled_filters for config in bench.applied] == [
        ("CoreFilter",)
    ]
    assert set(bench.paused) == {SETTLE}


def test_a_file_that_never_stays_the_same(file: Path) -> None:
    """It is left for the next time; a call that waited is not forgotten."""
    bench = Bench(file, GOOD)
    bench.reloader.check()
    bench.reloader.hangup()
    bench.between = [partial(file.write_text, f"# {n}\n") for n in range(PATIENCE)]
    bench.reloader.check()
    assert (bench.applied, bench.told, bench.informed) == ([], [], [])
    file.write_text(GOOD)
    bench.reloader.check()
    assert len(bench.applied) == 1


def test_a_file_as_a_config_map_is_mounted(tmp_path: Path) -> None:
    """The file is a link into a link that is swapped for another; nothing is ever missing."""
    for name, text in (("..1", GOOD), ("..2", OTHER)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(text)
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "config.yaml").symlink_to("..data/config.yaml")
    bench = Bench(str(tmp_path / "config.yaml"), GOOD)
    bench.reloader.check()
    assert bench.applied == []
    (tmp_path / "..data_tmp").symlink_to("..2")
    (tmp_path / "..data_tmp").rename(tmp_path / "..data")
    bench.reloader.check()
    assert bench.told == []
    assert enabled(bench) == ("CoreFilter",)


# -- what needs a restart ----------------------------------------------------------------------


def test_options_that_need_a_restart(file: Path) -> None:
    """They are named once, counted, and stay as they are; Nova's groups are swapped anyway."""
    bench = Bench(file, GOOD)
    bench.reloader.check()
    file.write_text(f"{OTHER}server: {{threads: 5}}\nkubernetes: {{max_score: 10}}\n")
    for _ in range(3):
        bench.reloader.check()
    named = ("kubernetes.max_score", "server.threads")
    assert bench.said() == [f"{file}: restart needed: {', '.join(named)}"]
    assert bench.waiting() == (2, named)
    (config,) = bench.applied
    assert config.filter_scheduler.enabled_filters == ("CoreFilter",)
    assert (config.server, config.kubernetes) == (Config().server, Config().kubernetes)
    # a file that is not in order does not make them forgotten
    file.write_text("a: 1")
    bench.reloader.check()
    assert bench.waiting() == (2, named)
    # one that has the running values again does
    file.write_text(OTHER)
    bench.reloader.check()
    assert bench.waiting() == (0, ())


def test_options_that_need_a_restart_alone(file: Path) -> None:
    """Nothing is applied, but what waits is told."""
    bench = Bench(file, GOOD)
    file.write_text(f"{GOOD}server: {{bind: '127.0.0.1:1'}}\n")
    bench.reloader.check()
    assert (bench.applied, bench.informed) == ([], [])
    assert bench.said() == [f"{file}: restart needed: server.bind"]
    assert bench.metric("reload_success") == 1


# -- SIGHUP ------------------------------------------------------------------------------------


def test_a_call_tries_again_what_has_not_changed(file: Path) -> None:
    """The filters are made anew, for they may have read files of their own; then it is quiet."""
    bench = Bench(file, GOOD)
    bench.reloader.check()
    bench.reloader.hangup()
    bench.reloader.hangup()
    bench.reloader.check()
    bench.reloader.check()
    assert len(bench.applied) == 1
    assert bench.informed == [f"{file} is in effect; no option that can be reloaded has changed"]


def test_a_call_tells_again_what_is_wrong(file: Path) -> None:
    """Whoever calls wants to know."""
    bench = Bench(file, GOOD)
    file.write_text("a: 1")
    bench.reloader.check()
    first = bench.said()
    bench.reloader.hangup()
    bench.reloader.check()
    assert bench.said() == first


def test_a_call_without_a_file() -> None:
    """There is nothing to read, and that is said; else nothing happens."""
    bench = Bench(None)
    bench.reloader.check()
    assert bench.told == []
    bench.reloader.hangup()
    bench.reloader.check()
    assert bench.said() == [
        "SIGHUP: there is no configuration file to read again; start with --config FILE"
    ]
    assert (bench.applied, bench.metric("reload_success")) == ([], 1)


def test_a_pipe_is_not_read_again(tmp_path: Path) -> None:
    """It would give nothing, which would be the defaults, or wait for ever."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    bench = Bench(str(path), GOOD)
    bench.reloader.check()
    assert (bench.applied, bench.told) == ([], [])
    bench.reloader.hangup()
    bench.reloader.check()
    (line,) = bench.said()
    assert line.startswith(f"SIGHUP: {path} is no regular file and cannot be read again")


def test_hangup_in_a_signal_handler(file: Path) -> None:
    """As in gunicorn's worker: the thread that watches wakes at once."""
    bench = Bench(file, GOOD)
    applied = threading.Event()
    bench.apply = lambda _: applied.set()
    before = signal.signal(signal.SIGHUP, lambda *_: bench.reloader.hangup())
    # So long a period that only the signal can be what wakes it.
    thread = threading.Thread(target=bench.reloader.watch, args=(3600,))
    thread.start()
    try:
        os.kill(os.getpid(), signal.SIGHUP)
        assert applied.wait(20)
    finally:
        signal.signal(signal.SIGHUP, before)
        bench.reloader.stop()
        thread.join(20)
    assert not thread.is_alive()


def test_watching_by_itself(file: Path) -> None:
    """A change is found without a call, by looking again and again."""
    bench = Bench(file, GOOD)
    applied = threading.Event()
    bench.apply = lambda _: applied.set()
    thread = threading.Thread(target=bench.reloader.watch, args=(0.01,))
    thread.start()
    try:
        written = file.with_name("written")
        written.write_text(OTHER)
        written.replace(file)  # without the pauses, a file being written would be taken as it is
        assert applied.wait(20)
    finally:
        bench.reloader.stop()
        thread.join(20)
    assert not thread.is_alive()
    assert enabled(bench) == ("CoreFilter",)
