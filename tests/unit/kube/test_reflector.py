"""The reflector against a server that shows every fault the protocol knows."""

from __future__ import annotations

import json
import threading
import time

import msgspec
import pytest

from extender.kube.nesting import MAX_DEPTH
from tests.unit.kube.apiserver import (
    Connect,
    Exchange,
    FakeApiServer,
    Request,
    Serve,
    added,
    bookmark,
    deleted,
    error,
    modified,
    page,
    refuse,
    status,
    stream,
    thing,
)
from tests.unit.kube.recorder import Recorder, Thing, decode_thing, running

END = bookmark(10, ends_initial=True)


def _watches(server: FakeApiServer) -> list[Request]:
    return [request for request in server.requests if request.watches]


def _lists(server: FakeApiServer) -> list[Request]:
    return [request for request in server.requests if not request.watches]


def test_watch_list(serve: Serve, connect: Connect) -> None:
    """A streaming list is handed over whole at its closing bookmark, and goes on as a watch."""
    server = serve([stream(added("a", 4), added("b", 2), END, added("c", 11), deleted("a", 12))])
    recorder = Recorder()
    with running(recorder.reflector(connect(server))) as reflector:
        recorder.until(lambda: recorder.counts["event"] == 2)
        assert reflector.synced
        assert reflector.version == "12"
    assert recorder.calls == [("replace", ["a", "b"]), ("upsert", "c"), ("delete", "a")]
    assert recorder.counts == {"relisted": 0, "synced": 1, "opened": 1, "event": 2}
    (request,) = server.requests
    assert request.path == "/apis/test/v1/things"
    timeout = int(request.query.pop("timeoutSeconds"))
    assert 300 <= timeout <= 600
    assert request.query == {
        "watch": "1",
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
    }
    assert recorder.problems == []


def test_objects_without_a_readable_name(serve: Serve, connect: Connect) -> None:
    """Objects that cannot be told apart by name are all in the set."""
    strange = [added("a", 1), added("b", 2)]
    for event in strange:
        event["object"]["metadata"]["resourceVersion"] = 7
    recorder = Recorder()
    with running(recorder.reflector(connect(serve([stream(*strange, END)])))) as reflector:
        assert reflector.wait_synced(5)
    assert recorder.state == {"a": 1, "b": 1}


def test_changes_during_a_watch_list(serve: Serve, connect: Connect) -> None:
    """What changes while a streaming list is under way is in the set that is handed over."""
    script = [added("a", 1), added("b", 2), modified("a", 11, 7), deleted("b", 12)]
    server = serve([stream(*script, bookmark(12), bookmark(12, ends_initial=True))])
    recorder = Recorder()
    with running(recorder.reflector(connect(server))) as reflector:
        assert reflector.wait_synced(5)
    assert recorder.state == {"a": 7}
    assert recorder.calls == [("replace", ["a"])]


@pytest.mark.parametrize("code", [400, 422])
def test_server_without_watch_list(serve: Serve, connect: Connect, code: int) -> None:
    """Refused with 422 Invalid, the list comes in pages, now and ever after, without a pause."""
    server = serve(
        [
            refuse(code, "Invalid"),
            page(5, thing("a", 1)),
            stream(error(410, "Expired")),
            page(9, thing("b", 8)),
        ]
    )
    recorder = Recorder()
    with running(recorder.reflector(connect(server))):
        recorder.until(lambda: recorder.state == {"b": 1})
    assert [request.watches for request in server.requests[:4]] == [True, False, True, False]
    assert server.requests[1].query == {"limit": "500"}
    assert server.requests[2].query["resourceVersion"] == "5"
    assert recorder.pauses == []


def test_server_that_ignores_send_initial_events(serve: Serve, connect: Connect) -> None:
    """Where the closing bookmark never comes, the list comes in pages after the time-out."""
    server = serve([stream(added("a", 1)), page(5, thing("a", 1))])
    recorder = Recorder()
    with running(recorder.reflector(connect(server), read_timeout=0.1)) as reflector:
        assert reflector.wait_synced(5)
        recorder.until(lambda: recorder.state == {"a": 1})


def test_pages(serve: Serve, connect: Connect) -> None:
    """All pages together are one set, with the version of the first and with the selectors."""
    server = serve(
        [
            page(5, thing("a", 1), thing("b", 2), more="t1"),
            page(6, thing("c", 3), more="t2"),
            lambda exchange: exchange.reply(200, b'{"metadata":{"resourceVersion":"5"}}'),
            stream(),
        ]
    )
    recorder = Recorder()
    selectors = {"fieldSelector": "status.phase!=Failed"}
    reflector = recorder.reflector(
        connect(server), watch_list=False, page_size=2, selectors=selectors
    )
    with running(reflector):
        recorder.until(lambda: len(server.requests) == 4)
    assert recorder.calls == [("replace", ["a", "b", "c"])]
    assert [request.query for request in server.requests[:3]] == [
        {**selectors, "limit": "2"},
        {**selectors, "limit": "2", "continue": "t1"},
        {**selectors, "limit": "2", "continue": "t2"},
    ]
    assert server.requests[3].query["resourceVersion"] == "5"
    assert server.requests[3].query["fieldSelector"] == "status.phase!=Failed"


def test_expired_page(serve: Serve, connect: Connect) -> None:
    """410 on a later page begins the list again, in one piece."""
    server = serve(
        [
            page(5, thing("a", 1), thing("b", 2), more="t1"),
            refuse(410, "Expired"),
            page(8, thing("b", 2), thing("c", 3)),
        ]
    )
    recorder = Recorder()
    with running(recorder.reflector(connect(server), watch_list=False)) as reflector:
        assert reflector.wait_synced(5)
    assert recorder.calls == [("replace", ["b", "c"])]
    assert server.requests[2].query == {}
    assert recorder.causes == []


def test_list_that_does_not_end(serve: Serve, connect: Connect) -> None:
    """A server that gives the same page again and again is not followed for ever."""
    server = serve([page(5, thing("a", 1), more="t")] * 2 + [page(6)])
    recorder = Recorder()
    with running(recorder.reflector(connect(server), watch_list=False)) as reflector:
        assert reflector.wait_synced(5)
    assert recorder.problems == ["things: the list does not get beyond a page"]


@pytest.mark.parametrize(
    "body", [b'{"items": []}', b"[]", b'{"metadata": {"resourceVersion": 5}}', b"\xff"]
)
def test_list_that_is_none(serve: Serve, connect: Connect, body: bytes) -> None:
    """An answer that is no list, or has no version to go on from, is asked for again."""
    server = serve([lambda exchange: exchange.reply(200, body), page(6, thing("a", 1))])
    recorder = Recorder()
    with running(recorder.reflector(connect(server), watch_list=False)) as reflector:
        assert reflector.wait_synced(5)
    assert recorder.causes == ["protocol"]
    assert len(recorder.problems) == 1


def test_bookmarks_advance_the_version(serve: Serve, connect: Connect) -> None:
    """A watch goes on from the last bookmark, and the consumer does not hear of it."""
    server = serve([stream(END, bookmark(77), then=Exchange.finish), stream(added("a", 80))])
    recorder = Recorder()
    with running(recorder.reflector(connect(server))):
        recorder.until(lambda: recorder.state == {"a": 1})
    assert _watches(server)[1].query["resourceVersion"] == "77"
    assert "sendInitialEvents" not in _watches(server)[1].query
    assert recorder.calls == [("replace", []), ("upsert", "a")]
    assert recorder.causes == ["closed"]
    assert recorder.pauses == []


@pytest.mark.parametrize("where", ["request", "stream"])
def test_expired_version(serve: Serve, connect: Connect, where: str) -> None:
    """410, as an answer or as an ERROR event, makes it list again at once."""
    expired = refuse(410, "Gone") if where == "request" else stream(error(410, "Expired"))
    server = serve(
        [
            stream(added("a", 1), END, then=Exchange.cut),
            expired,
            stream(added("b", 12), bookmark(20, ends_initial=True)),
        ]
    )
    recorder = Recorder()
    with running(recorder.reflector(connect(server))):
        recorder.until(lambda: recorder.counts["synced"] == 2)
    assert recorder.calls == [("replace", ["a"]), ("replace", ["b"])]
    assert recorder.counts["relisted"] == 1
    assert recorder.causes == ["connection", "expired"]


def test_always_expired(serve: Serve, connect: Connect) -> None:
    """A server that expires every version at once is not flooded with lists."""
    server = serve([page(5), refuse(410, "Expired")] * 6)
    recorder = Recorder()
    with running(recorder.reflector(connect(server), watch_list=False)):
        recorder.until(lambda: len(recorder.causes) == 6)
    assert len(recorder.pauses) == 5  # the first time without
    assert recorder.pauses[-1] > recorder.pauses[0]


def test_error_event(serve: Serve, connect: Connect) -> None:
    """Another ERROR event restarts the watch from where it was, after a pause."""
    server = serve(
        [stream(END, added("a", 11), error(500, "InternalError")), stream(added("b", 12))]
    )
    recorder = Recorder()
    with running(recorder.reflector(connect(server))):
        recorder.until(lambda: recorder.state == {"a": 1, "b": 1})
    assert _watches(server)[1].query["resourceVersion"] == "11"
    assert recorder.causes == ["api"]
    assert recorder.problems == ["things: 500 InternalError: it is InternalError"]
    assert 0.5 <= recorder.pauses[0] <= 1.0


def test_error_event_again_and_again(serve: Serve, connect: Connect) -> None:
    """A version that fails five times is given up for a new list."""
    server = serve([page(5), *[stream(error(500, "InternalError"))] * 5, page(9, thing("a", 8))])
    recorder = Recorder()
    with running(recorder.reflector(connect(server), watch_list=False)):
        recorder.until(lambda: recorder.state == {"a": 1})
    assert [request.query["resourceVersion"] for request in _watches(server)[:5]] == ["5"] * 5
    assert recorder.problems == ["things: 500 InternalError: it is InternalError"]  # once


def test_half_open_connection(serve: Serve, connect: Connect) -> None:
    """A server gone silent is left after the read time-out, and the watch resumed."""
    server = serve([stream(END, added("a", 11)), stream(added("b", 12))])
    recorder = Recorder()
    with running(recorder.reflector(connect(server), read_timeout=0.2)):
        recorder.until(lambda: recorder.state == {"a": 1, "b": 1})
        assert _watches(server)[1].query["resourceVersion"] == "11"
        assert recorder.causes[0] == "timeout"
    assert recorder.problems == []  # it happens


def test_throttled(serve: Serve, connect: Connect) -> None:
    """429 is obeyed: not before Retry-After has passed."""
    throttled = refuse(429, "TooManyRequests", {"Retry-After": "7"})
    event = {"type": "ERROR", "object": status(429, "TooManyRequests", retryAfterSeconds=9)}
    server = serve([throttled, stream(END, event), stream(added("a", 11))])
    recorder = Recorder()
    with running(recorder.reflector(connect(server))):
        recorder.until(lambda: recorder.state == {"a": 1})
    assert recorder.causes == ["throttled", "throttled"]
    assert 7 <= recorder.pauses[0] <= 9
    assert 9 <= recorder.pauses[1] <= 12


@pytest.mark.parametrize("rest", [b'{"type":"ADDED","obj', b"nonsense\n", b'{"type":1}\n'])
def test_truncated_line(serve: Serve, connect: Connect, rest: bytes) -> None:
    """Half a line, or one that is no event, restarts the watch; nothing is lost."""

    def truncated(exchange: Exchange) -> None:
        exchange.begin()
        exchange.events(END, added("a", 11))
        exchange.chunk(rest)
        exchange.finish()

    server = serve([truncated, stream(added("b", 12))])
    recorder = Recorder()
    with running(recorder.reflector(connect(server))):
        recorder.until(lambda: recorder.state == {"a": 1, "b": 1})
    assert _watches(server)[1].query["resourceVersion"] == "11"
    assert recorder.causes == ["protocol"]


def test_connection_reset(serve: Serve, connect: Connect) -> None:
    """A connection that is reset is opened again, and the watch resumed."""
    server = serve(
        [
            stream(END, added("a", 11), then=Exchange.reset_later),
            Exchange.reset,
            stream(added("b", 12)),
        ]
    )
    recorder = Recorder()
    with running(recorder.reflector(connect(server))):
        recorder.until(lambda: recorder.state == {"a": 1, "b": 1})
    assert {request.query["resourceVersion"] for request in _watches(server)[1:]} == {"11"}
    assert recorder.causes == ["connection", "connection"]
    assert recorder.pauses[1] > recorder.pauses[0]


def test_reset_during_a_watch_list(serve: Serve, connect: Connect) -> None:
    """A streaming list that breaks off hands nothing over and is begun again."""
    server = serve([stream(added("a", 1), then=Exchange.cut), stream(added("b", 2), END)])
    recorder = Recorder()
    with running(recorder.reflector(connect(server))):
        recorder.until(lambda: recorder.counts["synced"] == 1)
    assert recorder.calls == [("replace", ["b"])]
    assert len(_lists(server)) == 0


def test_server_not_there_yet(connect: Connect) -> None:
    """Nobody at the address: told once, tried with growing pauses."""
    with FakeApiServer() as server:
        transport = connect(server)
    recorder = Recorder()
    with running(recorder.reflector(transport)) as reflector:
        recorder.until(lambda: len(recorder.pauses) >= 9)
        assert not reflector.synced
    assert recorder.problems == ["things: [Errno 111] Connection refused"]
    assert all(0.5 <= pause <= 5 for pause in recorder.pauses)
    assert recorder.pauses[8] >= 2.5


def test_wrong_types_in_an_object(serve: Serve, connect: Connect) -> None:
    """An object that cannot be read is reported and skipped, in a list and in a watch."""
    server = serve(
        [
            page(5, thing("a", 1, "big"), thing("b", 2), {"metadata": 7}),
            stream(added("c", 6, []), modified("b", 7, None), added("d", 8)),
        ]
    )
    recorder = Recorder()
    with running(recorder.reflector(connect(server), watch_list=False)) as reflector:
        recorder.until(lambda: "d" in recorder.state)
        recorder.until(lambda: recorder.counts["event"] == 3)
        assert reflector.version == "8"
    assert recorder.state == {"b": 1, "d": 1}
    assert recorder.causes == []
    assert [
        text.partition(" cannot be read and is skipped: ")[0] for text in recorder.problems
    ] == [
        "things: ns/a",
        "things: an object",
        "things: ns/c",
        "things: ns/b",
    ]
    assert "Expected `int`, got `str`" in recorder.problems[0]


def test_unreadable_metadata(serve: Serve, connect: Connect) -> None:
    """Events whose version or type cannot be read do not move it, nor end the watch."""
    strange = {"type": "ADDED", "object": {"metadata": {"resourceVersion": 9, "name": "x"}}}
    marks = [{"type": "BOOKMARK", "object": {"metadata": {"annotations": 1}}}]
    unknown = {"type": "RENAMED", "object": thing("r", 12)}
    server = serve([stream(END, strange, *marks, unknown, added("a", 13))])
    recorder = Recorder()
    with running(recorder.reflector(connect(server))):
        recorder.until(lambda: recorder.counts["event"] == 4)
    assert recorder.state == {"a": 1}
    assert recorder.causes == []
    assert recorder.problems[1] == "things: unknown event type 'RENAMED' of ns/r"


def test_unreadable_deletion(serve: Serve, connect: Connect) -> None:
    """When the object that is gone cannot be named, the set is listed, at most once a minute."""
    now, later = [1000.0], threading.Event()

    def held_back(exchange: Exchange) -> None:
        assert later.wait(5)
        exchange.events(bookmark(15))
        exchange.hold()

    server = serve(
        [
            stream(added("a", 1), END, modified("a", 11, "x"), deleted("a", 12, "x")),
            stream(END, deleted("b", 14, "x"), then=held_back),
            stream(added("c", 15), END),
        ]
    )
    recorder = Recorder()
    with running(recorder.reflector(connect(server), clock=lambda: now[0])):
        recorder.until(lambda: recorder.counts["event"] == 3)
        assert recorder.causes == ["unreadable"]
        assert recorder.state == {}
        now[0] += 61
        later.set()
        recorder.until(lambda: recorder.state == {"c": 1})
    assert recorder.causes == ["unreadable", "unreadable"]
    assert recorder.problems[2] == "things: ns/a was deleted and could not be read"


def test_deeply_nested_object(serve: Serve, connect: Connect) -> None:
    """An object nested too deep for the decoder is read all the same, alone and among others."""

    def decode_wrapping(raw: bytes | msgspec.Raw) -> Thing:
        try:
            return decode_thing(raw)
        except RecursionError as error:
            raise ValueError("nested too deep") from error

    def deep(name: str, levels: int) -> bytes:
        made = thing(name, 20)
        made["metadata"]["managedFields"] = "HERE"
        return (
            json.dumps(made)
            .encode()
            .replace(b'"HERE"', b'[{"f:":' * levels + b"1" + b"}]" * levels)
        )

    def listed(exchange: Exchange) -> None:
        items = b",".join([deep("a", 9), deep("b", 5000), json.dumps(thing("c", 3)).encode()])
        exchange.reply(200, b'{"metadata":{"resourceVersion":"5"},"items":[%s]}' % items)

    def watched(exchange: Exchange) -> None:
        exchange.begin()
        for levels in (*range(440, 500), MAX_DEPTH, 5000):
            event = b'{"type":"ADDED","object":%s}\n' % deep(f"w{levels}", levels)
            exchange.chunk(event)
        exchange.hold()

    server = serve([listed, watched])
    recorder = Recorder()
    reflector = recorder.reflector(connect(server), watch_list=False, decode=decode_wrapping)
    with running(reflector):
        recorder.until(lambda: "w5000" in recorder.state)
    assert len(recorder.state) == 3 + 62
    assert recorder.problems == []


def test_broken_sink(serve: Serve, connect: Connect) -> None:
    """A consumer that raises does not end the reflector: it is given the whole set again."""
    server = serve([stream(END, added("a", 11)), stream(added("a", 11), END)])
    recorder = Recorder()
    recorder.fail_once = True
    with running(recorder.reflector(connect(server))):
        recorder.until(lambda: recorder.state == {"a": 1})
    assert recorder.causes == ["internal"]
    assert recorder.problems == ["things: internal error: RuntimeError: the sink is broken"]


def test_optional_resource(serve: Serve, connect: Connect) -> None:
    """A resource that is not installed counts as empty, is told once, and asked for every 60 s."""
    server = serve([refuse(404, "NotFound")] * 3 + [stream(added("a", 1), END)])
    recorder = Recorder()
    with running(recorder.reflector(connect(server), optional=True)) as reflector:
        assert reflector.wait_synced(5)
        recorder.until(lambda: recorder.state == {"a": 1})
    assert recorder.calls == [("replace", []), ("replace", ["a"])]
    assert recorder.pauses == [60.0, 60.0, 60.0]
    assert recorder.causes == ["missing"] * 3
    assert recorder.problems == [
        "things: the server has no such resource, taken as empty (404 NotFound: it is NotFound)"
    ]
    assert recorder.counts["relisted"] == 0


def test_optional_resource_that_goes(serve: Serve, connect: Connect) -> None:
    """A resource that is taken away leaves nothing behind, also the second time."""
    there = [stream(added("a", 1), END, then=Exchange.finish), refuse(404, "NotFound")]
    server = serve([*there, *there])
    recorder = Recorder()
    with running(recorder.reflector(connect(server), optional=True)):
        recorder.until(lambda: recorder.counts["synced"] == 4)
    assert recorder.calls == [("replace", ["a"]), ("replace", [])] * 2


def test_required_resource_that_is_missing(serve: Serve, connect: Connect) -> None:
    """A 404 for a resource that must be there is a failure as any other."""
    server = serve([refuse(404, "NotFound"), stream(END)])
    recorder = Recorder()
    with running(recorder.reflector(connect(server))) as reflector:
        assert reflector.wait_synced(5)
    assert recorder.causes == ["missing"]
    assert recorder.pauses[0] <= 1.0


@pytest.mark.parametrize("code", [401, 403])
def test_not_allowed(serve: Serve, connect: Connect, code: int) -> None:
    """What we may not see is told, and asked for again; pages would not help."""
    server = serve([refuse(code, "No")] * (2 if code == 401 else 1) + [stream(END)])
    recorder = Recorder()
    with running(recorder.reflector(connect(server))) as reflector:
        assert reflector.wait_synced(5)
    assert recorder.causes == ["unauthorized" if code == 401 else "forbidden"]
    assert recorder.problems == [f"things: {code} No: it is No"]
    assert len(_lists(server)) == 0


@pytest.mark.parametrize("where", ["list", "headers", "watch", "pause"])
def test_stop_while_blocked(serve: Serve, connect: Connect, where: str) -> None:
    """Stopping takes no time, whatever it is waiting for."""
    scripts = {
        "list": [],
        "headers": [page(5)],
        "watch": [page(5), stream()],
        "pause": [refuse(500, "InternalError")],
    }
    server = serve(scripts[where])
    recorder = Recorder()
    reflector = recorder.reflector(
        connect(server),
        watch_list=False,
        read_timeout=60,
        pause=lambda stop, _: stop.wait(60),
    )
    reflector.start()
    wanted = {"list": 1, "headers": 2, "watch": 2, "pause": 1}[where]
    recorder.until(lambda: len(server.requests) == wanted)
    time.sleep(0.05)
    began = time.monotonic()
    assert reflector.stop()
    assert time.monotonic() - began < 10
    assert reflector.stop()  # once more does no harm
    # Being stopped is no fault: nobody is told.
    assert recorder.causes == (["api"] if where == "pause" else [])


def test_run_ends_with_its_event(serve: Serve, connect: Connect) -> None:
    """`run` in a thread of one's own ends when the event is set, also while it reads."""
    server = serve([stream(END)])
    recorder, stop = Recorder(), threading.Event()
    reflector = recorder.reflector(connect(server), read_timeout=60)
    thread = threading.Thread(target=reflector.run, args=(stop,))
    thread.start()
    assert reflector.wait_synced(5)
    with pytest.raises(RuntimeError, match="runs already"):
        reflector.run(stop)
    began = time.monotonic()
    stop.set()
    thread.join(2)
    assert not thread.is_alive()
    assert time.monotonic() - began < 10


def test_started_again(serve: Serve, connect: Connect) -> None:
    """It can be started anew after a stop, and then lists; but not twice at once."""
    server = serve([stream(added("a", 1), END), stream(added("b", 1), END)])
    recorder = Recorder()
    reflector = recorder.reflector(connect(server))
    with running(reflector):
        recorder.until(lambda: recorder.state == {"a": 1})
        with pytest.raises(RuntimeError, match="runs already"):
            reflector.start()
    with running(reflector):
        recorder.until(lambda: recorder.state == {"b": 1})


def test_reflectors_share_a_transport(serve: Serve, connect: Connect) -> None:
    """Stopping one leaves the others alone."""
    server = serve([stream(END), stream(END)])
    transport = connect(server)
    first, second = Recorder(), Recorder()
    one, two = first.reflector(transport), second.reflector(transport)
    with running(two):
        with running(one):
            assert one.wait_synced(5)
            assert two.wait_synced(5)
        assert second.causes == []


def test_relist(serve: Serve, connect: Connect) -> None:
    """The whole set is asked for anew at once, from a watch that has nothing to say."""
    server = serve([stream(added("a", 4), END), stream(added("a", 4), added("b", 5), END)])
    recorder = Recorder()
    with running(recorder.reflector(connect(server))) as reflector:
        recorder.until(lambda: recorder.counts["synced"] == 1)
        reflector.relist()
        recorder.until(lambda: recorder.counts["synced"] == 2)
    assert recorder.calls == [("replace", ["a"]), ("replace", ["a", "b"])]
    assert recorder.counts["relisted"] == 1
    assert recorder.problems == []
    assert [request.query.get("resourceVersion") for request in server.requests] == [None, None]


def test_relist_before_the_start(serve: Serve, connect: Connect) -> None:
    """Nothing is listed twice for it."""
    server = serve([stream(added("a", 4), END)])
    recorder = Recorder()
    reflector = recorder.reflector(connect(server))
    reflector.relist()
    with running(reflector):
        recorder.until(lambda: recorder.counts["synced"] == 1)
    assert recorder.calls == [("replace", ["a"])]
