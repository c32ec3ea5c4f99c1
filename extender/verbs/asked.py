"""Which hosts a call asks about, in either form of the request."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec
import numpy as np

from extender.model.host_table import HostTable, Rows
from extender.model.names import HostNames, NamesAt, as_names
from extender.protocol.node_names import NodeNames
from extender.protocol.requests import ExtenderArgs
from extender.translate.errors import TranslateError
from extender.translate.node import host_state
from extender.translate.objects import decode_node
from extender.verbs.engine import Engine

MANY = 1000
"""Names from which on looking them up side by side is quicker than one by one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The hosts of one call: each name once, and its row in ``table`` (-1: not known).

    ``sent`` is the same names as they were sent, which replies are made from. ``nodes`` holds the
    objects as sent where the call sent whole nodes: a stateless question (autoscaler, simulator),
    after which nothing is remembered.
    """

    table: HostTable
    names: HostNames
    rows: Rows
    sent: NodeNames
    nodes: dict[str, msgspec.Raw] | None = None


def asked(engine: Engine, args: ExtenderArgs) -> Asked:
    """Look up the hosts of a call; the caller holds the engine's lock.

    Raises:
        TranslateError: a node sent whole cannot be read.
    """
    if args.nodes is not None and args.node_names is None:
        return _sent(engine, args.nodes)
    table = engine.table
    sent = args.node_names or NodeNames.of(())
    rows = table.recent(sent.json)
    if rows is not None:  # all known, and each once
        return Asked(table, NamesAt(table.names, rows), rows, sent)
    rows = _rows(table, sent)
    if _repeated(rows, sent):
        sent = NodeNames.of(dict.fromkeys(sent.texts))
        rows = _rows(table, sent)
    # The table's own texts: an attempt that is kept must not keep the request's alive.
    known = rows >= 0
    if known.all():
        table.keep(table.names, sent.json, rows)
        return Asked(table, NamesAt(table.names, rows), rows, sent)
    mixed = as_names(sent.texts)
    mixed[known] = table.names[rows[known]]
    return Asked(table, mixed, rows, sent)


def _rows(table: HostTable, sent: NodeNames) -> Rows:
    """The rows of names in the way that is quicker for so many."""
    if sent.spans is not None and len(sent) >= MANY:
        with suppress(ValueError):  # a host's name that is too long for any index
            return table.find(sent.json, sent.spans)
    return table.rows(sent.texts)


def _sent(engine: Engine, nodes: Sequence[msgspec.Raw]) -> Asked:
    """Totals as sent; use from what is known under the node's name."""
    raws: dict[str, msgspec.Raw] = {}
    table = HostTable()
    table.aggregates = engine.cluster.table.aggregates
    for position, raw in enumerate(nodes):
        node = decode_node(raw)
        if not node.name:
            raise TranslateError(
                f"Nodes.items[{position}] has no metadata.name; every node has one"
            )
        host = host_state(node, engine.cluster.aggregates.values(), engine.options)
        if host.host not in raws:
            raws[host.host] = raw
            engine.cluster.fill(host)
            table.put(host)
    names = list(raws)
    return Asked(table, as_names(names), table.rows(names), NodeNames.of(names), raws)


def _repeated(rows: Rows, names: NodeNames) -> bool:
    """Whether a name stands twice in the request; cheap where none does."""
    known = rows[rows >= 0]
    if len(known) and int(np.bincount(known).max()) > 1:
        return True
    return len(known) < len(rows) and len(set(names.texts)) < len(names)
