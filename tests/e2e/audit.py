"""What a user asked the API server for, by its own audit log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from tests.e2e.api import Object


class Right(NamedTuple):
    """One thing that a role may let somebody do."""

    group: str
    resource: str
    verb: str

    def __str__(self) -> str:
        resource = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {resource}"


class AuditLog:
    """The calls of one user.

    Args:
        folder: Where the API server's policy and log are.
        user: Whose calls are logged; of others there is nothing.
    """

    def __init__(self, folder: Path, user: str) -> None:
        self._log = folder / "audit.log"
        self._policy = folder / "audit-policy.json"
        folder.mkdir(parents=True, exist_ok=True)
        # A watch is told of when it begins.
        policy = {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [{"level": "Metadata", "users": [user]}, {"level": "None"}],
        }
        self._policy.write_text(json.dumps(policy))

    @property
    def arguments(self) -> Sequence[str]:
        """What the API server has to be started with."""
        return (f"--audit-policy-file={self._policy}", f"--audit-log-path={self._log}")

    def mark(self) -> int:
        """Where the log ends now."""
        return self._log.stat().st_size if self._log.exists() else 0

    def asked(self, since: int = 0) -> set[Right]:
        """What was asked for from a mark on, granted or not."""
        return {_right(call) for call in self._calls(since)}

    def denied(self, since: int = 0) -> set[Right]:
        """What was asked for in vain."""
        return {
            _right(call)
            for call in self._calls(since)
            if call.get("responseStatus", {}).get("code") == HTTPStatus.FORBIDDEN
        }

    def _calls(self, since: int) -> list[Object]:
        if not self._log.exists():
            return []
        with self._log.open("rb") as log:
            log.seek(since)
            # The last line may be written yet.
            *whole, _ = log.read().split(b"\n")
        calls = [json.loads(line) for line in whole]
        return [call for call in calls if "objectRef" in call]


def _right(call: Object) -> Right:
    asked = call["objectRef"]
    resource = "/".join(asked[key] for key in ("resource", "subresource") if key in asked)
    return Right(asked.get("apiGroup", ""), resource, call["verb"])
