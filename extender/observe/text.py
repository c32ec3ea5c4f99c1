"""Words for what ``render`` gives: amounts, requests and verdicts in a line of plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from extender.model.facts import MEBIBYTE, some

Data = dict[str, Any]

GIB_IN_MIB = 1024


def printable(text: str) -> str:
    """Text with what could break a line or steer a terminal escaped: it may be anybody's."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def plain(value: float, digits: int = 6) -> str:
    """A number without trailing zeros, never as a power of ten."""
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def number(value: float | None) -> str:
    """A number that is not there where it was not finite."""
    return "not finite" if value is None else plain(value)


def amount(value: float, unit: str) -> str:
    """An amount and its unit; whole GiB as GiB, anything else as it is."""
    if unit == MEBIBYTE.name and value and value % GIB_IN_MIB == 0:
        value, unit = value / GIB_IN_MIB, "GiB"
    return f"{plain(value)} {unit}".rstrip()


def value(found: float | str | None, unit: str = "") -> str:
    """A need or have: an amount, or words, or nothing."""
    if found is None:
        return ""
    return found if isinstance(found, str) else amount(found, unit)


def request_line(request: Data) -> str:
    """What is asked for, in a line, without what is not."""
    flavor, retry = request["flavor"], request["retry"]
    group, destination = request["instance_group"], request["requested_destination"]
    virtual = request["virtual"] or {}
    amounts = (
        ("vcpus", "vCPU", ""),
        ("memory_mb", "MiB", " memory"),
        ("disk_mb", "MiB", " disk"),
    )
    asked = [
        f"{amount(flavor[key], unit)}{what}{_virtual(flavor[key], virtual.get(key), unit)}"
        for key, unit, what in amounts
        if flavor[key]
    ]
    asked = asked or ["no vCPU, memory or disk"]
    named = {
        "flavor": flavor["name"],
        "zone": request["availability_zone"],
        "server group": f"{group['name']} ({group['policy']})" if group else "",
        "ignore_hosts": ", ".join(request["ignore_hosts"]),
        "force_hosts": ", ".join(request["force_hosts"]),
        "force_nodes": ", ".join(request["force_nodes"]),
        "requested_destination": _destination(destination) if destination else "",
        "tried before on": ", ".join(host for host, _ in retry["hosts"]) if retry else "",
        "nominated for": request["nominated_host"],
    }
    asked += [f"{name} {text}" for name, text in named.items() if text]
    return "; ".join(asked)


def _virtual(much: float, unseen: float | None, unit: str) -> str:
    """A word on an amount that kube-scheduler does not count, or counts otherwise."""
    if not unseen:
        return ""
    counted = much - unseen
    return f" (virtual; kube-scheduler counts {amount(counted, unit)})" if counted else " (virtual)"


def _destination(destination: Data) -> str:
    """The parts of a requested destination that are set."""
    return ", ".join(
        f"{name} {given if isinstance(given, str) else ' and '.join(given)}"
        for name, given in destination.items()
        if given and not isinstance(given, bool)
    )


def verdict_line(verdict: Data) -> str:
    """Why a filter refuses a host, with need and have where it says so."""
    unit = verdict.get("unit", "")
    need, have = (value(verdict.get(key), unit) for key in ("need", "have"))
    numbers = [f"needs {need}"] if need else []
    numbers += [f"has {have}"] if have else []
    if verdict.get("short_by"):
        numbers.append(f"short of {value(verdict['short_by'], unit)}")
    line = f"{verdict['filter']}: {verdict['text']}"
    return f"{line} ({', '.join(numbers)})" if numbers else line


def sources_line(sources: Sequence[Data]) -> str:
    """The values that went into a verdict, each with where it came from."""
    return ", ".join(f"{s['name']} {s['value']} ({s['where']})" for s in sources)


def ratio_lines(hosts: Sequence[Data]) -> list[str]:
    """Each allocation ratio in use, where it comes from, and for which hosts."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for resource in ("cpu", "ram", "disk"):
        for host in hosts:
            ratio = plain(host[resource]["ratio"])
            place = (resource, ratio, host[resource]["ratio_from"])
            found.setdefault(place, []).append(host["host"])
    return [
        f"{resource} {ratio} from {where}: {'all' if len(on) == len(hosts) else some(on)}"
        for (resource, ratio, where), on in found.items()
    ]


def fault_line(fault: Data) -> str:
    """A plug-in that raised, on which host, and with which text."""
    where = f" on host {fault['host']}" if fault["host"] else ""
    return f"{fault['plugin']} failed{where}: {fault['text']}"
