"""The dashboard *Plumbing*: is it asked, is it quick, does it see the cluster as it is?"""

from __future__ import annotations

from deploy.monitoring.board import Board
from deploy.monitoring.calls import ANSWERS, AT_A_GLANCE, LATENCY
from deploy.monitoring.keeping import BINDS, CLUSTER
from deploy.monitoring.panels import text
from deploy.monitoring.scheduler_side import SCHEDULER
from deploy.monitoring.upkeep import PROCESS, UPKEEP

INTRO = text(
    "Where to look",
    """\
**Pods are not placed?** Is nobody *Ready*, are there no *Calls*, or does kube-scheduler's side \
(at the bottom) have errors? Then the fault is here. Otherwise filters refuse hosts: see the \
dashboard *Filter rejections*.

**Pods are placed slowly?** *p99 latency*, then *Mean time by stage*. **Placed where there is no \
room?** *Snapshot age*, *Claims* and *Drift*.

Of several replicas one is asked and the others stand by, with calls of 0; a hand-over moves the \
calls from one to the other, and leaves the sums as they are.""",
    height=5,
)

BOARD = Board(
    name="plumbing",
    title="Plumbing",
    description="Is it asked, is it quick, does it see the cluster as it is?",
    intro=INTRO,
    rows=(AT_A_GLANCE, LATENCY, ANSWERS, BINDS, CLUSTER, UPKEEP, PROCESS, SCHEDULER),
)
