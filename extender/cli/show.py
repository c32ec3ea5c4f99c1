"""What the commands show, as JSON-ready data: one engine, filled once, asked once."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import click
from prometheus_client import CollectorRegistry

from extender.cli.assembly import build_engine
from extender.cli.live import Live
from extender.cli.sources import load_file, transport
from extender.config.options import Config
from extender.kube.snapshot import read_snapshot
from extender.observe import render
from extender.observe.watches import WatchMetrics
from extender.scheduler.selection import Destinations, NoValidHost, Selection
from extender.translate.objects import Pod, decode_pod
from extender.verbs.engine import Engine
from extender.verbs.explain import NotPending, explain_pending
from extender.verbs.hosts import each_host
from extender.verbs.simulate import simulate

SYNC_SECONDS = 60.0


class InputError(Exception):
    """What a person gave cannot be used; the text says why and what can."""


def engine(
    config: Config, cluster: str | None, kubeconfig: str | None, default: str | None = None
) -> Engine:
    """An engine filled from a file or a live cluster, once.

    Args:
        config: the configuration.
        cluster: a cluster file.
        kubeconfig: a live cluster, where no file is given.
        default: the cluster file where neither is given and this does not run in a pod, with a
            notice; else the cluster of that pod.

    Raises:
        KubeError: the file or the cluster cannot be read.
    """
    if cluster is None and kubeconfig is None and default is not None and not in_pod():
        notice("the example cluster of the package is shown; give --cluster or --kubeconfig")
        cluster = default
    made = build_engine(config)
    if cluster is not None:
        load_file(made, cluster, notice)
        return made
    with transport(kubeconfig) as way:
        # Counted for nobody: a command is over before anyone could ask for its metrics.
        live = Live(made, way, WatchMetrics(CollectorRegistry()), notice)
        live.start()
        try:
            if not live.wait(SYNC_SECONDS):
                missing = [name for name, wrong in live.missing().items() if wrong]
                raise InputError(f"{' and '.join(missing)} not read within {SYNC_SECONDS:.0f} s")
        finally:
            live.stop()
    return made


def in_pod(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this runs in a pod, which every kubelet tells by the address of the API server."""
    return "KUBERNETES_SERVICE_HOST" in environment


def notice(text: str) -> None:
    """One line to the person, beside the answer."""
    click.echo(f"notice: {text}", err=True)


def read_pod(filename: str) -> Pod:
    """The one Pod in a file, or on stdin.

    Raises:
        InputError: there is none, or more than one.
        KubeError: the file cannot be read.
        TranslateError: the pod cannot be read.
    """
    path = "/dev/stdin" if filename == "-" else filename
    found = read_snapshot(path, frozenset({"Pod"}), "a Pod in YAML or JSON")
    pods = found.of("Pod")
    if len(pods) != 1:
        others = ", ".join(sorted(found.unread)) or "nothing else"
        raise InputError(f"{filename} holds {len(pods)} Pods (and {others}); give it exactly one")
    return decode_pod(pods[0])


def simulation(made: Engine, pod: Pod, instances: int) -> tuple[dict[str, Any], bool]:
    """Where N instances of a pod would go, and whether all of them found a place.

    Raises:
        TranslateError: the pod's requests cannot be read.
    """
    error = None
    try:
        spec, found = simulate(made, pod, instances)
        cycles = found.cycles
    except NoValidHost as failure:
        spec, found = made.spec(pod), Destinations()
        cycles, error = list(failure.cycles), str(failure)
    data = {
        "request": render.request(spec),
        "instances": [
            {
                "instance": number,
                **_selection(chosen),
                "alternates": [_selection(alternate) for alternate in alternates],
            }
            for number, (chosen, *alternates) in enumerate(found.selections, 1)
        ],
        "cycles": [render.cycle(cycle.filtered, cycle.weighed) for cycle in cycles],
        "error": error,
    }
    return data, error is None


def _selection(selection: Selection) -> dict[str, Any]:
    return {
        "host": selection.service_host,
        "availability_zone": selection.availability_zone,
        "limits": dict(selection.limits),
    }


def explanation(made: Engine, namespace: str, name: str) -> dict[str, Any]:
    """What blocks a pending pod, on every host.

    Raises:
        InputError: no pending pod of that name.
        TranslateError: the pod's requests cannot be read.
    """
    try:
        return render.explanation(explain_pending(made, namespace, name))
    except NotPending as error:
        raise InputError(str(error)) from error


def ask(server: str, namespace: str, name: str) -> dict[str, Any]:
    """The same, from a running extender's debug address.

    Raises:
        InputError: it cannot be asked, or knows no such pod.
    """
    url = f"{server.rstrip('/')}/debug/explain/{quote(namespace, '')}/{quote(name, '')}"
    if not url.startswith(("http://", "https://")):
        raise InputError(f"{server} is not a URL; give http://127.0.0.1:8890 or the like")
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - http, checked above
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        raise InputError(f"{url} answered {error.code}: {text}") from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"{url} cannot be asked: {error}; is an extender running, and is this its "
            "server.debug_bind?"
        ) from error


def hosts(made: Engine) -> list[dict[str, Any]]:
    """Every host, by name."""
    return each_host(made, render.host)
