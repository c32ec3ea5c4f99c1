"""The verbs over mutual TLS, by a served extender: rotation under load, strangers, what is told."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import pytest
import trustme

from tests.integration.test_cli import PROGRAM, Ports, environment, get, serving, stopped
from tests.issued import Issued
from tests.unit.server.loopback import Connection, free_port
from tests.unit.verbs.making import body, pod

pytestmark = pytest.mark.timeout(90)

CLIENT = "nova-extender-client"
NAMES = ["compute-a1", "compute-b2", "compute-c1"]
ASKED = body(pod("cart", cpu=1, uid="uid-cart"), *NAMES)
YEARS = [datetime(year, 1, 1, tzinfo=UTC) for year in (2031, 2032)]
# Seconds from 1970 to the first of January of these years.
ENDS = [1_924_992_000.0, 1_956_528_000.0]


class Served:
    """A served extender, and who is who."""

    def __init__(self, folder: Path, program: subprocess.Popen[str], ports: Ports) -> None:
        self.folder = folder
        self.program = program
        self.ports = ports

    def metric(self, series: str) -> float:
        """A series, by its name, labels and all."""
        text = get(self.ports.health, "/metrics").body.decode()
        found = re.search(rf"^nova_extender_{re.escape(series)} (\S+)$", text, re.MULTILINE)
        assert found is not None, series
        return float(found[1])

    def expiry(self, certificate: str) -> float:
        """When a certificate in use expires."""
        series = f'certificate_expiry_timestamp_seconds{{certificate="{certificate}"}}'
        return self.metric(series)

    def log(self) -> str:
        """What it has logged so far."""
        return (self.folder / "log").read_text()


def options(server: Issued) -> dict[str, object]:
    """The options of the verbs' TLS."""
    return {
        "cert_file": str(server.path),
        "key_file": str(server.key),
        "client_ca_file": str(server.authorities),
        "allowed_clients": [CLIENT],
    }


@pytest.fixture
def server(tmp_path: Path) -> Issued:
    """The Secret of the extender."""
    return Issued(tmp_path / "server", not_after=YEARS[0])


@pytest.fixture
def served(tmp_path: Path, server: Issued) -> Iterator[Served]:
    """An extender of the example cluster, with the webhook beside the verbs."""
    webhook = {
        "webhook_bind": f"127.0.0.1:{free_port()}",
        "webhook_cert_file": str(server.path),
        "webhook_key_file": str(server.key),
    }
    with serving(tmp_path, "--cluster", "example", **options(server), **webhook) as (
        program,
        ports,
    ):
        yield Served(tmp_path, program, ports)


class Load:
    """Clients that call without a pause: half of them on one connection, half on new ones."""

    def __init__(self, port: int, context: ssl.SSLContext, clients: int = 6) -> None:
        self.context = context
        self.calls = [0] * clients
        self.failures: list[BaseException] = []
        self._port = port
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number,)) for number in range(clients)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def wait(self, calls: int) -> None:
        """Until each client has made so many more calls, the present one not counted."""
        wanted = [before + calls + 1 for before in self.calls]
        deadline = time.monotonic() + 30
        while any(now < want for now, want in zip(self.calls, wanted, strict=True)):
            assert not self.failures, self.failures
            assert time.monotonic() < deadline, "the clients do not get on"
            time.sleep(0.01)

    def _run(self, number: int) -> None:
        kept = number % 2 == 0
        try:
            while not self._ending.is_set():
                with Connection(self._port, self.context) as connection:
                    self._call(connection, number)
                    while kept and not self._ending.is_set():
                        self._call(connection, number)
        except (OSError, EOFError, AssertionError) as error:
            self.failures.append(error)

    def _call(self, connection: Connection, number: int) -> None:
        assert connection.call("/filter", ASKED).json["NodeNames"] == NAMES
        self.calls[number] += 1


def shown(port: int, context: ssl.SSLContext) -> bytes | None:
    """The certificate that a client gets to see, in DER."""
    with Connection(port, context) as connection:
        assert isinstance(connection.sock, ssl.SSLSocket)
        return connection.sock.getpeercert(binary_form=True)


def test_everything_is_rotated_under_load(served: Served, server: Issued) -> None:
    """The certificate twenty times, then both authorities, in the order that lets all get on.

    No call fails, on kept connections or on new ones; whoever still shows what the authority of
    before has signed is refused in the end.
    """
    old = Issued(served.folder / "old", CLIENT, authority=server.authority)
    port = served.ports.verbs
    with Load(port, server.client(old)) as load:
        for _ in range(20):
            renewed = server.renew()
            load.wait(1)
        assert shown(port, server.client(old)) == renewed
        # Authorities: first both are trusted by both sides, then the new one signs, then the old
        # one goes.
        before = server.authority
        server.authority = trustme.CA()
        new = Issued(served.folder / "new", CLIENT, authority=server.authority)
        server.authority, after = before, server.authority
        server.trusted = (before, after)
        server.renew()
        load.wait(1)
        both = server.client(new)
        after.configure_trust(both)
        load.context = both
        load.wait(2)
        server.authority, server.trusted = after, (after,)
        server.more["not_after"] = YEARS[1]
        renewed = server.renew()
        load.wait(2)
    assert load.failures == []
    assert shown(port, server.client(new)) == renewed
    with (
        pytest.raises(ssl.SSLError, match="unknown ca"),
        Connection(port, server.client(old)) as refused,
    ):
        refused.call("/filter", ASKED)
    assert served.metric('requests_total{outcome="ok",verb="filter"}') == sum(load.calls)
    log = stopped(served.program, served.folder)
    assert "has changed, and is in use" in log
    assert "Invalid request" not in log


def test_when_certificates_expire(served: Served, server: Issued) -> None:
    """As the files say that are in use; nobody needs to connect for a new one to be seen."""
    authority = 32_503_680_000.0  # trustme's own end with the year 2999
    assert [served.expiry(name) for name in ("verbs", "webhook")] == [ENDS[0], ENDS[0]]
    assert served.expiry("client_ca") == authority
    server.more["not_after"] = YEARS[1]
    server.renew()
    assert [served.expiry(name) for name in ("verbs", "webhook")] == [ENDS[1], ENDS[1]]
    server.path.unlink()
    assert served.expiry("verbs") == ENDS[1]
    assert "the certificates before stay in use" in served.log()


def test_strangers(served: Served, server: Issued) -> None:
    """Those of another name are counted and told of once; those of nobody do not get so far."""
    node = Issued(served.folder / "node", common_name="system:node:n1", authority=server.authority)
    for verb, status in (("filter", 200), ("bind", 200), ("prioritize", 403), ("preempt", 403)):
        with Connection(served.ports.verbs, server.client(node)) as connection:
            answer = connection.call(f"/{verb}", ASKED)
            assert answer.status == status
            assert "server.allowed_clients" in answer.json["Error"]
        assert served.metric(f'requests_total{{outcome="forbidden",verb="{verb}"}}') == 1
    for context in (server.client(), server.client(Issued(served.folder / "stranger", CLIENT))):
        with pytest.raises(ssl.SSLError), Connection(served.ports.verbs, context) as connection:
            connection.call("/filter", ASKED)
    with Connection(served.ports.verbs) as plain, suppress(EOFError, ConnectionError):
        plain.call("/filter", ASKED)
    log = stopped(served.program, served.folder)
    told = [json.loads(line)["event"] for line in log.splitlines() if line.startswith("{")]
    assert [line for line in told if "client" in line] == [
        (
            'a client was refused: the certificate of "system:node:n1" is valid, but '
            "server.allowed_clients does not name it"
        ),
        (
            "no connection with a client at 127.0.0.1: it showed no certificate, and "
            "server.client_ca_file is set"
        ),
        (
            "no connection with a client at 127.0.0.1: no authority in server.client_ca_file has "
            "signed its certificate"
        ),
        (
            "no connection with a client at 127.0.0.1: it asked in the clear, and "
            "server.cert_file is set"
        ),
    ]


def test_the_start_is_told(served: Served) -> None:
    """Where everything is, and by which scheme; probes and metrics stay in the clear."""
    assert get(served.ports.health, "/readyz").status == 200
    line = next(line for line in served.log().splitlines() if line.startswith("nova-extender "))
    verbs, health, debug = served.ports
    assert f": verbs on https://127.0.0.1:{verbs}, health and metrics on http://127.0.0.1:" in line
    assert f"{health}, debug on http://127.0.0.1:{debug}, webhook on https://127.0.0.1:" in line


def refused_start(folder: Path, server: dict[str, object], *args: str) -> str:
    """What is said where ``serve`` does not begin."""
    file = folder / "config.yaml"
    file.write_text(json.dumps({"server": server}))
    command = [*PROGRAM, "serve", "--cluster", "example", "--config", str(file), *args]
    ended = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    return ended.stderr


def test_files_that_cannot_be_used_end_the_start(tmp_path: Path, server: Issued) -> None:
    """One clear line; and the worked example, which has no certificate to show, says so."""
    server.authorities.unlink()
    text = refused_start(tmp_path, options(server))
    assert text == (
        f"nova-extender: server.client_ca_file: cannot read {server.authorities}: No such file or "
        "directory\n"
    )
    text = refused_start(tmp_path, options(server), "--worked-example")
    assert "--worked-example has no certificate to show, and server.cert_file is set" in text
