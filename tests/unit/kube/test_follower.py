"""When the sink is told that a list begins: before each time the whole set is asked for."""

from __future__ import annotations

from extender.kube.connection import Interrupt
from extender.kube.source import Source
from tests.unit.kube.apiserver import (
    Connect,
    Exchange,
    FakeApiServer,
    Serve,
    added,
    bookmark,
    error,
    page,
    refuse,
    stream,
    thing,
)
from tests.unit.kube.recorder import Recorder, Thing, decode_thing, running

END = bookmark(10, ends_initial=True)


class Listener(Recorder):
    """Remembers how many requests the server had got when a list began, and what came of it.

    Args:
        server: whose requests are counted.
    """

    def __init__(self, server: FakeApiServer) -> None:
        super().__init__()
        self.began: list[int] = []
        self._server = server

    def listing(self) -> None:
        """Of the sink."""
        self.began.append(len(self._server.requests))
        self.calls.append(("listing", len(self.began)))


def test_streaming_list(serve: Serve, connect: Connect) -> None:
    """Before the request, and not again for the watch that goes on where it ended."""
    server = serve(
        [stream(added("a", 1), END, then=Exchange.finish), stream(added("b", 11), added("c", 12))]
    )
    listener = Listener(server)
    with running(listener.reflector(connect(server))):
        listener.until(lambda: "c" in listener.state)
    assert listener.began == [0]
    assert listener.calls[:2] == [("listing", 1), ("replace", ["a"])]


def test_streaming_list_that_is_not_offered(serve: Serve, connect: Connect) -> None:
    """The list in pages begins later than the streaming one that was refused."""
    server = serve([refuse(422, "Invalid"), page(5, thing("a", 1)), stream()])
    listener = Listener(server)
    with running(listener.reflector(connect(server))):
        listener.until(lambda: listener.state)
    assert listener.began == [0, 1]
    assert listener.calls == [("listing", 1), ("listing", 2), ("replace", ["a"])]


def test_streaming_list_that_breaks_off(serve: Serve, connect: Connect) -> None:
    """What had come is thrown away: the pages asked for in its place are newer."""
    server = serve([stream(added("a", 1), then=Exchange.finish), page(5, thing("b", 4)), stream()])
    listener = Listener(server)
    with running(listener.reflector(connect(server))):
        listener.until(lambda: listener.state)
    assert listener.began == [0, 1]
    assert listener.calls[-1] == ("replace", ["b"])


def test_pages(serve: Serve, connect: Connect) -> None:
    """Once for all pages: they are of the moment of the first."""
    server = serve([page(5, thing("a", 1), more="p2"), page(5, thing("b", 2)), stream()])
    listener = Listener(server)
    with running(listener.reflector(connect(server), watch_list=False)):
        listener.until(lambda: listener.state)
    assert listener.began == [0]
    assert listener.calls == [("listing", 1), ("replace", ["a", "b"])]


def test_pages_from_the_beginning(serve: Serve, connect: Connect) -> None:
    """Pages whose snapshot is gone are asked for anew, and are of a later moment then."""
    server = serve(
        [
            page(5, thing("a", 1), more="p2"),
            refuse(410, "Expired"),
            page(9, thing("b", 8)),
            stream(),
        ]
    )
    listener = Listener(server)
    with running(listener.reflector(connect(server), watch_list=False)):
        listener.until(lambda: listener.state)
    assert listener.began == [0, 2]
    assert listener.calls == [("listing", 1), ("listing", 2), ("replace", ["b"])]


def test_list_again_after_an_expired_watch(serve: Serve, connect: Connect) -> None:
    """410 in a watch: the next list begins after that, not when the first one did."""
    server = serve([stream(added("a", 1), END, error(410, "Expired")), stream(added("b", 20), END)])
    listener = Listener(server)
    with running(listener.reflector(connect(server))):
        listener.until(lambda: listener.state == {"b": 1})
    assert listener.began == [0, 1]
    assert [call for call in listener.calls if call[0] != "upsert"] == [
        ("listing", 1),
        ("replace", ["a"]),
        ("listing", 2),
        ("replace", ["b"]),
    ]


def test_refused_list(serve: Serve, connect: Connect) -> None:
    """A list that is refused is begun anew each time it is tried."""
    server = serve([refuse(403, "Forbidden"), refuse(503, "Unavailable"), stream(END)])
    listener = Listener(server)
    with running(listener.reflector(connect(server))) as reflector:
        assert reflector.wait_synced(5)
    assert listener.began == [0, 1, 2]


def test_source_says_when_it_begins(serve: Serve, connect: Connect) -> None:
    """Whoever fetches is told before the first request."""
    server = serve([page(5, thing("a", 1))])
    source: Source[Thing] = Source(
        connect(server),
        "things",
        "/apis/test/v1/things",
        decode=decode_thing,
        on_problem=print,
        selectors={},
        page_size=10,
        list_timeout=5,
        read_timeout=5,
    )
    seen: list[int] = []
    found, version = source.fetch(Interrupt(), lambda: seen.append(len(server.requests)))
    assert ([one.metadata.name for one in found], version, seen) == (["a"], "5", [0])
