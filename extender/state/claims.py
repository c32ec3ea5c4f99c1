"""What is known of the claims in the ledger: which are settled, and which may lapse when."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from extender.model.contribution import Contribution


@dataclass(slots=True)
class _Claim:
    """One claim.

    Args:
        entry: what was claimed.
        since: the newest mark when the pod was claimed first.
        confirmed: the newest mark when it was confirmed.
        until: where the outcome is unknown: what must have been heard of before it lapses.
        gone: whether a list has shown that the pod is.
    """

    entry: Contribution
    since: int
    confirmed: int | None = None
    until: float | None = None
    gone: bool = False

    @property
    def over(self) -> bool:
        """Whether the pod is gone and the Binding no longer under way."""
        return self.gone and not (self.confirmed is None and self.until is None)


class Claims:
    """UID → how far its claim has come. Which host it is on, and what of it, is the ledger's.

    A claim is *in flight* until it is settled: confirmed (the Binding was carried out) or doubted
    (nobody knows). Only a settled one can be over without a word from whoever made it:

    * A list does not have the pod, neither counting nor pending, that began after the claim, or
      after the watch had shown the pod: it existed then, and lists are consistent reads, so it is
      gone. In flight, the claim is over as soon as it is settled.
    * A confirmed one: a list that began after that has the pod pending. The API server has lost the
      Binding, as after a restore from a backup.
    * A doubted one also lapses once the watch has said something later than ``until``: a Binding
      carried out before that would have been shown by then.

    One thing shows only in the next list: a pod that the watch had not shown yet was claimed, bound
    and deleted again, all between the asking for a list and the server's making it.
    """

    def __init__(self) -> None:
        self._claims: dict[str, _Claim] = {}
        self._marks = 0

    def __len__(self) -> int:
        return len(self._claims)

    def __contains__(self, uid: str) -> bool:
        return uid in self._claims

    def mark(self) -> int:
        """Note that a list begins: claims from here on are not older than it."""
        self._marks += 1
        return self._marks

    def add(self, entry: Contribution) -> None:
        """A new claim, in the place of an earlier one, by which the pod existed already."""
        earlier = self._claims.get(entry.instance.uuid)
        since = self._marks if earlier is None else earlier.since
        self._claims[entry.instance.uuid] = _Claim(entry, since)

    def discard(self, uid: str) -> None:
        """The claim is over, if there is one."""
        self._claims.pop(uid, None)

    def has(self, uid: str, entry: Contribution | None) -> bool:
        """Whether the pod is claimed, and by this very entry if one is given."""
        claim = self._claims.get(uid)
        return claim is not None and (entry is None or claim.entry is entry)

    def confirmed(self, uid: str) -> bool:
        """Whether the pod's Binding is known to have been carried out."""
        return self._claims[uid].confirmed is not None

    def confirm(self, uid: str) -> bool:
        """The Binding was carried out; returns whether the claim is over by that."""
        claim = self._claims[uid]
        claim.until = None
        if claim.confirmed is None:
            claim.confirmed = self._marks
        return claim.over

    def doubt(self, uid: str, until: float) -> bool:
        """Nobody knows; returns whether the claim is over by that. What is confirmed stays so."""
        claim = self._claims[uid]
        if claim.confirmed is None:
            claim.until = until
        return claim.over

    def listed(self, since: int, there: Container[str], known: Container[str]) -> list[str]:
        """Those that are over by a list.

        Args:
            since: the mark that it began at.
            there: the pods that it has.
            known: the pods that the watch had shown before it began.
        """
        over = []
        for uid, claim in self._claims.items():
            if uid in there:
                lost = claim.confirmed is not None and claim.confirmed < since
            else:
                claim.gone = claim.gone or claim.since < since or uid in known
                lost = claim.over
            if lost:
                over.append(uid)
        return over

    def lapsed(self, heard: float) -> list[str]:
        """The doubted ones that are over, now that the watch has said something at that time."""
        return [
            uid
            for uid, claim in self._claims.items()
            if claim.until is not None and claim.until < heard
        ]

    def doubted(self) -> list[Contribution]:
        """The entries of the doubted ones."""
        return [claim.entry for claim in self._claims.values() if claim.until is not None]
