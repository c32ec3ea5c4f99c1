"""Nova's order of hosts: by weight, the best ones shuffled, one of the first few put in front.

Source: ``FilterScheduler._get_sorted_hosts`` (17).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from extender.model.attempt import WeighPart
from extender.model.options import SchedulerOptions

if TYPE_CHECKING:
    from random import Random

Positions = npt.NDArray[np.intp]


def ranked(weighed: WeighPart, options: SchedulerOptions, rng: Random) -> Positions:
    """Positions in ``weighed.hosts``, the chosen one first.

    Equal weights keep the order of the hosts, unless ``shuffle_best_same_weighed_hosts`` mixes
    those that share the greatest. One of the first ``host_subset_size`` is then drawn and put in
    front; all others stay behind it in their order.
    """
    order: Positions = weighed.order.copy()
    if not len(order):
        return order
    if options.shuffle_best_same_weighed_hosts:
        best = int(np.count_nonzero(weighed.weights == weighed.weights.max()))
        head = order[:best].tolist()
        rng.shuffle(head)
        order[:best] = head
    drawn = rng.randrange(min(options.host_subset_size, len(order)))
    order[1 : drawn + 1], order[0] = order[:drawn].copy(), order[drawn]
    return order
