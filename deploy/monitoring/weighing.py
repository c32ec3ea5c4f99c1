"""Two rows of *Filter rejections*: who is tried again, and what weighers have to say."""

from __future__ import annotations

from deploy.monitoring.board import Row
from deploy.monitoring.panels import HOSTS, NUMBER, SHARE, Target, graph
from deploy.monitoring.queries import mean, ours, rate, ratio, seen_by_all

_BINDS = 'reason=~"bind_.+"'
_REJECTED = 'reason!~"bind_.+"'
_SPREADS = ours("weigher_spread_bucket", 'le=~"0|0.0"')

RETRIES = Row(
    "Retries",
    (
        graph(
            "Retries by reason",
            "Attempts that count against a pod's max_attempts: kubelets' rejections by their own "
            "reason, and binds that were refused (bind_...). A reason that lasts is one host, or "
            'one resource that kubelets count otherwise than we do: "nova-extender explain" names '
            "the hosts a pod was tried on. Runbook: docs/runbooks/NovaExtenderRetryStorm.md.",
            # Binds are one replica's; what kubelets reject every replica sees.
            Target(
                f"({rate(ours('retries_total', _BINDS), 'reason')} or "
                f"{seen_by_all(ours('retries_total', _REJECTED), 'reason')}) > 0",
                "{{reason}}",
            ),
            unit=HOSTS,
            width=8,
            bars=True,
            empty="nothing was tried again",
        ),
        graph(
            "Attempts exceeded",
            "Calls for pods that have used up max_attempts: they are refused on every host until "
            "a pod of their owner has started, or kubernetes.retry_history_ttl is over. Find them "
            'by their event "exceeded maximum number of retries", and the cause in the panel '
            "beside this.",
            Target(rate(ours("max_retries_exceeded_total")), "calls"),
            unit=HOSTS,
            width=8,
        ),
        graph(
            "Claim conflicts",
            "Binds refused by the second look: the host was taken between filter and bind. The pod "
            "simply tries again. Many, with one kube-scheduler, mean that somebody else places "
            "pods on the same nodes.",
            Target(rate(ours("claim_conflicts_total")), "conflicts"),
            unit=HOSTS,
            width=8,
        ),
    ),
)

WEIGHERS = Row(
    "Weighers",
    (
        graph(
            "Spread by weigher",
            "By how much the best host of a weigher lies above its worst, multiplier included, on "
            "average. Those with the largest spread decide; raise or lower a multiplier to change "
            "who does. At 0 a weigher tells no host from another.",
            Target(mean("weigher_spread", "weigher"), "{{weigher}}"),
            unit=NUMBER,
            width=8,
            empty="nothing was weighed",
        ),
        graph(
            "Weighers with nothing to say",
            "In which part of the attempts all hosts were alike to a weigher. Near 100 % for ever: "
            "what it reads is not there (metrics, aggregates, build failures), or its multiplier "
            "is 0; it could as well be off.",
            Target(
                ratio(
                    rate(_SPREADS, "weigher"),
                    rate(ours("weigher_spread_count"), "weigher"),
                ),
                "{{weigher}}",
            ),
            unit=SHARE,
            most=1,
            width=8,
            empty="nothing was weighed",
        ),
        graph(
            "Landed on top",
            "In which part of the binds kube-scheduler chose a host of the greatest weight. Below "
            "100 % its own scores outvote ours: give the extender weight 141 in its configuration, "
            "or use placement: decide.",
            Target(
                ratio(
                    rate(ours("landed_on_top_total", 'agree="true"')),
                    rate(ours("landed_on_top_total")),
                ),
                "on top",
            ),
            unit=SHARE,
            most=1,
            width=8,
            empty="nothing was bound",
        ),
    ),
)
