"""The commands ``overcommit check|revert``: ending the amplification of nodes without harm.

The chart runs them when it is uninstalled.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click
from rich.console import Console

from extender.cli import pieces
from extender.cli.output import kubeconfig_option, output_option, print_data
from extender.cli.show import notice
from extender.cli.sources import transport
from extender.kube.nodes import list_nodes, restore_node
from extender.kube.pods import list_pods
from extender.kube.transport import Transport
from extender.model.facts import some
from extender.model.overcommit import UNITS
from extender.observe import text as words
from extender.verbs.reverting import Excess, Reverted, excesses, revert

EXIT_NOT_NOW = 1
"""Pods depend on the amplification, or it could not be undone everywhere."""

TIMEOUT = 30.0
"""Seconds for a list, or for a write."""

Data = dict[str, Any]


@click.group()
def overcommit() -> None:
    """End the overcommit of nodes without harm to what runs on them.

    Exit codes: 0 done, 1 not now (the text says what to do), 2 bad input.
    """


@overcommit.command()
@kubeconfig_option
@output_option
def check(kubeconfig: str | None, output: str) -> None:
    """Are there pods that only the admission policy keeps running? Nothing is written.

    The chart's pre-delete hook. The cluster is --kubeconfig, else the one this runs in as a pod.
    """
    with transport(kubeconfig) as way:
        data = _checked(way)
    print_data(data, output, print_check)
    sys.exit(0 if data["safe"] else EXIT_NOT_NOW)


@overcommit.command("revert")
@click.option("--force", is_flag=True, help="Also where running pods depend on it.")
@kubeconfig_option
@output_option
def revert_command(force: bool, kubeconfig: str | None, output: str) -> None:
    """Take status.allocatable of all nodes back to their own, and our annotations off.

    For when the admission policy, or the webhook, is gone; the chart's post-delete hook. Refuses as
    check does. Ratios stay as they are. The cluster is --kubeconfig, else the one this runs in as a
    pod.
    """
    with transport(kubeconfig) as way:
        data = _checked(way)
        if data["safe"] or force:
            data |= _reverted(way)
    print_data(data, output, print_revert)
    good = "reverted" in data and not (data["amplified_again"] or data["failed"])
    sys.exit(0 if good else EXIT_NOT_NOW)


def _checked(way: Transport) -> Data:
    """The pods that depend on the amplification, as JSON-ready data."""
    found = excesses(list_nodes(way, TIMEOUT), list_pods(way, timeout=TIMEOUT), notice)
    return {"safe": not found, "excesses": [_excess(each) for each in found]}


def _excess(found: Excess) -> Data:
    unit = UNITS[found.resource]
    amounts = {key: unit.show(getattr(found, key)) for key in ("requested", "raw", "allocatable")}
    return {
        "node": found.node,
        "resource": found.resource,
        "unit": unit.name,
        **amounts,
        "excess": unit.show(found.requested - found.raw),
    }


def _reverted(way: Transport) -> Data:
    def restore(
        name: str,
        version: str,
        annotations: Mapping[str, str | None],
        allocatable: Mapping[str, str],
    ) -> None:
        restore_node(way, name, version, annotations, allocatable, TIMEOUT)

    found: Reverted = revert(lambda: list_nodes(way, TIMEOUT), restore, notice)
    return {
        "reverted": list(found.done),
        "amplified_again": list(found.again),
        "failed": dict(found.failed),
    }


def print_check(data: Data, console: Console) -> None:
    """Which pods depend on the amplification, for people."""
    if data["safe"]:
        pieces.headline(
            console,
            "On no overcommitted node do pods request more than it has of its own: no running pod"
            " depends on the admission policy.",
            good=True,
        )
        return
    _refusal(data["excesses"], console)
    pieces.line(
        console,
        "Scale the pods down or move them away (kubectl drain NODE) and try again. To keep the"
        " chart after helm uninstall was refused: helm rollback RELEASE. To uninstall all the same:"
        " helm uninstall RELEASE --no-hooks, then nova-extender overcommit revert --force.",
    )


def print_revert(data: Data, console: Console) -> None:
    """What became of the nodes, for people."""
    if "reverted" not in data:
        _refusal(data["excesses"], console)
        pieces.line(
            console,
            "Nothing was changed. Scale the pods down or move them away (kubectl drain NODE) and"
            " try again, or say --force.",
        )
        return
    done, again, failed = data["reverted"], data["amplified_again"], data["failed"]
    good = not again and not failed
    if done:
        said = f"{_nodes(done)} put back to what the node has of its own: {some(done)}."
    else:
        said = "No node was put back." if not good else "Nothing is left of overcommit on any node."
    pieces.headline(console, said, good=good)
    if again:
        pieces.line(
            console,
            f"{_nodes(again)} amplified anew after each write: {some(again)}. The admission policy"
            " or the webhook is still there: uninstall the chart, or delete the"
            " MutatingAdmissionPolicyBinding or MutatingWebhookConfiguration, then try again.",
        )
    for name, why in failed.items():
        pieces.line(console, f"Node {name} cannot be written: {why}")


def _refusal(found: Sequence[Data], console: Console) -> None:
    """The nodes on which pods request too much, and what that means."""
    names = list(dict.fromkeys(each["node"] for each in found))
    pieces.headline(
        console,
        f"On {_nodes(names)} pods request more than the node has of its own: without the admission"
        " policy, a kubelet that restarts would end some of them.",
        good=False,
    )
    table = pieces.table("NODE", "RESOURCE")
    for name in ("REQUESTED", "OWN", "TOO MUCH"):
        pieces.number_column(table, name)
    for each in found:
        amounts = (words.amount(each[key], each["unit"]) for key in ("requested", "raw", "excess"))
        table.add_row(pieces.text(each["node"]), each["resource"], *amounts)
    pieces.show(console, table)


def _nodes(names: Sequence[str]) -> str:
    return f"{len(names)} node{'' if len(names) == 1 else 's'}"
