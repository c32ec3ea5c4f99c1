"""What a node's allocatable becomes where a ratio above 1 is to take effect.

kube-scheduler and the kubelet hold the sum of all requests to ``status.allocatable``. So the
chart's admission policy, or the webhook in its place, multiplies it; both and the extender reckon
alike.
"""

from __future__ import annotations

from fractions import Fraction

MOST = 2**63 - 1
"""What more is cut to: the largest whole number that the policy can hold, and annotations say."""


def amplify(raw: int, ratio: Fraction, floor: int) -> int:
    """⌊raw × ratio⌋, or raw where the ratio is not above 1; never below the floor.

    A ratio below 1 holds without: the filters are stricter than the kubelet then.

    Args:
        raw: the node's own allocatable in milli-cores or bytes.
        ratio: of at most three decimals.
        floor: what its pods request already, where that is known; else 0.
    """
    wanted = min(raw * ratio.numerator // ratio.denominator, MOST) if ratio > 1 else raw
    return max(wanted, floor)
