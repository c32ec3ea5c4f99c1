"""What the benchmark found, as named figures with their targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.bench.classes import ONE_BY_ONE, Cost, total
from tests.bench.figures import Figure
from tests.bench.latency import ECHO, OURS, VERBS, Latency
from tests.bench.loading import Load
from tests.bench.python_way import Ways

TO_ECHO = {100: 2.5, 1000: 1.5, 5000: 1.0, 20_000: 0.7, 65_000: 0.7}
"""By names: how many times as long as the do-nothing extender a call may take."""

TO_FLASK = 60.0
FILTERS_US = 1.0
LOAD_SECONDS = 5.0
MEMORY_MIB = 350.0


def of_latency(found: Latency) -> Iterator[Figure]:
    """Milliseconds of both servers, and ours as a multiple of the other's."""
    target = TO_ECHO.get(found.nodes)
    for verb in VERBS:
        ours, echo = found.timings[OURS][verb], found.timings[ECHO][verb]
        where = f"latency/{found.workload}/{found.nodes}/{verb}"
        for quantile in ("p50", "p99"):
            mine, other = getattr(ours, quantile), getattr(echo, quantile)
            yield Figure(f"{where}/{quantile}", mine, "ms")
            yield Figure(f"{where}/echo {quantile}", other, "ms")
            yield Figure(f"{where}/{quantile} to echo", mine / other, "ratio", target=target)


def of_ways(found: Ways) -> Iterator[Figure]:
    """The three ways to ask about the same nodes, and how many times quicker ours is."""
    where = f"python/{found.nodes}"
    yield Figure(f"{where}/names p50", found.names.p50, "ms")
    yield Figure(f"{where}/whole nodes p50", found.whole.p50, "ms")
    yield Figure(f"{where}/plain Flask p50", found.flask.p50, "ms")
    ratio = found.flask.p50 / found.names.p50
    yield Figure(f"{where}/plain Flask to names", ratio, "ratio", "higher", TO_FLASK)
    yield Figure(
        f"{where}/plain Flask to whole nodes", found.flask.p50 / found.whole.p50, "ratio", "higher"
    )


def of_classes(found: Sequence[Cost], hosts: int) -> Iterator[Figure]:
    """Microseconds a host of each filter and weigher, and of all filters together."""
    for cost in found:
        yield Figure(f"classes/{cost.kind}/{cost.name}", 1000 * cost.timing.p50 / hosts, "us")
    name = f"classes/all filters but {', '.join(ONE_BY_ONE)} with a query"
    yield Figure(name, 1000 * total(found) / hosts, "us", target=FILTERS_US)


def of_load(found: Load) -> Iterator[Figure]:
    """Seconds and MiB of taking a cluster in."""
    where = f"load/{found.way}/{found.nodes} nodes, {found.pods} pods"
    yield Figure(f"{where}/seconds", found.seconds, "s", target=LOAD_SECONDS)
    yield Figure(f"{where}/CPU seconds", found.cpu_seconds, "s")
    yield Figure(f"{where}/resident before", found.before.resident, "MiB")
    yield Figure(f"{where}/resident after", found.after.resident, "MiB", target=MEMORY_MIB)
    yield Figure(f"{where}/peak", found.after.peak, "MiB")
