"""Hosts that satisfy the query of the request."""

from __future__ import annotations

import numpy as np

from extender.filters.base import HostFilter, Verdicts
from extender.filters.json_query import QueryError, parse, value_of
from extender.model.attributes import ATTRIBUTES, shown
from extender.model.facts import Facts, Source
from extender.model.host_state import HostState
from extender.model.host_table import HostTable
from extender.model.reason import INVALID_HOST_ANNOTATION, Category, Reason
from extender.model.request_spec import RequestSpec

QUERY_NOT_SATISFIED = Reason(
    "query_not_satisfied", "host does not satisfy the query", Category.POLICY
)
INVALID_QUERY = Reason("invalid_query", "query cannot be evaluated", Category.DATA)

HINT = "query"
ASKED_BY = "pod annotation nova-extender.io/scheduler_hints"
MOST_SHOWN = 20
"""Variables of a query that an explanation lists."""


class JsonFilter(HostFilter):
    """Refuse hosts that do not satisfy the hint ``query``: ``[">=", "$free_ram_mb", 4096]``.

    The language stands in ``json_query``; variables are the attributes of
    ``extender.model.attributes``, so ``$labels.disktype`` is a label (one whose key has no dot).
    What makes Nova abort refuses the host instead. Source: ``JsonFilter``, Nova 2012.1 on.
    """

    added_in = "2012.1"
    reasons = (QUERY_NOT_SATISFIED, INVALID_QUERY)

    def filter_all(self, hosts: HostTable, spec: RequestSpec) -> Verdicts:
        """Understand the query once, then ask host by host: the one filter that may."""
        verdicts = np.zeros(len(hosts), dtype=np.uint8)
        text = spec.get_scheduler_hint(HINT)
        if not text:
            return verdicts
        try:
            query = parse(text)
        except QueryError:
            verdicts[:] = self.code(INVALID_QUERY)
            return verdicts
        unsatisfied, invalid = self.code(QUERY_NOT_SATISFIED), self.code(INVALID_QUERY)
        for row in range(len(hosts)):
            try:
                verdicts[row] = 0 if query.holds(hosts.host_state(row)) else unsatisfied
            except QueryError:
                verdicts[row] = invalid
        verdicts[hosts.cannot_read(query.reads)] = self.code(INVALID_HOST_ANNOTATION)
        return verdicts

    def explain(self, host: HostState, spec: RequestSpec) -> Facts:
        """The query, whether it holds or why that cannot be said, and its variables."""
        text = spec.get_scheduler_hint(HINT)
        if not text:
            return Facts(sources=(Source(HINT, "none", "not asked for"),))
        where = spec.sources.get("scheduler_hints", ASKED_BY)
        asked = Source(HINT, shown(text), where)
        try:
            query = parse(text)
        except QueryError as error:
            return Facts(shown(text), shown(str(error)), sources=(asked,))
        sources = (asked, *(_variable(host, path) for path in query.variables[:MOST_SHOWN]))
        try:
            have = "satisfied" if query.holds(host) else "not satisfied"
        except QueryError as error:
            have = shown(str(error))
        return Facts(shown(text), have, sources=sources)


def _variable(host: HostState, path: tuple[str, ...]) -> Source:
    attribute = ATTRIBUTES.get(path[0])
    try:
        value = value_of(host, path)
        text = "missing" if value is None else shown(value)
    except TypeError as error:
        text = str(error)
    where = "no attribute of the host" if attribute is None else attribute.where
    return Source(shown("$" + ".".join(path)), text, where)
