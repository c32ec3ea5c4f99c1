"""The verbs' server: gunicorn with one threaded worker.

One worker, because the cluster's state and the claims live in its memory. The worker starts what
watches the cluster in its own process, for threads do not survive a fork.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final, NoReturn

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger

from extender.server.addresses import ListenError, listen
from extender.server.memory import keep_freed_memory
from extender.server.tls_worker import HANDSHAKE_PATIENCE, TlsWorker
from extender.server.worker import READ_PATIENCE, PatientWorker, end_is_near

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from wsgiref.types import WSGIApplication

    from extender.server.tls import MutualTls

KEEPALIVE: Final = 120
"""Go closes idle connections after 90 s; a server that is faster loses a POST now and then, which
Go cannot repeat (kubernetes ``pkg/scheduler/extender.go`` uses Go's default transport)."""

THREADS: Final = 128
GRACE: Final = 15
"""Seconds that calls under way get at the end; a pod is killed after 30 by default."""

_STOPPING: Final = 5
"""Seconds that ``on_worker_stop`` gets beyond those, before the master kills the worker."""

STACK: Final = 16 * 1024 * 1024
"""Bytes of each thread's stack. Python 3.12 and 3.13 let C code nest 10,000 levels deep, whatever
the stack: JSON nested as deep would overflow the usual 8 MiB and end the process."""

SWITCH_INTERVAL: Final = 0.0005
"""Seconds after which a thread that has the interpreter lets another have it. By default it is ten
times as long, and calls would wait for it while a list of the cluster is being decoded."""

EXIT_ADDRESS: Final = 2
EXIT_START: Final = int(Arbiter.WORKER_BOOT_ERROR)
EXIT_CRASH: Final = 1

_YOUNG = 10.0
"""Seconds within which the death of a worker is the fault of its start."""


def serve(
    factory: Callable[[], WSGIApplication],
    bind: str,
    threads: int = THREADS,
    keepalive: int = KEEPALIVE,
    on_worker_start: Callable[[], None] = lambda: None,
    on_worker_stop: Callable[[], None] = lambda: None,
    ready_message: Callable[[], None] = lambda: None,
    *,
    on_hangup: Callable[[], None] | None = None,
    bind_option: str = "server.bind",
    read_patience: float = READ_PATIENCE,
    grace: int = GRACE,
    tls: MutualTls | None = None,
    handshake_patience: float = HANDSHAKE_PATIENCE,
) -> NoReturn:
    """Serve until told to stop, then end the process.

    SIGTERM stops accepting, lets calls under way finish for ``grace`` seconds and ends with 0;
    SIGINT (Ctrl-C) ends with 0 at once. An address that cannot be had is one line and exit code 2,
    before anything is started; a worker that cannot start ends with 3, one that dies within
    seconds of its start with 1. A worker that dies later is replaced.

    Args:
        factory: makes the WSGI application, in the worker.
        bind: ``host:port`` to listen on.
        threads: calls that are answered at the same time.
        keepalive: seconds an idle connection is kept; above 90 in production, see ``KEEPALIVE``.
        on_worker_start: called in the worker, before ``factory``, to start threads and watches. It
            must return soon: nothing is answered before.
        on_worker_stop: called in the worker at its end, after the last reply; not after a start
            that failed.
        ready_message: called in the worker once it is about to answer, to say so.
        on_hangup: called in the worker's main thread on SIGHUP, whichever of the two processes
            gets it; it must only set a flag. SIGHUP is ignored without it.
        bind_option: the configuration option that ``bind`` comes from.
        read_patience: seconds a request may take to arrive.
        grace: see above.
        tls: whom to speak TLS with; without it the verbs are plain HTTP.
        handshake_patience: seconds a handshake may take.
    """
    try:
        listener = listen(bind, bind_option)
    except ListenError as error:
        sys.stderr.write(f"nova-extender: {error}\n")
        raise SystemExit(EXIT_ADDRESS) from error
    threading.stack_size(STACK)
    keep_freed_memory()
    sys.setswitchinterval(SWITCH_INTERVAL)
    settings = {
        # Handed over bound: gunicorn would try five seconds long, and log each failure.
        "bind": f"fd://{listener.detach()}",
        "workers": 1,
        "worker_class": _worker(tls, read_patience, handshake_patience),
        "threads": threads,
        "keepalive": keepalive,
        # Beyond threads + 1000 connections gunicorn stops accepting; idle ones hold no thread.
        "worker_connections": threads + 1000,
        "graceful_timeout": grace + _STOPPING,
        "timeout": 60,
        "preload_app": False,
        # The worker's sign of life is a file's time stamp, which a slow disk would delay.
        "worker_tmp_dir": _memory_dir(),
        "accesslog": None,
        "loglevel": "warning",
        "logger_class": _QuietLogger,
        # A socket under $HOME for gunicornc, which could also add workers.
        "control_socket_disable": True,
        # No proxy stands in front: no client may set SCRIPT_NAME or the scheme by a header.
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        "proc_name": "nova-extender",
        "pre_fork": _note_birth,
        "child_exit": _give_up_on_crashes,
    }
    if tls is not None:
        settings |= _tls_settings(tls)
    hooks = _Hooks(factory, on_worker_start, on_worker_stop, ready_message, on_hangup, grace)
    settings["post_fork"] = hooks.forked
    settings["post_worker_init"] = hooks.ready
    settings["worker_exit"] = hooks.stop
    _Application(settings, hooks).run()
    raise SystemExit(0)  # not reached: gunicorn's master ends by SystemExit


def _worker(
    tls: MutualTls | None, read_patience: float, handshake_patience: float
) -> type[PatientWorker]:
    """The class of the worker, with what gunicorn has no setting for."""
    given: dict[str, Any] = {"read_patience": read_patience}
    if tls is None:
        return type("Worker", (PatientWorker,), given)
    return type(
        "Worker", (TlsWorker,), {**given, "tls": tls, "handshake_patience": handshake_patience}
    )


def _tls_settings(tls: MutualTls) -> dict[str, Any]:
    """What makes gunicorn wrap connections; it asks for the context of each one."""
    certificate, key = tls.certificate.paths
    return {
        "certfile": certificate,
        "keyfile": key,
        "ssl_context": lambda _config, _default: tls.context(),
    }


class _Hooks:
    """The caller's functions, called in the worker."""

    def __init__(
        self,
        factory: Callable[[], WSGIApplication],
        on_worker_start: Callable[[], None],
        on_worker_stop: Callable[[], None],
        ready_message: Callable[[], None],
        on_hangup: Callable[[], None] | None,
        grace: int,
    ) -> None:
        self._factory = factory
        self._on_worker_start = on_worker_start
        self._on_worker_stop = on_worker_stop
        self._ready_message = ready_message
        self._on_hangup = on_hangup
        self._grace = grace
        self._started = False

    def forked(self, _master: Any, worker: Any) -> None:
        """Let signals end a worker that has not yet set its own handlers.

        It inherits the master's, which put signals into a queue that nobody reads here.
        """
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        worker.cfg.set("graceful_timeout", self._grace)  # the worker's own copy of the settings

    def load(self) -> WSGIApplication:
        signal.signal(signal.SIGHUP, self._hang_up)  # gunicorn's worker would die of it
        try:
            self._on_worker_start()
            self._started = True
            return self._factory()
        except ListenError as error:
            # Its text says it all; a traceback would only hide it.
            sys.stderr.write(f"nova-extender: {error}\n")
            raise SystemExit(EXIT_START) from error

    def ready(self, _worker: Any) -> None:
        self._ready_message()

    def _hang_up(self, _number: int, _frame: FrameType | None) -> None:
        if self._on_hangup is not None:
            self._on_hangup()

    def stop(self, _master: Any, worker: Any) -> NoReturn:
        """Run last in the worker, whatever ended it."""
        ending = sys.exc_info()[1]
        code = ending.code if isinstance(ending, SystemExit) else EXIT_CRASH
        end_is_near()
        if self._started:
            try:
                self._on_worker_stop()
            except Exception:
                worker.log.exception("stopping failed")
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        # Python's own end would wait for every thread of the pool, be it stuck or not; gunicorn
        # has given them their time.
        os._exit(code & 0xFF if isinstance(code, int) else int(code is not None))


class _Application(BaseApplication):  # type: ignore[misc]  # gunicorn ships no type information
    """Settings from the code alone: no command line, no file, no GUNICORN_CMD_ARGS."""

    def __init__(self, settings: dict[str, Any], hooks: _Hooks) -> None:
        self._settings = settings
        self._hooks = hooks
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        return self._hooks.load()

    def run(self) -> None:
        _Master(self).run()


class _Master(Arbiter):  # type: ignore[misc]  # gunicorn ships no type information
    """A master that never has a second worker: two would claim the same room twice."""

    def handle_hup(self) -> None:
        """Pass SIGHUP on, instead of replacing the worker and losing its claims."""
        self.kill_workers(signal.SIGHUP)

    def _ignore(self) -> None:
        """Neither more workers (TTIN), nor fewer (TTOU), nor a second master (USR2)."""

    handle_ttin = _ignore
    handle_ttou = _ignore
    handle_usr2 = _ignore


class _QuietLogger(Logger):  # type: ignore[misc]  # gunicorn ships no type information
    """Logs through the program's own handlers where it has any, else to stderr."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        if logging.getLogger().handlers:
            self.error_log.handlers.clear()
            self.error_log.propagate = True


def _memory_dir() -> str | None:
    shared = "/dev/shm"  # noqa: S108 - gunicorn unlinks its file before anyone could open it
    return shared if os.access(shared, os.W_OK | os.X_OK) else None


def _note_birth(_master: Any, worker: Any) -> None:
    worker.born = time.monotonic()


def _give_up_on_crashes(master: Any, worker: Any) -> None:
    """End the program if its worker died young: whoever restarts it backs off, gunicorn does not.

    A master that is ending has no listeners any more.
    """
    if master.LISTENERS and time.monotonic() - worker.born < _YOUNG:
        raise HaltServer(f"the worker died within {_YOUNG:.0f} s of its start", EXIT_CRASH)
