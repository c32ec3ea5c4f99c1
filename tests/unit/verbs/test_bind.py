"""The verb bind: judge once more, claim, then have the API server bind."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from extender.kube.binding import Binding, Outcome, Result
from extender.kube.errors import TransportError
from extender.model.attempt import Attempt
from extender.protocol.errors import ProtocolError
from extender.verbs.bind import DOUBT, PodBinder
from extender.verbs.binding import Failed
from extender.verbs.engine import Engine
from extender.verbs.filter import filter_pod
from extender.verbs.handover import HandOver
from tests.unit.verbs.making import Object, body, decoded, engine, kind, node, pod

ONE_PLACE = """
filter_scheduler:
  enabled_filters: [RetryFilter, CoreFilter, NumInstancesFilter, ServerGroupAntiAffinityFilter]
  max_instances_per_host: 2
"""


class Api:
    """An API server that answers as it is told, and remembers what it was asked."""

    def __init__(self, outcome: Outcome = Outcome.BOUND, text: str = "") -> None:
        self.result = Result(outcome, text)
        self.bindings: list[Binding] = []
        self.budgets: list[float] = []
        self.pods: dict[tuple[str, str], Object] = {}
        self.on: list[Object] = []
        self.inside: list[Object] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.failure: Exception | None = None

    def bind(self, binding: Binding, budget: float, /, already: int = 0) -> Result:
        """Take a Binding; what happens meanwhile happens."""
        self.bindings.append(binding)
        self.budgets.append(budget)
        self.already = already
        self.meanwhile()
        if self.failure is not None:
            raise self.failure
        return self.result

    def get_pod(self, namespace: str, name: str, timeout: float, /) -> bytes | None:
        """A pod, if there is one."""
        assert timeout > 0
        if self.failure is not None:
            raise self.failure
        found = self.pods.get((namespace, name))
        return None if found is None else json.dumps(found).encode()

    def pods_on(self, node: str, timeout: float, /) -> list[bytes]:
        """What is bound to a node."""
        assert timeout > 0
        return [json.dumps(p).encode() for p in self.on if p["spec"]["nodeName"] == node]

    def pods_in(self, namespace: str, timeout: float, /) -> list[bytes]:
        """What is in a namespace."""
        assert timeout > 0
        return [
            json.dumps(p).encode() for p in self.inside if p["metadata"]["namespace"] == namespace
        ]


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now


class Scene:
    """An engine, an API server, and the verb between them."""

    def __init__(self, made: Engine, api: Api | None = None, at_once: int = 4) -> None:
        self.engine = made
        self.api = api or Api()
        self.clock = Clock()
        self.failed: list[Failed] = []
        self.handover = HandOver(self.clock)
        self.verb = PodBinder(
            made, self.api, self.handover, 4.0, self.failed.append, at_once, self.clock
        )

    def bind(self, name: str = "new", to: str = "a", uid: str | None = None) -> str:
        """The error that kube-scheduler is told."""
        args = {
            "PodName": name,
            "PodNamespace": "default",
            "PodUID": uid or f"uid-{name}",
            "Node": to,
        }
        reply = decoded(self.verb(json.dumps(args).encode()))
        assert list(reply) == ["Error"]
        error: str = reply["Error"]
        return error

    @property
    def claims(self) -> int:
        """Claims that are open."""
        return self.engine.cluster.ledger.claims


def used(made: Engine) -> dict[str, int]:
    """Milli-cores used by host."""
    table = made.cluster.table
    return dict(zip(table.name.tolist(), table.cpu_used.tolist(), strict=True))


def test_bound() -> None:
    """The pod is claimed before it is bound, with its UID, and the claim stays for the watch."""
    scene = Scene(engine([node("a")], [pod("new", cpu=2)]))
    during: list[dict[str, int]] = []
    scene.api.meanwhile = lambda: during.append(used(scene.engine))
    assert scene.bind() == ""
    [binding] = scene.api.bindings
    assert (binding.namespace, binding.name, binding.uid) == ("default", "new", "uid-new")
    assert binding.node == "a"
    assert json.loads(binding.annotations["nova-extender.io/decision"]) == {"host": "a"}
    assert "nova-extender.io/retry" not in binding.annotations
    assert during == [{"a": 2000}]
    assert used(scene.engine) == {"a": 2000}
    assert scene.claims == 1


def test_the_lock_is_free_while_the_api_server_is_asked() -> None:
    """Other calls are answered while a Binding is under way, and see its claim."""
    scene = Scene(engine([node("a")], [pod("new", cpu=3)]))
    seen: list[Any] = []

    def ask() -> None:
        thread = threading.Thread(
            target=lambda: seen.append(filter_pod(scene.engine, body(pod("other", cpu=2), "a")))
        )
        thread.start()
        thread.join(5)
        assert not thread.is_alive()

    scene.api.meanwhile = ask
    assert scene.bind() == ""
    assert decoded(seen[0])["FailedAndUnresolvableNodes"] == {"a": "not enough vCPUs"}


def test_claim_refused() -> None:
    """A host that was taken meanwhile is refused with the filter's reason; nothing is sent."""
    recorded: list[Attempt] = []
    pods = [pod("first", cpu=3), pod("new", cpu=2)]
    scene = Scene(engine([node("a")], pods, recorded=recorded))
    assert scene.bind("first") == ""
    assert scene.bind("new") == (
        "nova-extender: node a no longer suits the pod: not enough vCPUs; it was judged again "
        "before the bind"
    )
    assert len(scene.api.bindings) == 1
    assert scene.failed == []
    assert recorded[-1].bound is not None
    assert recorded[-1].bound.outcome == "claim_refused"


def test_own_claim_does_not_count() -> None:
    """A bind that comes again, its reply lost, is judged without the claim of the first."""
    scene = Scene(engine([node("a")], [pod("new", cpu=3)]), Api(Outcome.UNKNOWN, "no answer"))
    assert scene.bind() == "nova-extender: no answer"
    scene.api.result = Result(Outcome.BOUND, "")
    assert scene.bind() == ""
    assert used(scene.engine) == {"a": 3000}
    assert scene.claims == 1


@pytest.mark.parametrize(
    ("outcome", "claims", "counted"),
    [
        (Outcome.BOUND, 1, 0),
        (Outcome.CONFLICT, 0, 0),
        (Outcome.GONE, 0, 0),
        (Outcome.REFUSED, 0, 1),
        (Outcome.UNAVAILABLE, 0, 0),
        (Outcome.UNKNOWN, 1, 0),
    ],
)
def test_what_becomes_of_the_claim(outcome: Outcome, claims: int, counted: int) -> None:
    """It stays where the pod is or may be bound; only a host that was refused was an attempt."""
    text = "" if outcome is Outcome.BOUND else "the reason"
    scene = Scene(engine([node("a")], [pod("new", cpu=2)]), Api(outcome, text))
    assert scene.bind() == (f"nova-extender: {text}" if text else "")
    assert scene.claims == claims
    assert used(scene.engine) == {"a": 2000 * claims}
    assert len(scene.failed) == counted


def test_doubt_lapses_with_the_watch() -> None:
    """A Binding without an answer counts until the watch has spoken after its latest end."""
    scene = Scene(engine([node("a")], [pod("new", cpu=2)]), Api(Outcome.UNKNOWN, "no answer"))
    scene.bind()
    ledger = scene.engine.cluster.ledger
    assert ledger.lapse(scene.clock.now + DOUBT) == []
    assert [entry.host for entry in ledger.lapse(scene.clock.now + DOUBT + 1)] == ["a"]
    assert used(scene.engine) == {"a": 0}


def test_internal_error_leaves_a_doubt() -> None:
    """Whatever goes wrong inside, the claim is neither lost nor kept for ever."""
    scene = Scene(engine([node("a")], [pod("new", cpu=2)]))
    scene.api.failure = RuntimeError("broken")
    with pytest.raises(RuntimeError):
        scene.bind()
    assert scene.claims == 1
    assert len(scene.engine.cluster.ledger.lapse(scene.clock.now + DOUBT + 1)) == 1


def test_history_of_a_failed_bind() -> None:
    """A refused host is not tried again; the next attempt's Binding tells of it, Nova's way."""
    made = engine([node("a"), node("b")], [pod("new", cpu=2)])
    scene = Scene(made, Api(Outcome.REFUSED, "quota says no"))
    scene.bind(to="a")
    [failed] = scene.failed
    assert (failed.namespace, failed.name, failed.uid) == ("default", "new", "uid-new")
    assert json.loads(failed.annotations["nova-extender.io/retry"]) == {
        "num_attempts": 1,
        "hosts": [["a", "a"]],
        "exc_reason": "quota says no",
    }
    reply = decoded(filter_pod(made, body(pod("new", cpu=2), "a", "b")))
    assert reply["NodeNames"] == ["b"]
    assert reply["FailedAndUnresolvableNodes"] == {"a": "host was tried before"}
    scene.api.result = Result(Outcome.BOUND, "")
    assert scene.bind(to="b") == ""
    history = json.loads(scene.api.bindings[-1].annotations["nova-extender.io/retry"])
    assert history["num_attempts"] == 2
    assert history["hosts"] == [["a", "a"], ["b", "b"]]


def test_attempts_exceeded() -> None:
    """After max_attempts refused binds every host is refused, in Nova's words."""
    made = engine([node(name) for name in "abcd"], [pod("new", cpu=2)])
    scene = Scene(made, Api(Outcome.REFUSED, "no"))
    for host in "abc":
        scene.bind(to=host)
    text = "exceeded maximum number of retries"
    reply = decoded(filter_pod(made, body(pod("new", cpu=2), "a", "d")))
    assert reply["FailedAndUnresolvableNodes"] == {"a": text, "d": text}
    assert text in scene.bind(to="d")
    assert len(scene.api.bindings) == 3


def test_daemonset_pod_has_no_history() -> None:
    """A pod that belongs to one host is never locked out of it."""
    owner = {"kind": "DaemonSet", "uid": "ds", "controller": True, "name": "d"}
    value = pod("new", cpu=2)
    value["metadata"]["ownerReferences"] = [owner]
    made = engine([node("a")], [value])
    scene = Scene(made, Api(Outcome.REFUSED, "no"))
    for _ in range(5):
        scene.bind()
    assert scene.failed == []
    assert decoded(filter_pod(made, body(value, "a")))["NodeNames"] == ["a"]


def test_node_that_is_gone() -> None:
    """A node that does not exist is refused here, since the API server would take it."""
    scene = Scene(engine([node("a")], [pod("new", cpu=2)]))
    assert scene.bind(to="z") == "nova-extender: node z does not exist (any more)"
    assert scene.api.bindings == []
    assert len(scene.failed) == 1


def test_pod_that_the_watch_does_not_know() -> None:
    """It is asked for; one that is gone, or was made anew, is not bound."""
    scene = Scene(engine([node("a")]))
    assert scene.bind() == "nova-extender: pod default/new does not exist any more"
    scene.api.pods["default", "new"] = pod("new", cpu=1, uid="another")
    assert "UID another" in scene.bind()
    scene.api.pods["default", "new"] = pod("new", cpu=1)
    assert scene.bind() == ""
    assert used(scene.engine) == {"a": 1000}


def test_pod_made_anew_under_its_name() -> None:
    """The pod that the watch knows under the name is not taken for the one that is meant."""
    scene = Scene(engine([node("a")], [pod("new", cpu=1, uid="another")]))
    scene.api.pods["default", "new"] = pod("new", cpu=2, uid="uid-new")
    assert scene.bind() == ""
    assert scene.api.bindings[0].uid == "uid-new"
    assert used(scene.engine) == {"a": 2000}


def test_bound_already() -> None:
    """On the host that is asked for, that is what was wanted; elsewhere it is an error."""
    made = engine([node("a"), node("b")], [pod("new", cpu=2, on="a")])
    scene = Scene(made)
    scene.api.pods["default", "new"] = pod("new", cpu=2, on="a")
    assert scene.bind(to="a") == ""
    assert scene.bind(to="b") == "nova-extender: pod default/new is bound to node a already"
    assert scene.api.bindings == []
    assert scene.claims == 0


def test_api_server_out_of_reach() -> None:
    """Before the claim that is an error without consequences."""
    scene = Scene(engine([node("a")]))
    scene.api.failure = TransportError("connection lost", "connection")
    assert scene.bind() == (
        "nova-extender: the API server cannot be asked about pod default/new: connection fault"
    )
    assert scene.claims == 0
    assert scene.failed == []


def test_too_many_at_once() -> None:
    """More binds than there are slots are sent back at once, and leave nothing behind."""
    pods = [pod("one", cpu=1), pod("two", cpu=1)]
    scene = Scene(engine([node("a")], pods), at_once=1)
    texts: list[str] = []
    scene.api.meanwhile = lambda: texts.append(scene.bind("two"))
    assert scene.bind("one") == ""
    assert texts == ["nova-extender: 1 binds are under way already; kube-scheduler tries again"]
    assert used(scene.engine) == {"a": 1000}
    scene.api.meanwhile = lambda: None
    assert scene.bind("two") == ""


def test_budget() -> None:
    """The API server gets what is left of the time, less what our own reply takes."""
    scene = Scene(engine([node("a")], [pod("new")]))
    assert scene.bind() == ""
    assert scene.api.budgets == [3.75]


def test_after_a_hand_over() -> None:
    """Pods that another has bound, and our watch does not show yet, count at the claim."""
    scene = Scene(engine([node("a")], [pod("new", cpu=2)]))
    scene.api.on = [pod("theirs", cpu=3, on="a")]
    assert scene.bind() == ""
    scene = Scene(engine([node("a")], [pod("new", cpu=2)]))
    scene.api.on = [pod("theirs", cpu=3, on="a"), pod("ended", cpu=4, on="a")]
    scene.api.on[1]["status"]["phase"] = "Succeeded"
    scene.handover.called()
    assert "not enough vCPUs" in scene.bind()
    assert used(scene.engine) == {"a": 3000}
    assert scene.claims == 1


def test_group_after_a_hand_over() -> None:
    """Members of the pod's group on other hosts are looked for in its namespace."""
    group = {"server_group": "g"}
    settings = "filter_scheduler: {enabled_filters: [ServerGroupAffinityFilter]}"
    made = engine(
        [node("a"), node("b")],
        [pod("new", annotations=group)],
        [kind("g", "ServerGroup", "default", policy="affinity")],
        settings,
    )
    scene = Scene(made)
    scene.api.inside = [pod("member", on="b", annotations=group)]
    scene.handover.called()
    assert "server group runs on other hosts" in scene.bind(to="a")
    assert scene.bind(to="b") == ""


def test_anti_affinity_at_the_claim() -> None:
    """Two members judged at the same moment do not share a host: the second claim is refused."""
    group = {"server_group": "g"}
    made = engine(
        [node("a")],
        [pod("one", annotations=group), pod("two", annotations=group)],
        [kind("g", "ServerGroup", "default", policy="anti-affinity")],
        ONE_PLACE,
    )
    scene = Scene(made)
    for name in ("one", "two"):
        question = body(pod(name, annotations=group), "a")
        assert decoded(filter_pod(made, question))["NodeNames"] == ["a"]
    assert scene.bind("one") == ""
    assert "host has enough members of the server group" in scene.bind("two")


def test_many_threads_and_few_places() -> None:
    """However many claim at once, a host never gets more than its limit."""
    names = [f"p{number}" for number in range(40)]
    made = engine([node("a"), node("b")], [pod(name) for name in names], settings=ONE_PLACE)
    scene = Scene(made, at_once=100)
    start = threading.Barrier(len(names))
    answers: list[str] = []

    def run(name: str, host: str) -> None:
        start.wait()
        answers.append(scene.bind(name, host))

    threads = [
        threading.Thread(target=run, args=(name, "ab"[number % 2]))
        for number, name in enumerate(names)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count("") == 4
    assert len(scene.api.bindings) == 4
    assert made.cluster.table.num_instances.tolist() == [2, 2]


def test_the_attempt_knows_its_bind() -> None:
    """What filter found out and how the bind ended stand together, under the pod's UID."""
    recorded: list[Attempt] = []
    made = engine([node("a")], [pod("new", cpu=2)], recorded=recorded)
    scene = Scene(made)
    filter_pod(made, body(pod("new", cpu=2), "a"))
    assert scene.bind() == ""
    assert recorded[0] is recorded[1]
    assert recorded[0].bound is not None
    assert (recorded[0].bound.host, recorded[0].bound.outcome) == ("a", "bound")
    assert json.loads(scene.api.bindings[0].annotations["nova-extender.io/decision"]) == {
        "host": "a",
        "hosts_passed": 1,
    }


@pytest.mark.parametrize(
    "change", [{"PodUID": ""}, {"PodUID": None}, {"Node": ""}, {"PodName": 5}, {"Node": "a/b"}]
)
def test_bad_request(change: Mapping[str, object]) -> None:
    """A request that does not say who is to go where is a fault of the request."""
    scene = Scene(engine([node("a")], [pod("new")]))
    args = {"PodName": "new", "PodNamespace": "default", "PodUID": "uid-new", "Node": "a", **change}
    with pytest.raises(ProtocolError):
        scene.verb(json.dumps(args).encode())
    assert scene.api.bindings == []
