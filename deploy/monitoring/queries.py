"""The PromQL that panels ask, put together from a few forms.

Of several replicas one works and the others stand by. Counters are summed: who stands by adds 0,
and a hand-over is no jump. What every replica sees alike (hosts, capacity) is never summed: it is
the greatest that any of them says.

A ratio whose divisor is 0 has no value rather than NaN: the panel then says what did not happen.
"""

from __future__ import annotations

WHERE = 'cluster="$cluster", namespace="$namespace", job=~"$job", instance=~"$instance"'
"""Which of the extender's series; the variables are those of ``board.py``."""

CLUSTER = 'cluster="$cluster"'
"""Which of kube-scheduler's: wherever it runs, and whatever job scrapes it."""

RECENT = "$__rate_interval"
"""A few scrapes; or as much as lies between two points of the graph."""

SHOWN = "$__range"
"""All the time that the dashboard shows."""

HTTP_TIMEOUT = "(max(nova_extender:http_timeout_seconds) or vector(5))"
"""After how long kube-scheduler gives a call up: of the chart's rules; 5 s where they are not."""


def ours(name: str, *matchers: str) -> str:
    """The series of one of the extender's metrics."""
    return f"nova_extender_{name}{{{', '.join((WHERE, *matchers))}}}"


def process(name: str) -> str:
    """The series of the extender's process."""
    return f"process_{name}{{{WHERE}}}"


def scheduler(name: str, *matchers: str) -> str:
    """The series of one of kube-scheduler's own metrics."""
    return f"scheduler_{name}{{{', '.join((CLUSTER, *matchers))}}}"


def summed(expression: str, *by: str) -> str:
    """The sum over all series, or those that are alike in some labels."""
    return f"sum{_by(by)}({expression})"


def greatest(expression: str, *by: str) -> str:
    """The greatest of all series, or of those that are alike in some labels."""
    return f"max{_by(by)}({expression})"


def rate(series: str, *by: str, over: str = RECENT, ago: str = "") -> str:
    """What is counted a second, all replicas together; ``ago`` such as 1w for an earlier time."""
    return summed(f"rate({series}[{over}]{' offset ' * bool(ago)}{ago})", *by)


def increase(series: str, *by: str, over: str = SHOWN) -> str:
    """What was counted in all, all replicas together."""
    return summed(f"increase({series}[{over}])", *by)


def ratio(part: str, whole: str, matching: str = "") -> str:
    """One by the other, where the other is not 0; ``matching`` says how labels go together."""
    return f"{part} / {matching}{' ' * bool(matching)}({whole} > 0)"


def mean(name: str, *by: str, over: str = RECENT) -> str:
    """The mean of what a histogram of ours has observed."""
    return ratio(
        rate(ours(f"{name}_sum"), *by, over=over), rate(ours(f"{name}_count"), *by, over=over)
    )


def quantile(of: float, buckets: str, *by: str, over: str = RECENT) -> str:
    """A quantile of what a histogram has observed, where it has observed anything."""
    # Of nothing it is NaN, which compares as less than anything.
    return f"histogram_quantile({of}, {rate(buckets, 'le', *by, over=over)}) >= 0"


def seen_by_all(counter: str, *by: str, over: str = RECENT) -> str:
    """What is counted a second by every replica alike: the greatest of their counts."""
    return greatest(rate(counter, "instance", *by, over=over), *by)


def in_order(expression: str) -> str:
    """Series by filter with a label ``at``: two digits, by which Prometheus puts them in order."""
    position = greatest(ours("filter_position"), "filter")
    at = f'count_values by (filter) ("at", {position})'
    padded = f'label_replace({at}, "at", "0$1", "at", "(.)")'
    return f"({expression}) * on (filter) group_left (at) {padded}"


def _by(labels: tuple[str, ...]) -> str:
    return f" by ({', '.join(labels)}) " if labels else ""
