"""extender.protocol.requests."""

from __future__ import annotations

import json
import random
import threading

import pytest

from extender.protocol import requests
from extender.protocol.errors import ProtocolError
from extender.protocol.requests import ExtenderArgs, decode_args
from extender.server.gunicorn_app import STACK

POD = b'{"metadata":{"name":"web-1","labels":{"app":"caf\\u00e9"}},"spec":{"containers":[]}}'
NAMES = b'{"Pod":' + POD + b',"Nodes":null,"NodeNames":["n1","n2"]}\n'
NODES = (
    b'{"Pod":' + POD + b',"Nodes":{"metadata":{},"items":[{"metadata":{"name":"n1"}}, {}]},'
    b'"NodeNames":null}\n'
)


def texts(args: ExtenderArgs) -> list[str] | None:
    """The names asked about."""
    return None if args.node_names is None else args.node_names.texts


def plain(args: ExtenderArgs) -> tuple[bytes, list[str] | None, list[bytes] | None]:
    """Make an ExtenderArgs comparable."""
    nodes = None if args.nodes is None else [bytes(node) for node in args.nodes]
    return bytes(args.pod), texts(args), nodes


def refusal(body: bytes) -> ProtocolError:
    """Decode what cannot be decoded."""
    with pytest.raises(ProtocolError) as caught:
        decode_args(body)
    return caught.value


def test_names_form() -> None:
    """What kube-scheduler sends with nodeCacheCapable: true."""
    assert plain(decode_args(NAMES)) == (POD, ["n1", "n2"], None)


def test_nodes_form() -> None:
    """What kube-scheduler sends with nodeCacheCapable: false."""
    assert plain(decode_args(NODES)) == (POD, None, [b'{"metadata":{"name":"n1"}}', b"{}"])


@pytest.mark.parametrize("body", [NAMES, NODES])
@pytest.mark.parametrize("case", [str.lower, str.upper, str.swapcase])
def test_any_casing(body: bytes, case: object) -> None:
    """Keys of another casing mean the same, as to Go's decoder."""
    text = body.decode()
    for key in ("Pod", "Nodes", "NodeNames", "items"):
        assert callable(case)
        text = text.replace(f'"{key}":', f'"{case(key)}":')
    assert plain(decode_args(text.encode())) == plain(decode_args(body))


@pytest.mark.parametrize("body", [NAMES, NODES])
def test_both_readings_agree(body: bytes) -> None:
    """The slow reading says what the fast one says."""
    assert plain(requests._decode_slowly(body)) == plain(decode_args(body))


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"Pod":{},"nodenames":["a"],"NodeNames":["b"],"NODENAMES":["c"]}', ["b"]),
        (b'{"Pod":{},"Nodes":null,"NodeNames":["a"],"nodenames":["b"]}', ["a"]),
        (b'{"Pod":{},"Nodes":null,"NodeNames":null,"nodenames":["b"]}', None),
    ],
)
def test_exact_key_wins(body: bytes, names: list[str] | None) -> None:
    """A key of another casing never overrides the exact one, wherever it stands."""
    assert texts(decode_args(body)) == names


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"Pod":{},"Nodes":null,"NodeNames":["a"],"NodeNames":["b"]}', ["b"]),
        (b'{"Pod":{},"nodenames":["a"],"NODENAMES":["b"],"nodenames":["c"]}', ["c"]),
        (b'{"Pod":{},"nodenames":["a"],"NODENAMES":["b"]}', ["b"]),
        (b'{"Pod":{},"NodeNames":["a"],"NodeNames":null}', None),
    ],
)
def test_last_duplicate_wins(body: bytes, names: list[str] | None) -> None:
    """Of equal claims to a field the last one counts."""
    assert texts(decode_args(body)) == names


@pytest.mark.parametrize(
    ("body", "names", "nodes"),
    [
        (b'{"Pod":{}}', None, None),
        (b'{"Pod":{},"Nodes":null,"NodeNames":null}', None, None),
        (b'{"Pod":{},"Nodes":{"items":null},"NodeNames":["a"]}', ["a"], None),
        (b'{"Pod":{},"Nodes":{},"NodeNames":["a"]}', ["a"], None),
        (b'{"Pod":{},"Nodes":{"Items":[{}]},"NodeNames":null}', None, [b"{}"]),
        (b'{"Pod":{},"Nodes":{"items":[]},"NodeNames":[]}', [], []),
        (b'{"Other":[1,{"Pod":3}],"Pod":{},"Nodes":null,"NodeNames":null}', None, None),
        (b'\r\n\t {"\\u0050od" : {} , "Nodes":null,"NodeNames":["\\u00e9"]} \n', ["é"], None),
    ],
)
def test_what_may_be_left_out(
    body: bytes, names: list[str] | None, nodes: list[bytes] | None
) -> None:
    """Missing keys and null are absent; unknown keys, white space and escapes do no harm."""
    assert plain(decode_args(body)) == (b"{}", names, nodes)


def test_text_beyond_ascii() -> None:
    """UTF-8 passes, in what is decoded and in what is not."""
    body = '{"Pod":{"a":"é😀"},"Nodes":null,"NodeNames":["ñ"]}'.encode()
    assert plain(decode_args(body)) == ('{"a":"é😀"}'.encode(), ["ñ"], None)


@pytest.mark.parametrize(
    ("body", "path", "says"),
    [
        (b"{}", "$.Pod", "$.Pod is missing or null"),
        (b'{"Pod":null,"Nodes":null,"NodeNames":[]}', "$.Pod", "$.Pod is missing or null"),
        (b'{"Pod":"x","Nodes":null,"NodeNames":[]}', "$.Pod", "is a string; expected a Pod object"),
        (b'{"pod":[]}', "$.Pod", "$.Pod is an array; expected a Pod object"),
        (b"null", "$", "the request body is null; expected ExtenderArgs"),
        (b" []", "$", "the request body is an array; expected ExtenderArgs"),
        (b"3", "$", "the request body is a number"),
        (b'"x"', "$", "the request body is a string"),
        (b'{"Pod":{},"NodeNames":"n1"}', "$.NodeNames", "is a string; expected an array of node"),
        (b'{"Pod":{},"NodeNames":{}}', "$.NodeNames", "is an object; expected an array"),
        (b'{"Pod":{},"NodeNames":["a",1]}', "$.NodeNames[1]", "is a number; expected a node name"),
        (b'{"Pod":{},"NodeNames":[null]}', "$.NodeNames[0]", "is null; expected a node name"),
        (b'{"Pod":{},"Nodes":[]}', "$.Nodes", "is an array; expected a NodeList object or null"),
        (b'{"Pod":{},"Nodes":{"items":{}}}', "$.Nodes.items", "is an object; expected an array"),
        (
            b'{"Pod":{},"Nodes":{"items":[{},false]},"NodeNames":null}',
            "$.Nodes.items[1]",
            "is true or false; expected a Node object",
        ),
        (
            b'{"Pod":{},"Nodes":{"items":[null],"x":1},"NodeNames":null}',
            "$.Nodes.items[0]",
            "is null; expected a Node object",
        ),
    ],
)
def test_wrong_shapes(body: bytes, path: str, says: str) -> None:
    """A wrong kind of value: where, what it is, what it should be."""
    error = refusal(body)
    assert error.path == path
    assert says in str(error)
    assert "expected" in str(error)


@pytest.mark.parametrize(
    ("body", "path", "offset", "says"),
    [
        (b"", "$", 0, "the request body is empty"),
        (b" \n", "$", 0, "the request body is empty"),
        (NAMES[:20], "$.Pod.metadata", 20, "cut off after byte 20, in $.Pod.metadata"),
        (b'{"Pod":{},"NodeNames":["a",', "$.NodeNames[1]", 27, "cut off after byte 27"),
        (b'{"Pod":{"a":nul', "$.Pod.a", 15, "cut off after byte 15, in $.Pod.a"),
        (b'{"Pod":{"a":"\\', "$.Pod.a", 14, "cut off after byte 14"),
        (b'{"Pod":{"a":"\\ud800', "$.Pod.a", 19, "cut off after byte 19"),
        (b'{"Pod":{"a":nule}}', "$.Pod.a", 13, "not JSON: invalid character at byte 13"),
        (b'{"Pod":{"a":NaN}}', "$.Pod.a", 12, "not JSON: invalid character at byte 12"),
        (b'{"Pod":{"a":01}}', "$.Pod.a", 13, "not JSON: invalid number"),
        (b'{"Pod":{"a":"\x01"}}', "$.Pod.a", 13, "not JSON: invalid character"),
        (b'{"Pod":{"a":"\\q"}}', "$.Pod.a", 14, "not JSON: invalid escaped character"),
        (b'{"Pod":{"a":1,}}', "$.Pod", 14, "not JSON: trailing comma in object"),
        (b"{'Pod':{}}", "$", 1, "not JSON: object keys must be strings"),
        (b'\xef\xbb\xbf{"Pod":{}}', "$", 0, "not JSON: invalid character at byte 0"),
        (b"Pod=web-1", "$", 0, "not JSON: invalid character at byte 0"),
        (b'{"Pod":{"a":"\\ud800"}}', "$.Pod.a", 13, "half a surrogate pair"),
        (b'{"Pod":{"a":"\\ud800\\u0041"}}', "$.Pod.a", 25, "invalid utf-16 surrogate pair"),
        (b'{"Pod":{},"Nodes":null,"NodeNames":["\\udfff"]}', "$.NodeNames[0]", 43, "surrogate"),
        (b'{"Pod":{"a":"\xff"},"Nodes":null}', "$.Pod.a", 13, "not UTF-8: byte 13, in $.Pod.a"),
        (b'{"Pod":{},"NodeNames":["\xc3"]}', "$.NodeNames[0]", 24, "not UTF-8"),
        (b'{"Pod":{},"\xed\xa0\x80":1}', "$", 11, "not UTF-8"),
        (b"\x1f\x8b\x08\x00", "$", 1, "not UTF-8"),
        (b'{"Pod":{}} {"Pod":{}}', "$", 11, "goes on after its JSON value, from byte 11 of 21"),
        (b'{"Pod":{}}x', "$", 10, "goes on after its JSON value, from byte 10 of 11"),
        (b'{"Pod":{}}\x00', "$", 10, "goes on after its JSON value"),
    ],
)
def test_broken_texts(body: bytes, path: str, offset: int, says: str) -> None:
    """A text that is no JSON: at which byte, in which member, and what would be right."""
    error = refusal(body)
    assert (error.path, error.offset) == (path, offset)
    assert says in str(error)
    assert "expected ExtenderArgs" in str(error)


def test_every_truncation_is_told_as_such() -> None:
    """Wherever a request is cut off, the message says so, with the byte."""
    whole = NODES.rstrip()
    for end in range(1, len(whole)):
        error = refusal(whole[:end])
        assert f"cut off after byte {end}, in $" in str(error)


@pytest.mark.parametrize("depth", [10_000, 1_000_000])
@pytest.mark.parametrize(
    ("before", "opening", "closing", "after", "path"),
    [
        (b'{"Pod":', b"[", b"]", b"}", "$.Pod[0][0][0][0][0][0][0]…"),
        (b'{"Pod":', b'{"a":', b"}", b"}", "$.Pod.a.a.a.a.a.a.a…"),
        (b'{"Pod":{},"x":', b"[", b"]", b"}", "$.x[0][0][0][0][0][0][0]…"),
        (b'{"Pod":{},"NodeNames":', b"[", b"]", b"}", "$.NodeNames[0][0][0][0][0][0][0]…"),
        (b'{"Pod":{},"Nodes":{"items":', b"[", b"]", b"}}", "$.Nodes.items[0][0][0][0][0][0]…"),
        (b'{"Pod":{},"Nodes":', b'{"Items":', b"}", b"}", "$.Nodes" + ".Items" * 7 + "…"),
        (b"", b"[", b"]", b"", "$"),
    ],
)
def test_deep_nesting(
    depth: int, before: bytes, opening: bytes, closing: bytes, after: bytes, path: str
) -> None:
    """Nesting beyond reason is refused and ends no process, in the stack of a server's thread."""
    body = before + opening * depth + (b"1" if b":" in opening else b"") + closing * depth + after
    caught: list[ProtocolError] = []

    def decode() -> None:
        try:
            decode_args(body)
        except ProtocolError as error:
            caught.append(error)

    former = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=decode)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(former)
    decode()
    for error in caught:
        assert error.path == path
    assert len(caught) == 2


def test_deep_nesting_far_behind() -> None:
    """Where the depth begins beyond what is looked at, the message does without the place."""
    body = b'{"x":"' + b"a" * 5_000_000 + b'","Pod":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert "nested too deeply: more than 100 levels; expected" in str(refusal(body))


def test_ordinary_nesting_passes() -> None:
    """A hundred levels are no problem."""
    body = b'{"Pod":' + b'{"a":' * 100 + b"1" + b"}" * 100 + b',"NodeNames":["a"]}'
    assert texts(decode_args(body)) == ["a"]


def test_nothing_but_protocol_errors() -> None:
    """Mangled requests decode or raise ProtocolError, and only truncated ones are called so."""
    rng = random.Random(20)  # noqa: S311 - a repeatable test
    seeds = [
        NAMES,
        NODES,
        b'{"pod":{"\\ud83d\\ude00":"\\udc00"},"nodeNAMES":["a"],"Nodes":{"ITEMS":[]}}',
        '{"Pod":{"é":"😀"},"NodeNames":["é"],"Nodes":null}'.encode(),
    ]
    alphabet = b'{}[]",:\\ud8\x00\xff\xc3 0aNnulltrue\n-.eE'
    for _ in range(20_000):
        body = bytearray(rng.choice(seeds))
        for _ in range(rng.randrange(1, 5)):
            at = rng.randrange(len(body) + 1)
            match rng.randrange(4):
                case 0:
                    del body[at : at + rng.randrange(1, 9)]
                case 1:
                    body[at:at] = bytes(rng.choices(alphabet, k=rng.randrange(1, 4)))
                case 2:
                    del body[at:]
                case _:
                    start = rng.randrange(len(body) + 1)
                    body[at:at] = body[start : start + rng.randrange(1, 30)]
        try:
            args = decode_args(bytes(body))
        except ProtocolError as error:
            if "cut off" in str(error):
                with pytest.raises(json.JSONDecodeError):
                    json.loads(body)
        else:
            assert isinstance(json.loads(bytes(args.pod)), dict)


def test_messages_stay_short() -> None:
    """However large the request, its error fits an event's note of 1024 bytes."""
    key = b'"' + b"k/" * 5000 + b'"'
    body = b'{"Pod":' + (b"{" + key + b":") * 40
    assert len(str(refusal(body)).encode()) < 1024
