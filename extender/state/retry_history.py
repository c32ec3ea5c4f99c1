"""What came before a pod's attempt: its own failed bindings, and its siblings' rejections.

Pure; times are seconds since the epoch as the API tells them, and "now" is handed in.

**How attempts are counted.** In Nova each instance has a history of its own. A rejected pod is
replaced by another one, so its history is kept for its line of replacements: all pods of one
``owner``. A ReplicaSet's pods cannot be told apart, and one rejection among 200 replicas is not
one attempt of each of them, or three rejections would lock all replacements out (``max_attempts``
is 3). So what one pod's line has tried is the rejections shared out over the siblings that have
yet to start, this pod among them, and rounded up; the pod's own failed bindings are added. With
one replica that is one attempt for each rejection, as in Nova; with n of which none ever starts it
bounds the Failed pods by n × ``max_attempts``.

**What a start does.** Once a container of a sibling has started, what was rejected before counts
no longer, neither as an attempt nor against its host: while some siblings start, a broken node has
another chance after each start. The API's times have whole seconds: a rejection in the same second
as a start counts, for the other way round a burst would forgive itself. If that is one too many, it
ages out. Starts are told by the nodes' clocks: one that runs ahead forgives for as long as it does.
"""

from __future__ import annotations

import math
from bisect import insort
from dataclasses import dataclass, field, replace
from enum import IntEnum
from heapq import heappop, heappush

from extender.model.rejection import Rejection
from extender.model.request_spec import LONGEST_EXC_REASON, SchedulerRetries

MOST_REJECTIONS = 1000
"""Rejections kept of one owner, the newest; what is older than all of them is not taken in. Of an
owner with more, older hosts may be tried again, and where so many siblings wait that 1000 shared
out are few, ``max_attempts`` is not reached. The hosts of those kept stay refused."""

MOST_FAILURES = 1000
"""Failed bindings kept of one pod, the newest."""

MOST_SPENT = 10_000
"""Pods kept whose history has aged out, the newest; beyond, an old annotation may count again."""

BIND_FAILURES = "failed bindings"
REJECTIONS = "rejections of sibling pods"

NOTHING = SchedulerRetries()

_Failure = tuple[float, tuple[str, str], str]
"""When, on which (host, node), and why."""


class _Kind(IntEnum):
    """What of the history may be due, and what its key is."""

    REJECTION = 0  # an owner
    START = 1  # an owner
    POD = 2  # a pod's UID


@dataclass(slots=True)
class _Line:
    """An owner's rejections, oldest first, and what follows from those that count."""

    rejections: list[Rejection] = field(default_factory=list)
    counted: int | None = None
    """How many count; ``None`` while that, and ``failures``, is to be worked out again."""

    failures: list[_Failure] = field(default_factory=list)
    """Of each host the newest that counts, oldest first."""

    def count(self, started: float) -> int:
        """How many rejections count after the latest start."""
        if self.counted is None:
            second = math.floor(started) if math.isfinite(started) else started
            valid = [found for found in self.rejections if math.floor(found.at) >= second]
            newest = {r.host: (r.at, (r.host, r.host), r.reason) for r in valid}
            self.failures = sorted(newest.values())
            self.counted = len(valid)
        return self.counted


@dataclass(slots=True)
class _Own:
    """What one pod went through itself, oldest first, and what its annotation said before that."""

    failures: list[_Failure] = field(default_factory=list)
    noted: tuple[float, SchedulerRetries] | None = None

    def __len__(self) -> int:
        return len(self.failures) + (self.noted is not None)


class RetryHistory:
    """The retry histories of all pods. Not safe for threads: whoever shares it holds a lock.

    Args:
        ttl: seconds after which anything is forgotten, as nodes recover; 0 for never, which leaves
            memory bounded by owner only.
    """

    def __init__(self, ttl: float) -> None:
        self._ttl = ttl or math.inf
        self._now = 0.0
        """The latest time that was handed in, 0 before the first."""
        self._lines: dict[str, _Line] = {}
        self._rejected: set[str] = set()
        self._starts: dict[str, float] = {}
        self._own: dict[str, _Own] = {}
        self._spent: dict[str, None] = {}
        self._due: list[tuple[float, _Kind, str]] = []

    def __len__(self) -> int:
        """Rejections, failed bindings and annotations that are kept, whether they count or not."""
        return len(self._rejected) + sum(len(own) for own in self._own.values())

    def note_start(self, owner: str, at: float) -> None:
        """Take in that a container of one of the owner's pods started: a success.

        May come before or after the rejections that it outdates, and any number of times.
        """
        if at < self._now - self._ttl or at <= self._starts.get(owner, -math.inf):
            return
        self._starts[owner] = at
        self._ages(at, _Kind.START, owner)
        if owner in self._lines:
            self._lines[owner].counted = None

    def rejected(self, rejection: Rejection, now: float) -> bool:
        """Take in a pod that its kubelet rejected; whether it is new.

        New is also what a start has outdated, but not what is too old to be kept.
        """
        self._now = max(self._now, now)
        if rejection.uid in self._rejected or rejection.at < now - self._ttl:
            return False
        if rejection.at > now:
            # A clock runs ahead; it must not make anything last longer.
            rejection = replace(rejection, at=now)
        line = self._lines.setdefault(rejection.owner, _Line())
        insort(line.rejections, rejection, key=_age)
        if len(line.rejections) > MOST_REJECTIONS:
            oldest = line.rejections.pop(0)
            if oldest is rejection:
                return False
            self._rejected.discard(oldest.uid)
        line.counted = None
        self._rejected.add(rejection.uid)
        self._ages(rejection.at, _Kind.REJECTION, rejection.owner)
        return True

    def bind_failed(self, uid: str, owner: str, host: str, exc_reason: str, now: float) -> None:
        """Take in that a pod could not be bound to a host: an attempt of this very pod.

        Args:
            uid: the pod.
            owner: its line, which is not charged with it: the pod itself will try again.
            host: where it was to go.
            exc_reason: what went wrong; its first 512 characters are kept.
            now: when.
        """
        del owner
        self._now = max(self._now, now)
        own = self._own.setdefault(uid, _Own())
        own.failures.append((now, (host, host), exc_reason[:LONGEST_EXC_REASON]))
        del own.failures[:-MOST_FAILURES]
        self._ages(now, _Kind.POD, uid)

    def noted(self, uid: str, retries: SchedulerRetries, now: float) -> None:
        """Take in what a pending pod's annotation says, where memory has nothing to say itself.

        That is so after a restart, or where another extender did the binding; of several such
        annotations the one with the most attempts counts. The annotation tells no time, so it ages
        from the moment it is first seen; once it has aged out it is not taken in again.
        """
        self._now = max(self._now, now)
        own = self._own.get(uid)
        if own is None:
            if uid in self._spent or retries == NOTHING:
                return
            own = self._own[uid] = _Own()
        elif own.failures or own.noted is None or own.noted[1].num_attempts >= retries.num_attempts:
            return
        own.noted = now, retries.bounded()
        self._ages(now, _Kind.POD, uid)

    def forget(self, uid: str) -> None:
        """Forget a pod that is gone. Its rejection stays: it is there for its siblings."""
        self._own.pop(uid, None)
        self._spent.pop(uid, None)

    def prune(self, now: float) -> int:
        """Forget what is older than the ttl; how many entries went (see ``__len__``).

        Costs next to nothing while nothing is due.
        """
        self._now = max(self._now, now)
        limit = now - self._ttl
        gone = 0
        while self._due and self._due[0][0] < limit:
            _, kind, key = heappop(self._due)
            if kind is _Kind.REJECTION:
                gone += self._prune_line(key, limit)
            elif kind is _Kind.POD:
                gone += self._prune_pod(key, limit)
            elif self._starts.get(key, math.inf) < limit:
                del self._starts[key]
        return gone

    def retries(
        self, uid: str, owner: str, unstarted: int, noted: SchedulerRetries | None = None
    ) -> SchedulerRetries:
        """How many attempts were made for a pod, and on which hosts they failed.

        What an annotation says has the siblings' rejections of its time in it, and memory has them
        from the API: of these two numbers the larger one counts, not their sum.

        Args:
            uid: the pod.
            owner: its line.
            unstarted: how many live pods of the line, this one included, have not started yet.
            noted: what the pod's annotation says, taken in as ``noted`` does at the latest time
                that was handed in, or the annotation would never age.
        """
        if noted is not None:
            self.noted(uid, noted, self._now)
        line, own = self._lines.get(owner), self._own.get(uid)
        if line is None and own is None:
            return NOTHING
        own = own or _Own()
        rejections = 0 if line is None else line.count(self._starts.get(owner, -math.inf))
        share = -(-rejections // max(1, unstarted))
        failures = [] if line is None else list(line.failures)
        origins: list[str] = [REJECTIONS] if rejections else []
        reason = ""
        if own.noted is not None:
            at, said = own.noted
            share = max(share, said.num_attempts)
            failures += [(at, pair, said.exc_reason) for pair in said.hosts]
            reason = said.exc_reason
            origins += said.origins
        if own.failures:
            failures += own.failures
            origins.append(BIND_FAILURES)
        failures.sort(key=_when)
        return SchedulerRetries(
            num_attempts=len(own.failures) + share,
            hosts=tuple(dict.fromkeys(pair for _, pair, _ in reversed(failures)))[::-1],
            exc_reason=failures[-1][2] if failures else reason,
            origins=tuple(origins),
        )

    def _ages(self, at: float, kind: _Kind, key: str) -> None:
        """Something of that time is to be forgotten, if anything ever is."""
        if math.isfinite(self._ttl):
            heappush(self._due, (at, kind, key))

    def _prune_line(self, owner: str, limit: float) -> int:
        line = self._lines.get(owner)
        if line is None:
            return 0
        old = 0
        while old < len(line.rejections) and line.rejections[old].at < limit:
            self._rejected.discard(line.rejections[old].uid)
            old += 1
        if old:
            del line.rejections[:old]
            line.counted = None
        if not line.rejections:
            del self._lines[owner]
        return old

    def _prune_pod(self, uid: str, limit: float) -> int:
        own = self._own.get(uid)
        if own is None:
            return 0
        before = len(own)
        own.failures = [failure for failure in own.failures if failure[0] >= limit]
        if own.noted is not None and own.noted[0] == 0:
            # Read before anybody told the time: it ages from now on.
            own.noted = self._now, own.noted[1]
            self._ages(self._now, _Kind.POD, uid)
        if own.noted is not None and own.noted[0] < limit:
            own.noted = None
        if not own:
            del self._own[uid]
            self._spent[uid] = None
            if len(self._spent) > MOST_SPENT:
                del self._spent[next(iter(self._spent))]
        return before - len(own)


def _age(rejection: Rejection) -> tuple[float, str]:
    return rejection.at, rejection.uid


def _when(failure: _Failure) -> float:
    return failure[0]
