"""From YAML text to plain Python values: bounded in size and depth, every key once.

Scalars are read by the core schema of YAML 1.2: ``on`` and ``no`` are text, ``010`` is no number.
Numbers with a point or an exponent stay text (``FloatText``), for ratios are exact fractions of
what was written.
"""

from __future__ import annotations

import re
from typing import NoReturn

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from extender.config.problems import ConfigError, Problem
from extender.config.values import FloatText, cut

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
MAX_VALUES = 20_000
_A_MAPPING = "a YAML mapping of option groups, such as 'scheduler: {max_attempts: 3}'"

_TAG = "tag:yaml.org,2002:"
FLOAT = re.compile(
    r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z",
)
FLOAT_STARTS = list("-+.0123456789")
_SCALARS = {
    "null": (re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""]),
    "bool": (re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")),
    # No more digits than any option can use, so that none is too long for Python to read.
    "int": (re.compile(r"[-+]?(?:0|[1-9][0-9]{0,39})\Z"), list("-+0123456789")),
    "float": (FLOAT, FLOAT_STARTS),
}


class _BoundError(yaml.MarkedYAMLError):
    """The document is YAML, and more of it than is read."""


class _Loader(yaml.BaseLoader):
    """PyYAML's parser with the scalars of the core schema and with bounds."""

    depth = 0
    values = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        """Compose a node, unless the document has grown too deep or too large by now."""
        self.depth += 1
        self.values += 1
        if self.depth > MAX_DEPTH:
            self._refuse(f"nested deeper than {MAX_DEPTH} levels")
        if self.values > MAX_VALUES:
            self._refuse(f"more than {MAX_VALUES} values")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _refuse(self, why: str) -> NoReturn:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # the stubs lack it
        raise _BoundError(problem=why, problem_mark=mark)


for _name, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(_TAG + _name, _pattern, _first)


def read_document(text: str, source: str = "") -> tuple[dict[str, object], list[Problem]]:
    """The mapping the text holds, and what is wrong with its keys and tags.

    Raises:
        ConfigError: It is too large, is not YAML, or holds no mapping.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ConfigError([too_large()], source)
    try:
        root = _compose(text)
        reader = _Reader()
        tree = {} if root is None else reader.value(root, "", 1)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        why = f"not YAML at line {line}, column {column}: {error.reason}"
        raise ConfigError([Problem("", why, _A_MAPPING)], source) from error
    except yaml.MarkedYAMLError as error:
        raise ConfigError([_not_yaml(error)], source) from error
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        # PyYAML lets a few of Python's own errors through, as for a "\UFFFFFFFF".
        raise ConfigError([Problem("", f"not YAML: {cut(str(error))}", _A_MAPPING)], source) from (
            error
        )
    if tree is None:
        tree = {}
    if not isinstance(tree, dict):
        kind = "a list" if isinstance(tree, list) else "a single value"
        raise ConfigError([Problem("", f"the file holds {kind}", _A_MAPPING)], source)
    return tree, reader.problems


def too_large() -> Problem:
    """The problem of a file beyond the bound."""
    return Problem("", f"the file is larger than {MAX_BYTES} bytes", "at most 1 MiB of YAML")


def _compose(text: str) -> Node | None:
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _not_yaml(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    why = ", ".join(cut(part) for part in (error.context, error.problem) if part)
    bound = isinstance(error, _BoundError)
    accepted = f"at most {MAX_DEPTH} levels and {MAX_VALUES} values" if bound else _A_MAPPING
    return Problem("", f"{'too much' if bound else 'not YAML'}{place}: {why}", accepted)


class _Reader:
    """Turns nodes into values, counting as if every alias were written out."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._values = 0

    def value(self, node: Node, path: str, depth: int) -> object:
        self._values += 1
        if depth > MAX_DEPTH or self._values > MAX_VALUES:
            # Only aliases come here: the composer has held the same bounds on what is written.
            raise _BoundError(
                problem="aliases that hold themselves or grow without bound",
                problem_mark=node.start_mark,
            )
        tag = node.tag.removeprefix(_TAG)
        if isinstance(node, MappingNode) and tag == "map":
            return self._mapping(node, path, depth)
        if isinstance(node, SequenceNode) and tag == "seq":
            return [
                self.value(item, f"{path}[{index}]", depth + 1)
                for index, item in enumerate(node.value)
            ]
        if isinstance(node, ScalarNode) and (tag == "str" or tag in _SCALARS):
            return self._scalar(node, tag, path)
        self._problem(node, path, f"the tag {cut(node.tag)} is not read", "plain YAML without tags")
        return None

    def _mapping(self, node: MappingNode, path: str, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._problem(key, path, "a key is not a text", "keys that are names")
                continue
            name: str = key.value
            place = f"{path}.{cut(name)}" if path else cut(name)
            if name in lines:
                why = f"given again, first at line {lines[name]}"
                self._problem(key, place, why, "each name once; delete one of the two")
                continue
            lines[name] = key.start_mark.line + 1
            found[name] = self.value(value, place, depth + 1)
        return found

    def _scalar(self, node: ScalarNode, tag: str, path: str) -> object:
        text: str = node.value
        if tag == "str":
            return text
        if not _SCALARS[tag][0].match(text):
            # Only where the tag was written out, as in "!!int abc".
            self._problem(node, path, f'"{cut(text)}" is not of its tag {tag}', "a plain value")
            return None
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        return int(text) if tag == "int" else FloatText(text)

    def _problem(self, node: Node, path: str, why: str, accepted: str) -> None:
        mark = node.start_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}"
        self.problems.append(Problem(path, f"{why} ({place})", accepted))
