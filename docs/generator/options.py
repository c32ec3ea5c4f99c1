"""The page of the options, from the typed configuration."""

from __future__ import annotations

from extender.config.describe import OptionRow, options_table
from extender.config.dormant import DORMANT
from extender.config.options import Config
from generator.markdown import code, head, releases, table

_INTRODUCTION = """
The configuration is one YAML file, `nova-extender serve --config FILE`: groups of options, under
Nova's names. Every option may be left out. `nova-extender config defaults` prints a file with all
of them, `config show FILE` what is in effect, `config check FILE` everything that is wrong with a
file, `config schema` its JSON Schema for editors.

`serve` looks at the file every few seconds, and on SIGHUP. Nova's groups and `plugins` take effect
at once; `kubernetes` and `server` with the next start, and the log says so. A file that is not in
order changes nothing: the log says why, and `nova_extender_config_reload_success` is 0.

Numbers and booleans are YAML 1.2: `on` and `yes` are texts. A list may also be one text with commas
between its items, as in Nova's own files. Older names stood in Nova's group `DEFAULT`; they are
read there, with a notice.
"""

_DORMANT = """\
## Nova's options without effect

An operator's own options can be pasted in: those below are read, change nothing, and a notice says
why. Any other name is an error that shows the nearest known one.
"""


def page() -> str:
    """The page as the configuration's model says it should be."""
    groups: dict[str, list[OptionRow]] = {}
    for row in options_table():
        groups.setdefault(row.group, []).append(row)
    return "\n".join(
        [
            head("Options", "the groups in extender/config/").rstrip("\n"),
            _INTRODUCTION,
            *(_group(name, rows) for name, rows in groups.items()),
            _DORMANT,
            _dormant(),
        ]
    )


def _dormant() -> str:
    """A row for each group and cause."""
    rows: dict[tuple[str, str], list[str]] = {}
    for group, names in DORMANT.items():
        for name, why in names.items():
            rows.setdefault((group, why), []).append(code(name))
    return table(
        ("Group", "Options", "Why they have no effect here"),
        ((code(group), ", ".join(names), why) for (group, why), names in rows.items()),
    )


def _group(name: str, rows: list[OptionRow]) -> str:
    field = Config.model_fields.get(name)
    about = (field.description or "") if field else ""
    lines = table(
        ("Option", "Default", "Accepted", "Meaning", "Nova"),
        (
            (
                code(row.name) if row.name != "*" else "any name",
                code(row.default),
                row.limits,
                row.description,
                _nova(row),
            )
            for row in rows
        ),
    )
    return f"## {name}\n\n{about}\n\n{lines}"


def _nova(row: OptionRow) -> str:
    parts = [
        releases(row.nova_since, row.nova_until),
        f"default {row.nova_default}" if row.nova_default else "",
        f"older name `{row.legacy_name}`" if row.legacy_name else "",
    ]
    return "; ".join(part for part in parts if part)
