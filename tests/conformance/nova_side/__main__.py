"""A worker: one case a line comes in, one result a line goes out, by one release of Nova.

``python -m tests.conformance.nova_side RELEASE``; the first line out says that it is ready.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any

NEWEST = "34.0.0"


def main() -> int:
    """Judge cases until the input ends."""
    release = sys.argv[1]
    # Whatever Nova prints must not come between the results.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    judge = _judge(release)
    print(json.dumps({"ready": release}), file=out, flush=True)
    for line in sys.stdin:
        try:
            answer = judge(json.loads(line))
        except Exception:  # noqa: BLE001 - the other side decides what a broken case means
            answer = {"broken": traceback.format_exc()}
        print(json.dumps(answer), file=out, flush=True)
    return 0


def _judge(release: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    if release == NEWEST:
        from tests.conformance.nova_side.newest import Newest  # noqa: PLC0415 - not in others

        return Newest().judge
    from tests.conformance.nova_side.older import Older  # noqa: PLC0415 - not in the newest

    return Older(release).judge


if __name__ == "__main__":
    sys.exit(main())
