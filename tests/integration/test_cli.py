"""The commands as a person or a script runs them: output, exit codes, one clear text when wrong."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from extender.cli.main import main
from extender.version import __version__
from tests.unit.server.loopback import Answer, Connection, free_port
from tests.unit.verbs.making import Object, body, pod

pytestmark = pytest.mark.timeout(60)

PROGRAM = [sys.executable, "-m", "extender.cli"]
PROBLEM = (
    "notice: node compute-c5: node annotation nova-extender.io/cpu_allocation_ratio: 'sixteen'"
)


class Ended(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, which must be JSON and nothing else."""
        return json.loads(self.out)

    @property
    def fault(self) -> str:
        """The one text that says what was wrong with the input; notices may stand before it."""
        assert self.code == 2
        assert self.out == ""
        assert "Traceback" not in self.err
        lines = [line for line in self.err.splitlines() if not line.startswith("notice: ")]
        assert lines
        return "\n".join(lines)


UNWANTED = (
    *("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"),
    *("NOVA_EXTENDER_CONFIG", "NOVA_EXTENDER_SERVER"),
)
"""Variables by which a developer's machine would have a say."""


class Runner:
    """Runs commands in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *args: str | Path) -> Ended:
        """Run one command to its end."""
        self._monkeypatch.setattr(sys, "argv", ["nova-extender", *map(str, args)])
        code: Any = 0
        try:
            main()
        except SystemExit as error:
            code = error.code or 0
        out, err = self._capsys.readouterr()
        return Ended(code, out, err)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    """Commands, in an environment that knows of no cluster."""
    for name in UNWANTED:
        monkeypatch.delenv(name, raising=False)
    return Runner(monkeypatch, capsys)


def environment() -> dict[str, str]:
    """The same for processes of their own."""
    return {name: value for name, value in os.environ.items() if name not in UNWANTED}


def process(*args: str | Path, given: str = "") -> Ended:
    """Run one command in a process of its own, to its end."""
    found = subprocess.run(
        [*PROGRAM, *map(str, args)],
        env=environment(),
        input=given,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return Ended(found.returncode, found.stdout, found.stderr)


def written(path: Path, value: Any) -> Path:
    """A file with this value, or text, as YAML."""
    path.write_text(value if isinstance(value, str) else yaml.safe_dump(value))
    return path


def pod_file(tmp_path: Path, *pods: Object) -> Path:
    """A file of pods."""
    documents = [{"apiVersion": "v1", "kind": "Pod", **value} for value in pods]
    return written(tmp_path / "pod.yaml", yaml.safe_dump_all(documents))


# -- the command line as such ------------------------------------------------------------------


def test_version(run: Runner) -> None:
    """Either way to ask."""
    assert run("version") == Ended(0, f"{__version__}\n", "")
    assert run("--version").out == f"nova-extender, version {__version__}\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(run: Runner, flag: str) -> None:
    """It names every command, and the exit codes."""
    found = run(flag)
    assert found.code == 0
    for command in ("config", "explain", "hosts", "serve", "simulate", "version"):
        assert f"\n  {command} " in found.out
    assert "Exit codes: 0 placed (or done), 2 bad input, 3 no valid host." in found.out


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["hosts", "--nonsense"], "No such option"),
        (["hosts", "-o", "xml"], "'xml' is not one of 'table', 'json'"),
        (["explain"], "Missing argument 'NAMESPACE/POD'"),
        (["simulate"], "Missing option '-f' / '--filename'"),
        (["simulate", "-f", "x", "-n", "0"], "0 is not in the range 1<=x<=10000"),
        (["simulate", "-f", "x", "-n", "many"], "'many' is not a valid integer"),
        (["serve", "--worked-example"], "--worked-example belongs to --cluster example"),
        (["config", "nonsense"], "No such command 'nonsense'"),
    ],
)
def test_usage_errors(run: Runner, args: list[str], told: str) -> None:
    """What is wrong with the command line, and how it goes."""
    text = run(*args).fault
    assert told in text
    assert "Usage:" in text


def test_as_a_process(tmp_path: Path) -> None:
    """The module runs as a program; a bad file is one line on stderr and exit code 2."""
    missing = tmp_path / "none.yaml"
    text = process("hosts", "--cluster", missing).fault
    assert text.startswith(f"nova-extender: {missing} cannot be read: No such file or directory; ")
    assert len(text.splitlines()) == 1


def closed_pipe(*args: str) -> tuple[int, str]:
    """The exit code, and stderr, of a command whose reader has gone before it writes."""
    with subprocess.Popen(
        [*PROGRAM, *args], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        command.stdout.close()
        err = command.stderr.read().decode()
        return command.wait(30), err


def test_reader_that_has_seen_enough() -> None:
    """A pipe that closes early (``| head -1``) is no trouble worth a word."""
    _, err = closed_pipe("hosts", "-o", "json", "--cluster", "example")
    assert [line for line in err.splitlines() if not line.startswith("notice: ")] == []


def test_reader_that_has_seen_enough_is_no_failure() -> None:
    """Nor is it a failure."""
    code, _ = closed_pipe("hosts", "-o", "json", "--cluster", "example")
    assert code == 0


# -- hosts -------------------------------------------------------------------------------------


def test_hosts_as_a_table(run: Runner) -> None:
    """Every host with its state; without a cluster the example is shown, and that is said."""
    found = run("hosts")
    assert found.code == 0
    lines = {line.split()[0]: line.split() for line in found.out.splitlines() if line.split()}
    assert lines["compute-a1"][:4] == ["compute-a1", "zone-a", "up", "12/128"]
    assert lines["compute-b3"][2] == "disabled"
    assert lines["compute-b4"][2] == "down"
    assert "notice: the example cluster of the package is shown" in found.err
    assert PROBLEM in found.err


def test_hosts_as_json(run: Runner) -> None:
    """JSON alone on stdout, whatever there is to notice; hosts by name."""
    found = run("hosts", "-o", "json", "--cluster", "example")
    names = [host["host"] for host in found.json]
    assert names == sorted(names)
    assert len(names) == 13
    by_name = {host["host"]: host for host in found.json}
    assert by_name["compute-a1"]["cpu"] | {"unit": ""} == {
        "unit": "",
        "raw": 8,
        "total": 8,
        "total_from": "node annotation nova-extender.io/raw_allocatable_cpu",
        "ratio": 16.0,
        "ratio_from": "node annotation nova-extender.io/cpu_allocation_ratio",
        "ratio_origin": "annotation",
        "held_at_one": "",
        "enforced_by": ["CoreFilter"],
        "limit": 128,
        "used": 12,
        "free": 116,
        "requested": 12,
        "allocatable": 128,
        "void": 0,
    }
    assert "the example cluster" not in found.err
    assert PROBLEM in found.err


def test_hosts_twice_are_the_same_bytes(run: Runner) -> None:
    """The same cluster, the same bytes."""
    one, two = (run("hosts", "-o", "json", "--cluster", "example") for _ in range(2))
    assert one == two


def test_hosts_of_nothing(run: Runner, tmp_path: Path) -> None:
    """A cluster without nodes is no error."""
    file = written(tmp_path / "c.yaml", {"kind": "Deployment"})
    found = run("hosts", "-o", "json", "--cluster", file)
    assert (found.code, found.json) == (0, [])
    assert "1 objects of kind Deployment are not read" in found.err


# -- simulate ----------------------------------------------------------------------------------


def test_simulate_placed(run: Runner, tmp_path: Path) -> None:
    """Where two instances go: exit code 0, the hosts and how they were found."""
    file = pod_file(tmp_path, pod("try", cpu=6))
    found = run("simulate", "-f", file, "-n", "2", "--cluster", "example", "-o", "json")
    assert found.code == 0
    data = found.json
    assert data["error"] is None
    assert [i["instance"] for i in data["instances"]] == [1, 2]
    # 16 × 8 cores less 12 leave a1 far ahead
    assert data["instances"][0]["host"] == "compute-a1"
    assert all(len(i["alternates"]) <= 2 for i in data["instances"])
    assert len(data["cycles"]) == 2
    table = run("simulate", "-f", file, "-n", "2", "--cluster", "example")
    assert table.code == 0
    assert table.out.startswith("2 instances placed.")
    assert "compute-a1" in table.out


def test_simulate_by_default_on_the_example(run: Runner, tmp_path: Path) -> None:
    """Without a cluster the example is used, and that is said."""
    found = run("simulate", "-f", pod_file(tmp_path, pod("try")))
    assert found.code == 0
    assert "notice: the example cluster of the package is shown" in found.err


def test_simulate_no_valid_host(run: Runner, tmp_path: Path) -> None:
    """Exit code 3 and Nova's text; the cycles tell who refused it."""
    file = pod_file(tmp_path, pod("try", cpu=1000))
    found = run("simulate", "-f", file, "--cluster", "example", "-o", "json")
    assert found.code == 3
    assert found.json["instances"] == []
    text = "No valid host was found. There are not enough hosts available."
    assert found.json["error"] == text
    table = run("simulate", "-f", file, "--cluster", "example")
    assert table.code == 3
    assert "request exceeds the vCPUs of the host" in table.out


def test_simulate_all_or_nothing(run: Runner, tmp_path: Path) -> None:
    """One instance too many places none."""
    file = pod_file(tmp_path, pod("try", memory="60Gi"))
    fits = [
        run("simulate", "-f", file, "-n", str(n), "--cluster", "example", "-o", "json").code
        for n in (1, 100)
    ]
    assert fits == [0, 3]


def test_simulate_from_stdin() -> None:
    """``-f -`` reads the pod from stdin, as JSON or YAML."""
    value = json.dumps({"kind": "Pod", **pod("try", cpu=1)})
    found = process("simulate", "-f", "-", "--cluster", "example", "-o", "json", given=value)
    assert found.code == 0
    assert found.json["request"]["pod"] == "try"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no objects"),
        ("kind: Node\nmetadata: {name: a}\n", "holds 0 Pods (and Node); give it exactly one"),
        ("kind: Pod\n---\nkind: Pod\n", "holds 2 Pods (and nothing else); give it exactly one"),
        ("{", "not YAML"),
        ("kind: Pod\nspec: 5\n", "Pod: spec is a whole number; accepted: an object"),
        (
            "kind: Pod\nspec: {containers: [{name: x, resources: {requests: {cpu: some}}}]}\n",
            "spec.containers['x'].resources.requests.cpu: 'some' is not a quantity; accepted: ",
        ),
    ],
)
def test_simulate_bad_pods(run: Runner, tmp_path: Path, text: str, told: str) -> None:
    """What is wrong with the pod's file."""
    file = written(tmp_path / "pod.yaml", text)
    fault = run("simulate", "-f", file, "--cluster", "example").fault
    assert told in fault
    assert fault.startswith("nova-extender: ")


# -- explain -----------------------------------------------------------------------------------


def test_explain_blocked_pod(run: Runner) -> None:
    """Exit code 3; every blocker of every host, nearest misses first."""
    found = run("explain", "default/report", "--cluster", "example", "-o", "json")
    assert found.code == 3
    data = found.json
    assert data["result"] == "no_valid_host"
    misses = {
        m["host"]: [b["reason"] for b in m["blockers"]] for m in data["nearest_misses"]["hosts"]
    }
    assert len(misses) == 13
    assert misses["compute-b1"] == ["insufficient_vcpus"]
    assert misses["compute-c3"] == ["wrong_availability_zone", "host_disabled"]
    table = run("explain", "default/report", "--cluster", "example")
    assert table.code == 3
    assert "compute-b1" in table.out
    assert "not in the requested availability zone" in table.out


def test_explain_pod_that_fits(run: Runner) -> None:
    """Exit code 0 for a pod that has somewhere to go."""
    found = run("explain", "web/shop", "--cluster", "example", "-o", "json")
    assert found.code == 0
    assert found.json["result"] == "passed"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("default/none", "no pending pod default/none is known; check namespace and name"),
        ("none", "no pending pod default/none is known"),
        ("web/web-0", "pod web/web-0 is bound to node compute-a1"),
        ("a/b/c", "no pending pod a/b/c is known"),
        ("/", "no pending pod"),
    ],
)
def test_explain_pods_that_are_not_pending(run: Runner, name: str, told: str) -> None:
    """It is said where the pod is, or that nobody knows it."""
    assert told in run("explain", name, "--cluster", "example").fault


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[::1", "ftp://x", "nonsense", ""])
def test_explain_server_that_is_none(run: Runner, url: str) -> None:
    """An extender that cannot be asked."""
    fault = run("explain", "default/report", "--server", url).fault
    assert fault.startswith("nova-extender: ")


# -- where the cluster comes from --------------------------------------------------------------


COMMANDS = pytest.mark.parametrize("command", [["hosts"], ["explain", "a/b"]])


@COMMANDS
def test_cluster_file_that_is_none(run: Runner, tmp_path: Path, command: list[str]) -> None:
    """A file that cannot be read as a cluster."""
    file = written(tmp_path / "c.yaml", "kind: [unclosed")
    fault = run(*command, "--cluster", file).fault
    assert f"{file}: not YAML at line 2, column 1" in fault
    assert "accepted: a Kubernetes List in YAML or JSON" in fault


@COMMANDS
def test_kubeconfig_that_is_none(run: Runner, tmp_path: Path, command: list[str]) -> None:
    """A kubeconfig that is not there."""
    missing = tmp_path / "none"
    fault = run(*command, "--kubeconfig", missing).fault
    assert str(missing) in fault
    assert len(fault.splitlines()) == 1


def test_no_cluster_at_all(run: Runner) -> None:
    """Outside of a cluster, without a file and a kubeconfig: it never makes one up."""
    told = "not in a cluster: $KUBERNETES_SERVICE_HOST is not set; pass --kubeconfig"
    assert told in run("explain", "a/b").fault


# -- config ------------------------------------------------------------------------------------

BAD_CONFIG = """\
filter_scheduler:
  enabled_filters: [CoreFiler, RamFilter]
  host_subset_size: 0
  max_instances_per_hosts: 5
server:
  keepalive: 10
  bind: nowhere
surprise: 1
"""


@pytest.mark.parametrize("command", [["config", "check"], ["config", "show"]])
def test_config_errors_all_at_once(run: Runner, tmp_path: Path, command: list[str]) -> None:
    """Every problem in one go, each with its path, its value and what is accepted."""
    file = written(tmp_path / "config.yaml", BAD_CONFIG)
    fault = run(*command, file).fault
    assert fault.startswith(f"nova-extender: {file} is not valid: 6 problems")
    for told in (
        "filter_scheduler.enabled_filters: Scheduler Host Filter CoreFiler could not be found.",
        "accepted: CoreFilter",
        "filter_scheduler.host_subset_size: ",
        "filter_scheduler.max_instances_per_hosts: ",
        "max_instances_per_host",
        "server.keepalive: ",
        "server.bind: ",
        "surprise: ",
    ):
        assert told in fault


@pytest.mark.parametrize("command", [["hosts"], ["serve"], ["explain", "a/b"]])
def test_bad_config_stops_every_command(run: Runner, tmp_path: Path, command: list[str]) -> None:
    """Nothing runs on a configuration that is not valid."""
    file = written(tmp_path / "config.yaml", BAD_CONFIG)
    assert "6 problems" in run(*command, "--config", file, "--cluster", "example").fault


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "not YAML"),
        ("- a\n", "is not valid: 1 problem"),
        ("filter_scheduler: 5\n", "filter_scheduler"),
        ("filter_scheduler: {weight_classes: [nova.scheduler.weights.x.None]}", "is not shipped"),
        ("filter_scheduler: {available_filters: [no.such.Thing]}", "could not be imported"),
        ("DEFAULT: {cpu_allocation_ratio: -1}", "DEFAULT.cpu_allocation_ratio: "),
    ],
)
def test_config_that_is_none(run: Runner, tmp_path: Path, text: str, told: str) -> None:
    """One problem is one text."""
    assert told in run("config", "check", written(tmp_path / "config.yaml", text)).fault


def test_config_file_that_is_not_there(run: Runner, tmp_path: Path) -> None:
    """It is said which, and why."""
    fault = run("config", "check", tmp_path / "none.yaml").fault
    assert f"{tmp_path / 'none.yaml'} is not valid" in fault
    assert "cannot be read: No such file or directory" in fault


def test_config_check(run: Runner, tmp_path: Path) -> None:
    """A valid one is said to be valid; older names are noticed, not refused."""
    assert run("config", "check").out == "the default configuration is valid\n"
    file = written(tmp_path / "config.yaml", {"DEFAULT": {"scheduler_max_attempts": 5}})
    found = run("config", "check", file)
    assert (found.code, found.out) == (0, f"{file} is valid\n")
    assert found.err.startswith("notice: ")


def test_config_defaults_and_show_can_be_read_back(run: Runner, tmp_path: Path) -> None:
    """What they print is a valid configuration, and the same one."""
    effective = run("config", "show").out
    for printed in (run("config", "defaults").out, effective):
        file = written(tmp_path / "config.yaml", printed)
        assert run("config", "check", file).code == 0
        assert run("config", "show", file).out == effective


def test_config_show(run: Runner, tmp_path: Path) -> None:
    """The file's options stand over the defaults."""
    file = written(tmp_path / "config.yaml", {"filter_scheduler": {"host_subset_size": 3}})
    shown = yaml.safe_load(run("config", "show", file).out)
    assert shown["filter_scheduler"]["host_subset_size"] == 3
    assert shown["scheduler"]["max_attempts"] == 3


def test_config_schema(run: Runner) -> None:
    """JSON Schema, with every group."""
    schema = run("config", "schema").json
    assert "$schema" in schema
    assert {"DEFAULT", "scheduler", "filter_scheduler", "server"} <= set(schema["properties"])


def test_options_are_heeded(run: Runner, tmp_path: Path) -> None:
    """An option changes what the commands show: twice the memory, and one attempt only."""
    settings = {
        "DEFAULT": {"ram_allocation_ratio": 2.0},
        "kubernetes": {"allow_memory_overcommit": True},
        "scheduler": {"max_attempts": 1},
    }
    file = written(tmp_path / "config.yaml", settings)
    hosts = run("hosts", "-o", "json", "--cluster", "example", "--config", file).json
    ratios = {host["host"]: host["ram"]["ratio"] for host in hosts}
    # an annotation beats the option
    assert (ratios["compute-a1"], ratios["compute-b2"]) == (2.0, 0.9)
    placed = run(
        "simulate",
        *("-f", pod_file(tmp_path, pod("try"))),
        *("-o", "json", "--cluster", "example", "--config", file),
    ).json
    assert placed["instances"][0]["alternates"] == []


# -- serve -------------------------------------------------------------------------------------


class Ports(NamedTuple):
    """Where a served extender listens."""

    verbs: int
    health: int
    debug: int


def free_ports(tmp_path: Path, **server: Any) -> tuple[Path, Ports]:
    """A configuration with addresses that are free."""
    ports = Ports(free_port(), free_port(), free_port())
    addresses = dict(
        zip(
            ("bind", "health_bind", "debug_bind"),
            (f"127.0.0.1:{port}" for port in ports),
            strict=True,
        )
    )
    file = tmp_path / "ports.yaml"
    return written(file, {"server": {**addresses, "threads": 4, **server}}), ports


@contextmanager
def serving(
    tmp_path: Path, *args: str, **server: Any
) -> Iterator[tuple[subprocess.Popen[str], Ports]]:
    """``serve`` in a process of its own, listening; killed at the end if it still runs."""
    config, ports = free_ports(tmp_path, **server)
    log = (tmp_path / "log").open("w")
    with (
        log,
        subprocess.Popen(
            [*PROGRAM, "serve", "--config", str(config), *args],
            env=environment(),
            stdout=log,
            stderr=log,
            text=True,
        ) as program,
    ):
        try:
            # Verbs with TLS would not answer this; they listen before the others.
            wait_until_listening(program, ports[1:] if "cert_file" in server else ports)
            yield program, ports
        finally:
            if program.poll() is None:
                program.kill()


def get(port: int, path: str) -> Answer:
    """What is answered to a GET, over a connection of its own."""
    with Connection(port) as connection:
        return connection.call(path, b"", "GET")


def wait_until_listening(program: subprocess.Popen[str], ports: Iterable[int]) -> None:
    """Wait until every address answers."""
    deadline = time.monotonic() + 30
    for port in ports:
        while True:
            assert program.poll() is None, "serve ended early"
            assert time.monotonic() < deadline, "serve does not listen"
            try:
                get(port, "/livez")
                break
            except OSError:
                time.sleep(0.05)


def stopped(program: subprocess.Popen[str], tmp_path: Path) -> str:
    """End it as a supervisor does; what it logged."""
    program.send_signal(signal.SIGTERM)
    assert program.wait(20) == 0
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    return log


def test_serve_the_example(tmp_path: Path) -> None:
    """End to end over one connection: verbs, rubbish in between, debug, metrics, SIGTERM."""
    names = [f"compute-{zone}{n}" for zone in "abc" for n in range(1, 6)]
    asked = body(pod("cart", cpu=6, uid="uid-cart"), *names)
    with serving(tmp_path, "--cluster", "example") as (program, ports):
        with Connection(ports.verbs) as verbs:
            first = verbs.call("/filter", asked)
            assert first.status == 200
            assert first.json["NodeNames"] == ["compute-a1", "compute-b2", "compute-c1"]
            failed = first.json["FailedAndUnresolvableNodes"]
            assert failed["compute-a5"] == "not in cache yet"
            assert failed["compute-c5"] == "allocation ratio is not valid"
            assert failed["compute-b1"] == "not enough vCPUs"
            passed = first.json["NodeNames"]
            scores = verbs.call("/prioritize", body(pod("cart", cpu=6, uid="uid-cart"), *passed))
            assert {e["Host"]: e["Score"] for e in scores.json} == {
                "compute-a1": 100,
                "compute-b2": 50,
                "compute-c1": 0,
            }
            # what is no request is told so, and the connection goes on
            for bad in (b"{", b"[]", b"[" * 10_000, asked[:-5], b"\xff\xfe"):
                assert verbs.call("/filter", bad).json["Error"].startswith("nova-extender: ")
                assert verbs.call("/prioritize", bad).status == 400
            assert verbs.call("/filter", b"", "GET").status == 405
            assert verbs.call("/nothing", b"{}").status == 404
            again = verbs.call("/filter", asked)
            assert again.body == first.body
            assert again.headers["content-length"] == str(len(again.body))
        assert get(ports.health, "/readyz").status == 200
        assert get(ports.health, "/livez").status == 200
        metrics = get(ports.health, "/metrics").body.decode()
        assert 'nova_extender_requests_total{outcome="ok",verb="filter"} 2.0' in metrics
        assert len(get(ports.debug, "/debug/attempts/default/cart").json) == 2
        explained = get(ports.debug, "/debug/explain/default/report")
        assert explained.json["result"] == "no_valid_host"
        assert get(ports.debug, "/debug/explain/default/none").status == 404
        log = stopped(program, tmp_path)
    assert "compute-c5" in log


def test_explain_of_a_running_server(tmp_path: Path, run: Runner) -> None:
    """``explain --server`` shows what the server says, with the same exit codes."""
    with serving(tmp_path, "--cluster", "example") as (program, ports):
        url = f"http://127.0.0.1:{ports.debug}"
        found = run("explain", "default/report", "--server", url, "-o", "json")
        assert found.code == 3
        assert found.json["pod"] == "report"
        assert run("explain", "web/shop", "--server", url).code == 0
        assert "404" in run("explain", "default/none", "--server", url).fault
        stopped(program, tmp_path)


def test_explain_in_the_pod_of_a_server(
    tmp_path: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its environment names the server; a cluster that is typed counts before it."""
    monkeypatch.setenv("NOVA_EXTENDER_SERVER", "http://127.0.0.1:1")
    assert "http://127.0.0.1:1" in run("explain", "default/report").fault
    assert run("explain", "default/report", "--cluster", "example", "-o", "json").code == 3
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    assert "http://127.0.0.1:1" in run("explain", "default/report").fault
    typed = run("explain", "default/report", "--kubeconfig", tmp_path / "none").fault
    assert "http://127.0.0.1:1" not in typed


def test_the_configuration_of_the_environment(
    tmp_path: Path, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NOVA_EXTENDER_CONFIG names the file where --config does not."""
    file = written(tmp_path / "c.yaml", {"filter_scheduler": {"enabled_filters": ["CoreFilter"]}})
    monkeypatch.setenv("NOVA_EXTENDER_CONFIG", str(file))
    found = run("explain", "default/report", "--cluster", "example", "-o", "json")
    assert [step["filter"] for step in found.json["filters"]][1:] == ["CoreFilter"]


def kubeconfig_to(tmp_path: Path, port: int) -> Path:
    """A kubeconfig of an API server at this port."""
    named = {"name": "x"}
    return written(
        tmp_path / "kubeconfig",
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{**named, "cluster": {"server": f"http://127.0.0.1:{port}"}}],
            "users": [{**named, "user": {"token": "t"}}],
            "contexts": [{**named, "context": {"cluster": "x", "user": "x"}}],
            "current-context": "x",
        },
    )


def test_serve_before_it_is_ready(tmp_path: Path) -> None:
    """With nobody at the API server's address: 503 and what is missing, alive all the same."""
    kubeconfig = kubeconfig_to(tmp_path, free_port())
    with serving(tmp_path, "--kubeconfig", str(kubeconfig)) as (program, ports):
        for verb in ("filter", "prioritize"):
            with Connection(ports.verbs) as verbs:
                answer = verbs.call(f"/{verb}", body(pod(), "a"))
                assert answer.status == 503
                assert "nodes has not synced yet" in answer.json["Error"]
                assert answer.headers["connection"].lower() == "close"
                assert verbs.ended()
        assert get(ports.health, "/livez").status == 200
        assert get(ports.health, "/readyz").status == 503
        stopped(program, tmp_path)


@pytest.mark.parametrize("option", ["bind", "health_bind", "debug_bind"])
def test_address_in_use(tmp_path: Path, option: str) -> None:
    """An address that somebody else has is one line that names the option."""
    file, _ = free_ports(tmp_path)
    settings = yaml.safe_load(file.read_text())
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        settings["server"][option] = f"127.0.0.1:{taken}"
        written(file, settings)
        found = process("serve", "--config", file, "--cluster", "example")
    assert found.code == 2
    assert f"server.{option}: cannot listen on 127.0.0.1:{taken}" in found.err
    assert "Traceback" not in found.err


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--cluster", "/nowhere/c.yaml"], "/nowhere/c.yaml cannot be read: No such file"),
        (["--kubeconfig", "/nowhere/config"], "/nowhere/config"),
        ([], "not in a cluster: $KUBERNETES_SERVICE_HOST is not set; pass --kubeconfig"),
    ],
)
def test_serve_without_a_cluster(tmp_path: Path, args: list[str], told: str) -> None:
    """It never serves fiction: without a cluster it ends at once, and says why."""
    file, _ = free_ports(tmp_path)
    fault = process("serve", "--config", file, *args).fault
    assert told in fault
    assert len(fault.splitlines()) == 1
