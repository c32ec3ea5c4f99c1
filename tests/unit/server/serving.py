"""A program that serves a few verbs under gunicorn, for the tests to call from outside."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from extender.protocol.node_names import NodeNames
from extender.protocol.replies import Reply, filter_reply
from extender.protocol.requests import decode_args
from extender.server import gunicorn_app
from extender.server.addresses import listen
from extender.server.app import create_app
from extender.server.certificate import FromFile, ServingCertificate
from extender.server.clients import AllowedClients
from extender.server.gunicorn_app import serve
from extender.server.tls import MutualTls
from extender.server.verbs_app import VerbsApp

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

OPTIONS: dict[str, Any] = json.loads(sys.argv[1])


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def answer_filter(body: bytes) -> Reply:
    """Let every node pass."""
    return Reply(200, filter_reply(decode_args(body).node_names or NodeNames.of(())))


def answer_prioritize(body: bytes) -> Reply:
    """Give every node its position for a score."""
    names = decode_args(body).node_names or NodeNames.of(())
    return Reply(200, names.scored(np.arange(len(names))))


def answer_sleep(body: bytes) -> Reply:
    """Take as long as the body says."""
    say("sleeping")
    time.sleep(float(body))
    return Reply(200, b'"slept"')


def answer_pid(_body: bytes) -> Reply:
    """Say which process this is."""
    return Reply(200, b"%d" % os.getpid())


def answer_exit(body: bytes) -> Reply:
    """Die without a word."""
    os.kill(os.getpid(), signal.SIGKILL)
    return Reply(200, body)


def answer_broken(_body: bytes) -> Reply:
    """Fail as a bug would."""
    raise KeyError("secret")


def make() -> WSGIApplication:
    """Make the application, in the worker."""
    verbs = {
        "filter": answer_filter,
        "prioritize": answer_prioritize,
        "sleep": answer_sleep,
        "pid": answer_pid,
        "exit": answer_exit,
        "broken": answer_broken,
    }
    return VerbsApp(
        verbs,
        create_app(list(verbs), "127.0.0.1:1", "127.0.0.1:2"),
        ready=lambda: OPTIONS.get("missing", ""),
        max_body_bytes=OPTIONS.get("max_body_bytes", 1_000_000),
        observe=lambda _verb, _outcome, _seconds: None,
        on_exception=lambda verb, error: say(f"{verb} raised {error!r}"),
    )


def start() -> None:
    """Begin to watch, or fail to."""
    match OPTIONS.get("start"):
        case "raise":
            raise RuntimeError("no such cluster")
        case "listen":
            listen(f"127.0.0.1:{OPTIONS['taken']}", "server.health_bind")
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "linger":
            threading.Thread(target=time.sleep, args=(60,)).start()
        case _:
            pass
    say(f"started {os.getpid()}")


def tls() -> MutualTls | None:
    """How to speak TLS, if that is asked for."""
    given = OPTIONS.get("tls")
    if given is None:
        return None
    certificate, key, client_ca = (
        FromFile(f"server.{name}_file", given[name]) for name in ("cert", "key", "client_ca")
    )
    return MutualTls(
        ServingCertificate(certificate, key, say, client_ca),
        AllowedClients(given["allowed_clients"], say),
        say,
    )


def main() -> None:
    """Serve until told to stop."""
    say(f"master {os.getpid()}")
    if "young" in OPTIONS:
        gunicorn_app._YOUNG = OPTIONS["young"]
    serve(
        make,
        f"127.0.0.1:{OPTIONS['port']}",
        OPTIONS.get("threads", 128),
        OPTIONS.get("keepalive", 120),
        start,
        lambda: say("stopped"),
        lambda: say("ready"),
        on_hangup=lambda: say("hung up"),
        read_patience=OPTIONS.get("read_patience", 20.0),
        grace=OPTIONS.get("grace", 15),
        tls=tls(),
        handshake_patience=OPTIONS.get("handshake_patience", 10.0),
    )


if __name__ == "__main__":
    main()
