"""extender.server.gunicorn_app: the life of the server's processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from extender.server.addresses import listen
from extender.server.gunicorn_app import serve
from tests.unit.server.loopback import Connection, Process, request

ARGS = b'{"Pod":{},"Nodes":null,"NodeNames":["n1"]}'


def test_starts_in_the_worker() -> None:
    """The worker starts what watches, in its own process, before it says that it is ready."""
    with Process() as server:
        master, started, ready = server.line(), server.line(), server.line()
        assert (master, ready) == (f"master {server.process.pid}", "ready")
        with Connection(server.port) as client:
            worker = client.call("/pid").body.decode()
        assert started == f"started {worker}"
        assert worker != str(server.process.pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_when_told(number: signal.Signals) -> None:
    """SIGTERM and Ctrl-C end it with 0, quietly, an idle connection notwithstanding."""
    with Process() as server:
        server.wait_for("ready")
        with Connection(server.port) as client:
            assert client.call("/filter", ARGS).status == 200
            began = time.monotonic()
            server.signal(number)
            server.wait_for("stopped")
            assert server.ended() == (0, "")
            assert time.monotonic() - began < 10  # gunicorn gives idle connections two seconds


def test_ctrl_c_of_a_terminal() -> None:
    """A terminal sends Ctrl-C to the worker too; calls under way do not hold it up."""
    with Process(start="linger") as server:
        server.wait_for("ready")
        with Connection(server.port) as client:
            client.send(request("/sleep", b"60"))
            server.wait_for("sleeping")
            began = time.monotonic()
            os.killpg(server.process.pid, signal.SIGINT)
            assert server.ended() == (0, "")
            assert time.monotonic() - began < 10


def test_sigterm_drains() -> None:
    """A call under way is answered before the end, and the connection closed with it."""
    with Process(keepalive=5) as server:
        server.wait_for("ready")
        with Connection(server.port) as client:
            client.send(request("/sleep", b"0.5"))
            server.wait_for("sleeping")
            server.signal(signal.SIGTERM)
            answer = client.answer()
            assert (answer.status, answer.body) == (200, b'"slept"')
        server.wait_for("stopped")
        assert server.ended() == (0, "")


def test_sigterm_does_not_wait_for_ever() -> None:
    """A call that takes longer than the grace is cut off."""
    with Process(grace=1) as server:
        server.wait_for("ready")
        with Connection(server.port) as client:
            client.send(request("/sleep", b"60"))
            server.wait_for("sleeping")
            began = time.monotonic()
            server.signal(signal.SIGTERM)
            server.wait_for("stopped")
            assert server.ended() == (0, "")
            assert time.monotonic() - began < 10


def test_port_in_use() -> None:
    """A port in use is one line and exit code 2, before any worker is started."""
    with listen("127.0.0.1:0", "x") as taken:
        port = taken.getsockname()[1]
        with Process(port=port) as server:
            code, text = server.ended()
            assert code == 2
            address = f"127.0.0.1:{port}"
            why = "another process listens there already"
            assert text == f"nova-extender: server.bind: cannot listen on {address}: {why}\n"
            assert server.line() == f"master {server.process.pid}"


def test_malformed_address(capsys: pytest.CaptureFixture[str]) -> None:
    """An address that is none ends likewise."""
    with pytest.raises(SystemExit) as caught:
        serve(lambda: None, "nonsense", bind_option="server.x")  # type: ignore[arg-type,return-value]
    assert caught.value.code == 2
    assert "server.x: 'nonsense' is no address" in capsys.readouterr().err


def test_worker_that_cannot_start() -> None:
    """A worker that fails to start ends the program, with the reason, not in a loop."""
    with Process(start="raise") as server:
        code, text = server.ended()
        assert code == 3
        assert "RuntimeError: no such cluster" in text
        assert text.count("Traceback") == 1


def test_second_address_in_use() -> None:
    """An address that the worker cannot have is one clear line too."""
    with listen("127.0.0.1:0", "x") as taken:
        port = taken.getsockname()[1]
        with Process(start="listen", taken=port) as server:
            code, text = server.ended()
            assert code == 3
            assert f"server.health_bind: cannot listen on 127.0.0.1:{port}: another" in text
            assert "Traceback" not in text


def test_worker_that_dies_at_start() -> None:
    """A worker killed at its start is not started again and again."""
    with Process(start="die") as server:
        code, text = server.ended()
        assert code == 1
        assert "the worker died within 10 s of its start" in text


def test_worker_that_dies_later() -> None:
    """A worker that dies after a while is replaced."""
    with Process(young=0) as server:
        server.wait_for("ready")
        with Connection(server.port) as client:
            first = client.call("/pid").body
            client.send(request("/exit"))
            assert client.ended()
        server.wait_for("ready")
        with Connection(server.port) as client:
            assert client.call("/pid").body != first
        server.signal(signal.SIGTERM)
        code, text = server.ended()
        assert code == 0
        assert "was sent SIGKILL" in text


def test_sighup_reaches_the_worker() -> None:
    """SIGHUP asks the worker to look at its configuration, and replaces nothing."""
    with Process() as server:
        server.wait_for("ready")
        with Connection(server.port) as client:
            worker = client.call("/pid").body
            server.signal(signal.SIGHUP)
            server.wait_for("hung up")
            os.kill(int(worker), signal.SIGHUP)
            server.wait_for("hung up")
            assert client.call("/pid").body == worker


def test_there_is_never_a_second_worker() -> None:
    """The signals that would add a worker or a master do not."""
    with Process() as server:
        server.wait_for("ready")
        with Connection(server.port) as client:
            worker = client.call("/pid").body
            for number in (signal.SIGTTIN, signal.SIGTTOU, signal.SIGUSR2, signal.SIGWINCH):
                server.signal(number)
            time.sleep(0.5)
            task = Path(f"/proc/{server.process.pid}/task/{server.process.pid}")
            assert (task / "children").read_text().split() == [worker.decode()]
            assert client.call("/pid").body == worker
