"""Departures in what is compared, and in how filters and weighers are run together."""

from __future__ import annotations

from tests.conformance import recognising
from tests.conformance.departure import Departure, case, flavor, host

GENERAL: tuple[Departure, ...] = (
    Departure(
        "abort",
        "What a filter cannot evaluate raises, and the whole request fails.",
        "The host is refused with a reason that names the cause.",
        "One bad annotation must not keep a pod from all other nodes.",
        recognising.abort,
        case(request={"hints": {"query": ["["]}}),
    ),
    Departure(
        "abort beside a match",
        "Of several values of one key, the one that cannot be compared may be met before the one "
        "that matches, or after: Python's order of sets decides whether the request fails.",
        "The host passes if any value matches.",
        "A verdict must not hang on an order that nobody chose.",
        recognising.abort_beside_match,
        case(
            aggregates=[{"hosts": ["a"], "metadata": {"k": "x,7,y,z"}}],
            request=flavor(extra_specs={"k": ">= 5"}),
        ),
    ),
    Departure(
        "request of 0",
        "A request of 0 is refused where less than nothing is free.",
        "It is not checked.",
        "As kube-scheduler does; else an over-full node would refuse pods that ask for nothing.",
        recognising.request_0,
        case(host(vcpus_used=9), request=flavor(vcpus=0)),
    ),
    Departure(
        "exact ratios",
        "Limits are floats: 100 × 0.29 is 28.999999999999996, and 29 do not fit.",
        "Ratios are exact fractions: 29 fit.",
        "A boundary must not hang on rounding.",
        recognising.exact,
        case(host(vcpus_total=100, cpu_allocation_ratio="0.29"), request=flavor(vcpus=29)),
    ),
    Departure(
        "odd ratios",
        "An aggregate's ratio may be inf, nan or negative: no limit, or none that is ever met.",
        "What is not finite counts as unparsable, so the host's own ratio holds.",
        "It is a slip of the pen, and should not lift a limit.",
        recognising.odd_ratio,
        case(
            host(vcpus_used=8),
            aggregates=[{"hosts": ["a"], "metadata": {"cpu_allocation_ratio": "inf"}}],
        ),
    ),
    Departure(
        "odd multipliers",
        "An aggregate's multiplier may be inf or nan, and every weight with it.",
        "Such a value voids the key, as one that is no number does; the option holds.",
        "It would void every weight.",
        recognising.odd_multiplier,
        case(
            host("a"),
            host("b", free_ram_mb=1),
            aggregates=[{"hosts": ["a"], "metadata": {"ram_weight_multiplier": "nan"}}],
        ),
    ),
    Departure(
        "required metric",
        "A metric that a host lacks fails the request where `[metrics] required` is set.",
        "The host's raw weight is `weight_of_unavailable`, as where it is not set.",
        "MetricsFilter refuses such hosts; a weigher never refuses.",
        recognising.metric_missing,
        case(
            host("a", metrics=[["cpu.percent", 5]]),
            host("b"),
            options={"metrics_weight_setting": [["cpu.percent", 1.0]]},
        ),
    ),
    Departure(
        "stale trust",
        "An attestation that is too old makes Nova ask the service again; its answer counts, "
        "however old it says it is.",
        "The level is `unknown`.",
        "Nobody can be asked again; a level that is not renewed is not trusted.",
        recognising.stale_trust,
        case(
            host(trust_lvl="trusted", trust_age=3600),
            request=flavor(extra_specs={"trust:trusted_host": "trusted"}),
        ),
    ),
    Departure(
        "pods without flavor",
        "Every instance has a flavor, and another one refuses the host.",
        "Pods that name no flavor are looked past.",
        "DaemonSets run everywhere and name none.",
        recognising.no_flavor,
        case(host(instances=[{"uuid": "uid-1", "flavor": ""}])),
    ),
    Departure(
        "blank zones",
        "A host whose aggregates' availability_zone is blank is in the zone of no name, and not in "
        "the default one.",
        "Blank names count as none: the host is in the default zone.",
        "Nobody can ask for a zone without a name.",
        recognising.blank_zone,
        case(
            aggregates=[{"hosts": ["a"], "metadata": {"availability_zone": " "}}],
            request={"zone": "nova"},
        ),
    ),
    Departure(
        "several zones",
        "A chosen host that is in several zones is said to be in any of them: the first of a set.",
        "In the first by name.",
        "The same question should get the same answer.",
        recognising.several_zones,
        case(
            aggregates=[{"hosts": ["a"], "metadata": {"availability_zone": "x,y,z,w,v,b"}}],
            schedule={},
        ),
    ),
    Departure(
        "swap is consumed",
        "Placing an instance takes its root and ephemeral disk off the host, and forgets its swap.",
        "The swap is taken too.",
        "DiskFilter demands it.",
        recognising.swap,
        case(
            host(free_disk_mb=1500),
            request=flavor(root_gb=0, swap=1000),
            filters=["DiskFilter"],
            schedule={"instances": 2},
        ),
    ),
    Departure(
        "images of instances just placed",
        "To ImagePropertiesWeigher an instance of the same request, placed before, is not there; "
        "with a server group it looks for that one's image, finds none, and fails the request.",
        "It counts like any other on its host.",
        "It will be there, and one weigher must not keep a group from being placed.",
        recognising.unplaced_image,
        case(
            host("a"),
            host("b"),
            request={"group": {"policy": "affinity"}},
            options={"image_props_weight_multiplier": 1.0},
            weighers=["ImagePropertiesWeigher"],
            schedule={"instances": 2},
        ),
    ),
    Departure(
        "counters are numbers",
        "Counters in a host's stats are texts: `$stats.num_instances` compared with 5 fails.",
        "They are numbers.",
        "They count something.",
        recognising.counters,
        case(request={"hints": {"query": ['["<", "$stats.num_instances", 5]']}}),
    ),
    Departure(
        "nothing to judge",
        "Where the destination, or forced hosts under a check type, leave no host, the first "
        "filter is run on none, and counted with 0 hosts in and out.",
        "No filter is run.",
        "The pre-stage emptied the list, not the filter.",
        recognising.nothing_to_judge,
        case(request={"destination": {"host": "gone"}}, filters=["AllHostsFilter"]),
    ),
)
