"""How far claims have come, and what ends them."""

from __future__ import annotations

import pytest

from extender.model.contribution import Contribution
from extender.model.host_parts import Instance
from extender.state.claims import Claims


def entry(uid: str, on: str = "a") -> Contribution:
    """A pod on a host."""
    return Contribution(instance=Instance(uid, "default", uid), host=on)


@pytest.fixture
def claims() -> Claims:
    """One claim, of pod 1, in flight."""
    made = Claims()
    made.add(entry("1"))
    return made


def test_claim_comes_and_goes(claims: Claims) -> None:
    """It is there until it is over."""
    assert "1" in claims
    assert "2" not in claims
    claims.discard("1")
    claims.discard("1")
    assert len(claims) == 0


def test_which_claim_is_meant(claims: Claims) -> None:
    """A pod's claim is told from an earlier one of the same pod, even on the same host."""
    first, second = entry("1"), entry("1")
    claims.add(first)
    assert claims.has("1", first)
    claims.add(second)
    assert claims.has("1", second)
    assert claims.has("1", None)
    assert not claims.has("1", first)
    assert not claims.has("2", None)


def test_only_doubted_claims_lapse(claims: Claims) -> None:
    """In flight or confirmed, time does nothing; in doubt, what is heard after ``until``."""
    assert claims.lapsed(1e9) == []
    claims.doubt("1", 50.0)
    assert claims.lapsed(50.0) == []
    assert claims.lapsed(50.5) == ["1"]
    claims.confirm("1")
    assert claims.lapsed(1e9) == []


def test_confirmed_is_not_doubted_any_more(claims: Claims) -> None:
    """What the API server has said stays said."""
    assert not claims.confirmed("1")
    claims.confirm("1")
    claims.doubt("1", 0.0)
    assert claims.confirmed("1")
    assert claims.lapsed(1e9) == []


def test_doubted_for_longer(claims: Claims) -> None:
    """The latest word counts."""
    claims.doubt("1", 10.0)
    claims.doubt("1", 20.0)
    assert claims.lapsed(15.0) == []
    assert claims.lapsed(21.0) == ["1"]


@pytest.mark.parametrize("settle", ["confirm", "doubt"])
def test_list_that_began_after_the_claim(claims: Claims, settle: str) -> None:
    """The pod was there then; if the list does not have it, it is gone, whatever was heard."""
    mark = claims.mark()
    if settle == "confirm":
        claims.confirm("1")
    else:
        claims.doubt("1", 1e9)
    assert claims.listed(mark, {"2"}, ()) == ["1"]


def test_list_that_began_before_the_claim(claims: Claims) -> None:
    """It need not know the pod, unless the watch had shown the pod before it began."""
    mark = claims.mark()
    claims.add(entry("2"))
    claims.confirm("2")
    assert claims.listed(mark, (), ()) == []
    assert claims.listed(mark, (), {"2"}) == ["2"]


def test_list_without_a_mark(claims: Claims) -> None:
    """It ends nothing."""
    claims.confirm("1")
    assert claims.listed(0, (), ()) == []


@pytest.mark.parametrize("settle", ["confirm", "doubt"])
def test_in_flight_no_list_ends_it(claims: Claims, settle: str) -> None:
    """Whoever is binding has the last word; then the pod that is gone counts no longer."""
    assert claims.listed(claims.mark(), (), ()) == []
    assert "1" in claims
    over = claims.confirm("1") if settle == "confirm" else claims.doubt("1", 1e9)
    assert over


def test_settled_without_a_list_in_between(claims: Claims) -> None:
    """The claim goes on."""
    assert not claims.doubt("1", 1.0)
    assert not claims.confirm("1")


def test_pending_in_a_list(claims: Claims) -> None:
    """The list may be older than the Binding, so the claim goes on, in flight and in doubt too."""
    mark = claims.mark()
    assert claims.listed(mark, {"1"}, {"1"}) == []
    claims.doubt("1", 5.0)
    assert claims.listed(mark, {"1"}, {"1"}) == []
    claims.confirm("1")
    assert claims.listed(mark, {"1"}, {"1"}) == []


def test_pending_in_a_list_that_began_after_the_confirmation(claims: Claims) -> None:
    """The API server has lost the Binding that it had confirmed."""
    claims.confirm("1")
    assert claims.listed(claims.mark(), {"1"}, ()) == ["1"]


def test_confirmed_again(claims: Claims) -> None:
    """The first confirmation is what a list is compared with."""
    claims.confirm("1")
    mark = claims.mark()
    claims.confirm("1")
    assert claims.listed(mark, {"1"}, ()) == ["1"]


def test_claimed_anew(claims: Claims) -> None:
    """In flight again; that the pod was there before is not forgotten."""
    claims.doubt("1", 5.0)
    mark = claims.mark()
    claims.add(entry("1", "b"))
    assert claims.lapsed(1e9) == []
    assert claims.listed(mark, (), ()) == []
    assert claims.confirm("1")
