"""The recorder of Events: what is sent, when, and what becomes of it when it cannot be."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from extender.kube.connection import Interrupt
from extender.kube.errors import ApiError, TransportError
from extender.kube.events import Event, EventRecorder
from extender.kube.transport import Response

EPOCH = 1_767_225_600.0  # 2026-01-01T00:00:00Z
EVENT = Event(
    namespace="shop", name="web-0", uid="u-1", reason="ClaimRefused", action="Binding", note="first"
)


@dataclass
class Sent:
    """A write that reached the server."""

    method: str
    path: str
    body: dict[str, Any]
    content_type: str
    at: float


class Desk:
    """A recorder, its API server, and a clock that pauses move on."""

    def __init__(self, size: int = 1000) -> None:
        self.at = 0.0
        self.sent: list[Sent] = []
        self.refused: list[Sent] = []
        self.fates: list[Exception | None] = []
        self.problems: list[str] = []
        self.recorder = EventRecorder(
            self,
            "pod-a",
            self.problems.append,
            clock=lambda: self.at,
            now=lambda: EPOCH + self.at,
            pause=self._pause,
            size=size,
        )

    def _pause(self, _: threading.Event, seconds: float) -> None:
        self.at += seconds

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        timeout: float = 30.0,
        *,
        content_type: str = "application/json",
        interrupt: Interrupt | None = None,
    ) -> Response:
        """Of a transport."""
        assert timeout == 10
        assert interrupt is not None
        self.sent.append(Sent(method, path, json.loads(body), content_type, self.at))
        fate = self.fates.pop(0) if self.fates else None
        if fate is not None:
            self.refused.append(self.sent[-1])
            raise fate
        return Response(201, {}, b"")

    def emit(self, *events: Event) -> float | None:
        """Emits these, and does what is to be done."""
        for event in events:
            self.recorder.emit(event)
        return self.recorder.work()


def _refused(
    status: int, reason: str = "Made", message: str = "up", asked: float | None = None
) -> Exception:
    return ApiError(status, reason, message, asked)


def test_creates() -> None:
    """The first of its kind is created at once, with the time it was emitted."""
    desk = Desk()
    desk.recorder.emit(EVENT)
    desk.at = 3.0
    assert desk.recorder.work() is None
    (sent,) = desk.sent
    assert (sent.method, sent.content_type) == ("POST", "application/json")
    assert sent.path == "/apis/events.k8s.io/v1/namespaces/shop/events"
    assert sent.body["eventTime"] == "2026-01-01T00:00:00.000000Z"
    assert sent.body["reportingInstance"] == "pod-a"
    assert sent.body["metadata"]["name"].startswith("web-0.")
    assert "series" not in sent.body
    assert desk.recorder.dropped == 0


def test_counts_repetitions() -> None:
    """The same again becomes one patch of the series, 10 s after the last write."""
    desk = Desk()
    desk.emit(EVENT)
    for second in (1.0, 2.0, 4.0):
        desk.at = second
        wait = desk.emit(EVENT)
    assert wait == 6.0
    assert len(desk.sent) == 1
    desk.at = 10.0
    assert desk.recorder.work() is None
    _, patch = desk.sent
    name = desk.sent[0].body["metadata"]["name"]
    assert patch.method == "PATCH"
    assert patch.path == f"/apis/events.k8s.io/v1/namespaces/shop/events/{name}"
    assert patch.content_type == "application/merge-patch+json"
    last = "2026-01-01T00:00:04.000000Z"
    assert patch.body == {"series": {"count": 4, "lastObservedTime": last}}
    desk.at = 15.0
    desk.emit(EVENT)
    desk.at = 20.0
    desk.recorder.work()
    assert desk.sent[2].body["series"]["count"] == 5


def test_changed_note_goes_into_a_new_event() -> None:
    """Notes cannot be patched: the last one is told anew, with what was not told yet."""
    desk = Desk()
    desk.emit(EVENT)
    for second in (1.0, 2.0, 3.0):
        desk.at = second
        desk.emit(replace(EVENT, note=f"note {second:g}"))
    assert len(desk.sent) == 1
    desk.at = 10.0
    desk.recorder.work()
    fresh = desk.sent[1]
    assert fresh.method == "POST"
    assert fresh.body["metadata"]["name"] != desk.sent[0].body["metadata"]["name"]
    assert fresh.body["note"] == "note 3"
    assert fresh.body["eventTime"] == "2026-01-01T00:00:01.000000Z"
    last = "2026-01-01T00:00:03.000000Z"
    assert fresh.body["series"] == {"count": 3, "lastObservedTime": last}
    # What comes with that note again is counted there.
    desk.at = 12.0
    desk.emit(replace(EVENT, note="note 3"))
    desk.at = 20.0
    desk.recorder.work()
    assert desk.sent[2].method == "PATCH"
    assert desk.sent[2].path.endswith(fresh.body["metadata"]["name"])
    assert desk.sent[2].body["series"]["count"] == 4


def test_after_six_minutes_it_is_new() -> None:
    """A series that was silent for 6 minutes is over."""
    desk = Desk()
    desk.emit(EVENT)
    desk.at = 360.0
    desk.emit(EVENT)
    assert [sent.method for sent in desk.sent] == ["POST", "POST"]


def test_repetition_that_waited_too_long_is_counted() -> None:
    """Where nothing could be sent for 6 minutes, what was waiting is dropped, not forgotten."""
    desk = Desk()
    desk.emit(EVENT, EVENT)
    desk.at = 400.0
    desk.emit(EVENT)
    assert [sent.method for sent in desk.sent] == ["POST", "POST"]
    assert desk.recorder.dropped == 1


def test_event_that_is_gone_is_created_again() -> None:
    """Where the Event was deleted meanwhile, a new one says what was not told."""
    desk = Desk()
    desk.emit(EVENT)
    desk.at = 5.0
    desk.emit(EVENT, EVENT)
    desk.at = 10.0
    desk.fates = [_refused(404, "NotFound")]
    desk.recorder.work()
    assert [sent.method for sent in desk.sent] == ["POST", "PATCH", "POST"]
    assert desk.sent[2].body["series"]["count"] == 2
    assert (desk.recorder.dropped, desk.problems) == (0, [])


@pytest.mark.parametrize(
    "error",
    [
        _refused(404, "NotFound", 'namespaces "shop" not found'),
        _refused(
            403,
            "Forbidden",
            'events.events.k8s.io "web-0.1" is forbidden: unable to create new content in '
            "namespace shop because it is being terminated",
        ),
    ],
)
def test_namespace_gone(error: Exception) -> None:
    """Events of a namespace that ends are counted as dropped, and nobody's problem."""
    desk = Desk()
    desk.fates = [error]
    desk.emit(EVENT)
    assert len(desk.sent) == 1
    assert (desk.recorder.dropped, desk.problems) == (1, [])


def test_forbidden_is_told_once() -> None:
    """A missing permission is told once until a write succeeds; nothing is repeated."""
    desk = Desk()
    desk.fates = [_refused(403), _refused(403), _refused(422), None, _refused(403)]
    for number in range(5):
        desk.emit(replace(EVENT, uid=str(number)))
    assert len(desk.sent) == 5
    assert desk.recorder.dropped == 4
    assert desk.problems == ["Events: 403 Made: up", "Events: 422 Made: up", "Events: 403 Made: up"]


@pytest.mark.parametrize(
    "error", [_refused(429), _refused(500), _refused(503), TransportError("silence", "timeout")]
)
def test_what_passes_is_tried_again(error: Exception) -> None:
    """A server that is busy gets the same Event again, after a growing pause."""
    desk = Desk()
    desk.fates = [error, error, error]
    desk.emit(EVENT)
    assert [sent.at for sent in desk.sent] == [0.0, 0.5, 1.5, 3.5]
    assert len({sent.body["metadata"]["name"] for sent in desk.sent}) == 1
    assert (desk.recorder.dropped, desk.problems) == (0, [])


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (_refused(500), "Events: given up after 4 tries: 500 Made: up"),
        (TransportError("silence", "timeout"), "Events: given up after 4 tries: silence"),
    ],
)
def test_what_does_not_pass_is_dropped(error: Exception, text: str) -> None:
    """After four tries the Event is given up, counted, and told of once."""
    desk = Desk()
    desk.fates = [error] * 8
    desk.emit(EVENT, replace(EVENT, uid="2"))
    assert len(desk.sent) == 8
    assert (desk.recorder.dropped, desk.problems) == (2, [text])
    desk.emit(EVENT)  # and the next is no repetition of what never was
    assert desk.sent[-1].method == "POST"
    assert desk.recorder.dropped == 2


def test_failed_patch_drops_what_it_counted() -> None:
    """Repetitions that cannot be told are dropped, each of them."""
    desk = Desk()
    desk.emit(EVENT)
    desk.emit(EVENT, EVENT, EVENT)
    desk.at = 10.0
    desk.fates = [_refused(422)]
    assert desk.recorder.work() is None
    assert desk.recorder.dropped == 3


def test_retry_after() -> None:
    """What the server asks for is kept, up to 10 s."""
    desk = Desk()
    desk.fates = [_refused(429, asked=4.0), _refused(429, asked=900.0)]
    desk.emit(EVENT)
    assert [sent.at for sent in desk.sent] == [0.0, 4.0, 14.0]


def test_answer_lost() -> None:
    """A create whose answer was lost has been done: its name is there already."""
    desk = Desk()
    desk.fates = [TransportError("silence", "timeout"), _refused(409, "AlreadyExists")]
    desk.emit(EVENT)
    assert (desk.recorder.dropped, desk.problems) == (0, [])
    desk.at = 20.0
    desk.emit(EVENT)
    assert desk.sent[-1].method == "PATCH"


def test_overall_rate() -> None:
    """100 writes at once, then 10 a second."""
    desk = Desk()
    desk.emit(*(replace(EVENT, uid=str(number)) for number in range(130)))
    times = [sent.at for sent in desk.sent]
    assert len(times) == 130
    assert times[99] == 0.0
    assert times[100] == pytest.approx(0.1)
    assert times[129] == pytest.approx(3.0)
    assert desk.recorder.dropped == 0


def test_spam_about_one_object() -> None:
    """The 26th new Event about one object is dropped, those about others are not."""
    desk = Desk()
    desk.emit(*(replace(EVENT, reason=f"R{number}") for number in range(27)))
    assert len(desk.sent) == 25
    assert desk.recorder.dropped == 2
    desk.emit(replace(EVENT, uid="another"))
    assert len(desk.sent) == 26


def test_queue_is_bounded() -> None:
    """What does not fit into the queue is counted, and the rest is sent."""
    desk = Desk(size=3)
    for number in range(5):
        desk.recorder.emit(replace(EVENT, uid=str(number)))
    assert desk.recorder.dropped == 2
    desk.recorder.work()
    assert [sent.body["regarding"]["uid"] for sent in desk.sent] == ["0", "1", "2"]


def test_repetitions_are_told_during_a_flood() -> None:
    """What is due goes out although new Events keep coming."""
    desk = Desk()
    desk.emit(EVENT, EVENT)
    desk.at = 10.0
    desk.emit(*(replace(EVENT, uid=str(number)) for number in range(250)))
    methods = [sent.method for sent in desk.sent]
    assert methods.index("PATCH") == 1 + 100  # after one handful of 100


def test_nothing_is_lost_uncounted() -> None:
    """Every Event is in what was written, or was dropped."""
    desk = Desk()
    total = 0
    for second in range(0, 2000, 3):
        desk.at = max(desk.at, float(second))
        if second % 7 == 0:
            desk.fates = [_refused(403)]
        events = [replace(EVENT, uid=str(second % 5), note=f"{second % 11 > 5}")] * (second % 4)
        total += len(events)
        desk.emit(*events)
    desk.recorder.work(final=True)
    written: Counter[str] = Counter()
    for sent in desk.sent:
        name = sent.body.get("metadata", {}).get("name") or sent.path.rpartition("/")[2]
        count = sent.body.get("series", {}).get("count", 1)
        assert count > written[name]
        if sent not in desk.refused:
            written[name] = count
    waiting = desk.recorder._book.unsent
    assert sum(written.values()) + desk.recorder.dropped + waiting == total


def test_strange_event_harms_no_other() -> None:
    """An Event that is none is dropped and told of; the next is sent."""
    desk = Desk()
    odd: Any = replace(EVENT, name=["no", "name"])  # type: ignore[arg-type]  # what it is about
    desk.emit(odd, EVENT)
    assert len(desk.sent) == 1
    assert desk.recorder.dropped == 1
    assert desk.problems == ["Events: internal error: TypeError: unhashable type: 'list'"]


def test_instance_must_be_given() -> None:
    """Without a reporting instance every Event would be refused."""
    with pytest.raises(ValueError, match="reportingInstance"):
        EventRecorder(Desk(), "", str)


class Office:
    """A recorder in its thread, and an API server that can be silent."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.silent = threading.Event()
        self.problems: list[str] = []
        self.recorder = EventRecorder(self, "pod-a", self.problems.append)

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        timeout: float = 30.0,
        *,
        content_type: str = "application/json",
        interrupt: Interrupt | None = None,
    ) -> Response:
        """Of a transport."""
        del path, body, timeout, content_type
        self.sent.append(method)
        while self.silent.is_set():
            assert interrupt is not None
            if interrupt._triggered:
                raise TransportError("the call was ended", "closed")
            time.sleep(0.01)
        return Response(201, {}, b"")


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_thread() -> None:
    """What was emitted before the start and after it is sent; stopping tells the rest."""
    office = Office()
    office.recorder.emit(EVENT)
    office.recorder.start()
    _until(lambda: office.sent == ["POST"])
    office.recorder.emit(replace(EVENT, uid="2"))
    _until(lambda: office.sent == ["POST", "POST"])
    office.recorder.emit(EVENT)
    with pytest.raises(RuntimeError, match="started before"):
        office.recorder.start()
    assert office.recorder.stop()
    assert office.sent == ["POST", "POST", "PATCH"]
    office.recorder.emit(EVENT)
    assert office.recorder.dropped == 1
    assert office.recorder.stop()
    assert office.problems == []


def test_stop_while_the_server_is_silent() -> None:
    """Stopping takes no longer than its second; what was not sent is counted."""
    office = Office()
    office.silent.set()
    office.recorder.start()
    office.recorder.emit(EVENT)
    _until(lambda: office.sent)
    office.recorder.emit(replace(EVENT, uid="2"))
    office.recorder.emit(replace(EVENT, uid="2"))
    assert office.recorder.stop()
    assert office.sent == ["POST"]
    assert office.recorder.dropped == 3
    assert office.problems == []


def test_stop_counts_what_may_not_be_written() -> None:
    """Repetitions about an object that has used up its writes are counted at the end."""
    office = Office()
    for number in range(25):
        office.recorder.emit(replace(EVENT, reason=f"R{number}"))
    office.recorder.emit(replace(EVENT, reason="R7"))
    office.recorder.start()
    _until(lambda: len(office.sent) == 25)
    assert office.recorder.stop()
    assert office.sent == ["POST"] * 25
    assert office.recorder.dropped == 1


def test_stop_without_start() -> None:
    """What never ran is stopped, and takes no more; what was waiting is counted."""
    desk = Desk()
    desk.recorder.emit(EVENT)
    assert desk.recorder.stop()
    assert desk.recorder.dropped == 1
    with pytest.raises(RuntimeError, match="started before"):
        desk.recorder.start()
