"""The configuration described: defaults with comments, values in effect, schema, docs table."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import yaml

from extender.config.document import FLOAT, FLOAT_STARTS
from extender.config.dormant import DORMANT, dormant_notice
from extender.config.options import PLUGINS, Config, Option, group_models, options
from extender.config.sieve import legacy_names
from extender.config.text_kinds import PluginTree

_WIDTH = 98
_SCHEMA = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionRow:
    """One row of the documentation's table of options; a cell that says nothing is empty.

    Attributes:
        group: Group in the file.
        name: Option in the group; ``*`` for the free names of group ``plugins``.
        type: Kind of the value.
        default: Default, as YAML.
        limits: What is accepted.
        legacy_name: Older name, with its group.
        description: One sentence.
        nova_since: Nova's release that brought the option.
        nova_until: Nova's release that removed it.
        nova_default: Nova's own default, where it is another.
    """

    group: str
    name: str
    type: str
    default: str
    limits: str
    legacy_name: str
    description: str
    nova_since: str
    nova_until: str
    nova_default: str


def options_table() -> list[OptionRow]:
    """A row for each option in effect, in the order of the file."""
    rows = [_row(option) for option in options()]
    rows.append(
        OptionRow(
            group=PLUGINS,
            name="*",
            type=PluginTree.name,
            default="{}",
            limits=PluginTree().accepted,
            legacy_name="",
            description=_describe_group(PLUGINS),
            nova_since="",
            nova_until="",
            nova_default="",
        ),
    )
    return rows


def defaults_yaml() -> str:
    """Every option in effect with its default, and what it means and accepts as comments.

    Read as a configuration, the text gives the defaults.
    """
    parts = []
    for group in group_models():
        parts.append(f"{_comment(_describe_group(group))}{group}:\n")
        for option in options():
            if option.group == group:
                entry = _dump({option.name: option.kind.write(option.default)})
                parts.append(textwrap.indent(_comments(option) + entry, "  ") + "\n")
    parts.append(f"{_comment(_describe_group(PLUGINS))}{PLUGINS}: {{}}\n")
    return "".join(parts)


def show_yaml(config: Config) -> str:
    """The effective configuration: every option, with the value in effect.

    Read as a configuration, the text gives the same configuration.
    """
    return _dump(config.model_dump())


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file: it takes whatever ``load`` takes, and names nothing else.

    Older names, and Nova's options that have no effect, are marked as deprecated.
    """
    schema = Config.model_json_schema(mode="validation")
    definitions: dict[str, dict[str, Any]] = schema.pop("$defs")
    properties: dict[str, dict[str, Any]] = {}
    for group, model in group_models().items():
        effective = definitions[model.__name__]["properties"]
        for option in options():
            if option.group == group:
                # As YAML writes it; pydantic would give an exact ratio as a text.
                effective[option.name]["default"] = option.kind.write(option.default)
        properties[group] = _group_schema(group, effective)
    for group in DORMANT:
        if group not in properties:
            properties[group] = _group_schema(group, {})
    plugins = {"anyOf": [PluginTree().schema(), {"type": "null"}]}
    properties[PLUGINS] = {"description": _describe_group(PLUGINS), **plugins}
    return {
        "$schema": _SCHEMA,
        "title": "Configuration of nova-extender",
        # A file whose lines are all comments is null.
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": properties,
    }


def _group_schema(group: str, effective: dict[str, dict[str, Any]]) -> dict[str, Any]:
    properties = {name: _without_title(entry) for name, entry in effective.items()}
    if group == "DEFAULT":
        kinds = {option.path: option.kind for option in options()}
        for older, (new_group, name) in legacy_names().items():
            properties[older] = {
                "description": f"The older name of {new_group}.{name}.",
                "deprecated": True,
                **kinds[f"{new_group}.{name}"].schema(),
            }
    for name, why in DORMANT.get(group, {}).items():
        notice = dormant_notice(f"{group}.{name}", why)
        properties[name] = {"description": f"{notice}.", "deprecated": True}
    schema: dict[str, Any] = {
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": properties,
    }
    description = _describe_group(group)
    return {"description": description, **schema} if description else schema


def _without_title(entry: dict[str, Any]) -> dict[str, Any]:
    """Without the title pydantic makes of the name: the name says it."""
    return {key: value for key, value in entry.items() if key != "title"}


def _row(option: Option) -> OptionRow:
    nova = option.nova
    return OptionRow(
        group=option.group,
        name=option.name,
        type=option.kind.name,
        default=_default_text(option),
        limits=option.kind.accepted,
        legacy_name=f"DEFAULT.{nova.legacy}" if nova and nova.legacy else "",
        description=option.description,
        nova_since=nova.since if nova else "",
        nova_until=nova.until if nova else "",
        nova_default=nova.default if nova else "",
    )


def _default_text(option: Option) -> str:
    """The default on one line."""
    written = option.kind.write(option.default)
    text = yaml.dump(written, Dumper=_Dumper, default_flow_style=True, width=10**6)
    # YAML marks the end of a document that is a single plain value.
    return text.removesuffix("...\n").strip()


def _describe_group(group: str) -> str:
    field = Config.model_fields.get(group)
    return (field.description or "") if field else ""


def _comments(option: Option) -> str:
    row = _row(option)
    lines = [row.description, f"Accepted: {row.limits}."]
    if row.nova_default:
        lines.append(f"Nova's default: {row.nova_default}.")
    if row.legacy_name:
        lines.append(f"Older name: {row.legacy_name}.")
    return "".join(_comment(line) for line in lines)


def _comment(text: str) -> str:
    wrapped = textwrap.wrap(text, _WIDTH - 4, break_on_hyphens=False, break_long_words=False)
    return "".join(f"# {line}\n" for line in wrapped)


class _Dumper(yaml.SafeDumper):
    """Writes text in quotes wherever YAML 1.1 or 1.2 would read it as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value out as often as it stands there."""
        del data
        return True


# Without a point, YAML 1.1 takes 1e5 for text; we, and YAML 1.2, for a number.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    FLOAT,
    FLOAT_STARTS,
)


def _dump(data: object) -> str:
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=_WIDTH)
