"""The program that is measured: ``nova-extender serve`` with one more verb, which does nothing.

Run as ``python -m tests.bench.serve CONFIG CLUSTER`` by ``server.running``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any
from unittest import mock

from extender.cli import serve
from extender.cli.assembly import load_config
from extender.protocol.replies import Reply
from extender.verbs.calls import calls
from extender.verbs.engine import Engine
from tests.bench.server import NOTHING, NOTHING_REPLY


def main(config: str, cluster: str) -> None:
    """Serve until told to stop, all parts put together by the product's own code."""

    def with_nothing(engine: Engine, *rest: Any) -> Mapping[str, Callable[[bytes], Reply]]:
        return {**calls(engine, *rest), NOTHING: lambda _: Reply(200, NOTHING_REPLY)}

    with mock.patch.object(serve, "calls", with_nothing):
        serve.run(load_config(config).config, cluster, None, lambda _: None)


if __name__ == "__main__":
    main(*sys.argv[1:])
