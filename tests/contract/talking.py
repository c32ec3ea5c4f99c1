"""The verbs behind their real WSGI stack, and kube-scheduler's rules for their answers."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from wsgiref.validate import validator

from werkzeug.test import Client

from extender.model.attempt import Attempt
from extender.server.app import create_app
from extender.server.verbs_app import VerbsApp
from extender.verbs.calls import Call, calls
from tests.unit.verbs.making import KEYS, Object, engine

RECORDED = Path(__file__).parent / "recorded"

_SCORES = re.compile(rb'"Score": *([^,}]*)')
_WHOLE = re.compile(rb"0|[1-9][0-9]*")


class Answer(NamedTuple):
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded as strictly as Go does."""
        return json.loads(self.body, parse_constant=_no_constant)


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


@dataclass
class Served:
    """An engine that is asked over WSGI, with everything it reported beside its answers."""

    nodes: Sequence[Object] = ()
    pods: Sequence[Object] = ()
    kinds: Sequence[Object] = ()
    settings: str = ""
    bind: Call | None = None
    told: list[str] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Put the stack together as the server does."""
        self.engine = engine(
            self.nodes, self.pods, self.kinds, self.settings, self.told, self.attempts
        )
        verbs = calls(self.engine, self.bind)
        app = VerbsApp(
            verbs,
            create_app(list(verbs), "127.0.0.1:1", "127.0.0.1:2"),
            ready=lambda: "",
            max_body_bytes=16 * 1024 * 1024,
            observe=lambda _verb, outcome, _seconds: self.outcomes.append(outcome),
            on_exception=self._failed,
        )
        self._client = Client(validator(app))

    def _failed(self, verb: str, error: Exception) -> None:
        raise AssertionError(f"{verb} failed") from error

    def call(self, verb: str, body: bytes) -> Answer:
        """Post a body; every answer says how long it is, and that it is JSON."""
        length = {"CONTENT_LENGTH": str(len(body))}  # also of an empty body, as Go says it
        with self._client.post(
            f"/{verb}", data=body, content_type="application/json", environ_overrides=length
        ) as response:
            answer = Answer(response.status_code, dict(response.headers), response.data)
        assert answer.headers["Content-Length"] == str(len(answer.body))
        assert answer.headers["Content-Type"] == "application/json"
        return answer

    def filter(self, body: bytes) -> dict[str, Any]:
        """A filter result that holds to the protocol."""
        return filter_result(self.call("filter", body), json.loads(body))

    def verdicts(self, body: bytes) -> dict[str, str]:
        """Each node asked about: "" where it passes, else its text."""
        result = self.filter(body)
        passed = dict.fromkeys(result["NodeNames"], "")
        return {**passed, **result["FailedNodes"], **result["FailedAndUnresolvableNodes"]}

    def scores(self, body: bytes) -> dict[str, int]:
        """Each node's score, in an answer that holds to the protocol."""
        return priority_list(self.call("prioritize", body), json.loads(body))

    def victims(self, body: bytes) -> dict[str, list[str]]:
        """Each node's victims, in an answer that holds to the protocol."""
        return preemption_result(self.call("preempt", body), json.loads(body))

    def fault(self, verb: str, body: bytes) -> str:
        """The text of the error that this body is answered with, in the form the verb has for it.

        kube-scheduler reads the text only of a 200, which replies of prioritize and preempt cannot
        hold.
        """
        answer = self.call(verb, body)
        found = answer.json
        if verb == "filter":
            assert answer.status == 200
            assert tuple(found) == KEYS
            assert (found["Nodes"], found["NodeNames"]) == (None, [])
            assert found["FailedNodes"] == found["FailedAndUnresolvableNodes"] == {}
        else:
            assert answer.status == (200 if verb == "bind" else 400)
            assert list(found) == ["Error"]
        assert self.outcomes[-1] == "bad_request"
        text: str = found["Error"]
        assert text
        return text.removeprefix("nova-extender: ")


def asked_names(sent: Object) -> list[str]:
    """The nodes a request in kube-scheduler's own shape asks about, each once."""
    names = sent.get("NodeNames")
    if names is None:
        nodes = (sent.get("Nodes") or {}).get("items") or []
        names = [node["metadata"]["name"] for node in nodes]
    return list(dict.fromkeys(names))


def filter_result(answer: Answer, sent: Object) -> dict[str, Any]:
    """The result, if kube-scheduler would take it for what it means (K§1, truth table).

    All five keys with their exact names; NodeNames never null and part of the request; every other
    node in exactly one failed map, with a text; Nodes as they were sent, if they were sent.
    """
    assert answer.status == 200
    result: dict[str, Any] = answer.json
    assert tuple(result) == KEYS
    assert result["Error"] == ""
    names = result["NodeNames"]
    assert isinstance(names, list)
    failed, unresolvable = result["FailedNodes"], result["FailedAndUnresolvableNodes"]
    for texts in (failed, unresolvable):
        assert isinstance(texts, dict)
        assert all(isinstance(text, str) and text for text in texts.values())
    asked = asked_names(sent)
    answered = [*names, *failed, *unresolvable]
    assert sorted(answered) == sorted(asked)
    if sent.get("NodeNames") is None and sent.get("Nodes") is not None:
        items = {node["metadata"]["name"]: node for node in reversed(sent["Nodes"]["items"] or [])}
        assert result["Nodes"] == {"metadata": {}, "items": [items[name] for name in names]}
    else:
        assert result["Nodes"] is None
    return result


def priority_list(answer: Answer, sent: Object) -> dict[str, int]:
    """The scores, if kube-scheduler would take them: one entry a node, each an integer literal."""
    assert answer.status == 200
    found = answer.json
    assert isinstance(found, list)
    assert all(list(entry) == ["Host", "Score"] for entry in found)
    assert all(_WHOLE.fullmatch(text) for text in _SCORES.findall(answer.body))
    assert [entry["Host"] for entry in found] == asked_names(sent)
    assert all(0 <= entry["Score"] <= 100 for entry in found)
    return {entry["Host"]: entry["Score"] for entry in found}


def preemption_result(answer: Answer, sent: Object) -> dict[str, list[str]]:
    """Each node's victims, if kube-scheduler would take the result for what it means (K§2.6).

    One key, by UID whatever the form of the question; null nowhere, for that ends the process; only
    nodes asked about, each with at least one victim; victims that were named, and the count of
    violations, as they were sent.
    """
    assert answer.status == 200
    result = answer.json
    assert list(result) == ["NodeNameToMetaVictims"]
    asked = sent["NodeNameToMetaVictims"]
    if asked is None:
        asked = sent["NodeNameToVictims"] or {}
    found = {}
    for node, victims in result["NodeNameToMetaVictims"].items():
        assert list(victims) == ["Pods", "NumPDBViolations"]
        assert all(list(pod) == ["UID"] for pod in victims["Pods"])
        uids = [pod["UID"] for pod in victims["Pods"]]
        assert uids
        assert all(type(uid) is str and uid for uid in uids)
        of_node = asked[node] or {}
        named = [pod.get("UID") or pod["metadata"]["uid"] for pod in of_node.get("Pods") or []]
        assert uids == (named or uids)
        assert victims["NumPDBViolations"] == of_node.get("NumPDBViolations", 0)
        assert type(victims["NumPDBViolations"]) is int
        found[node] = uids
    assert list(found) == [node for node in asked if node in found]
    return found


class Recording(NamedTuple):
    """One call of a real kube-scheduler."""

    verb: str
    headers: dict[str, str]
    sent: Object

    @property
    def body(self) -> bytes:
        """The bytes as Go wrote them: compact, three characters escaped for HTML."""
        text = json.dumps(self.sent, separators=(",", ":"), ensure_ascii=False)
        for character in "<>&":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return text.encode() + b"\n" * (int(self.headers["Content-Length"]) - len(text.encode()))

    def for_nodes(self, *nodes: Object) -> bytes:
        """The same question about these nodes, in the form it was recorded in."""
        names = [node["metadata"]["name"] for node in nodes]
        sent = dict(self.sent)
        if sent["Nodes"] is None:
            sent["NodeNames"] = names
        else:
            sent["Nodes"] = {"metadata": {}, "items": list(nodes)}
        return json.dumps(sent, separators=(",", ":")).encode()


def recording(path: str) -> Recording:
    """A recording by its path below ``recorded``, without the suffix."""
    found = json.loads((RECORDED / f"{path}.json").read_text())
    return Recording(found["verb"], found["headers"], found["body"])


def recordings(*verbs: str) -> list[str]:
    """The paths of all recordings of these verbs."""
    paths = sorted(RECORDED.glob("*/*.json"))
    return [
        f"{path.parent.name}/{path.stem}" for path in paths if path.stem.rpartition("-")[2] in verbs
    ]


def recorded_nodes() -> list[Object]:
    """The nodes of the recording, as kube-scheduler sent them whole."""
    items: list[Object] = recording("nodes/deployment-1-filter").sent["Nodes"]["items"]
    return items
