"""Writes docs/reference/annotations.md from the table in extender/translate/annotations.py.

``python docs/generate_annotations.py`` writes the page; with ``--check`` it writes nothing and
ends with status 1 when the page is not what the table says.
"""

from __future__ import annotations

import sys
from pathlib import Path

from extender.translate.annotations import PREFIX, TABLE, Annotation, On
from extender.translate.ratio import ACCEPTED as RATIO
from extender.translate.readers import DEEPEST, LARGEST_VALUE

PAGE = Path(__file__).parent / "reference" / "annotations.md"

HEAD = f"""\
<!-- Written by docs/generate_annotations.py: change extender/translate/annotations.py instead. -->

# Annotations and labels

nova-extender reads what Nova keeps in its request and its database from annotations of pods and
nodes. Their names are Nova's, with `{PREFIX}` before them.

## How values are written

| Type | Written as |
|---|---|
| text | as it is |
| list | `a,b`, or a JSON list of texts |
| object | a JSON object; no name twice, numbers finite |
| boolean | `true` or `false` |
| ratio | {RATIO} |
| integer | a whole number, 0 or more |

Blanks around a value, and around the items of a list, are dropped. An empty value is as good as
no annotation. A value has at most {LARGEST_VALUE // 1024} KiB, and its lists and objects stand at
most {DEEPEST} deep within one another.

A value that cannot be understood is never guessed at:

* On a **pod**, every node refuses the pod with the reason `invalid_annotation`; the detail names
  the annotation, what is wrong with it and what is accepted. A pod that already runs keeps its
  place: its requests count, its unreadable `flavor` or `server_group` does not.
* On a **node**, the filters that read the annotation refuse that node with the reason
  `invalid_host_annotation`; all other filters judge it as usual.

Whoever may create a pod may write its annotations. Annotations marked for `admin_namespaces` are
honoured in the namespaces of that option only (none by default); elsewhere the pod is refused
with the reason `forcing_not_allowed`. A kubelet may write annotations and labels of its own node.
"""

PARTS = (
    (On.POD, "Pods", "Annotation"),
    (On.NODE, "Nodes", "Annotation"),
    (On.LABEL, "Node labels", "Label"),
)


def page() -> str:
    """The page as the table says it should be."""
    parts = [HEAD]
    for kind, title, column in PARTS:
        lines = [
            f"## {title}",
            "",
            f"| {column} | Type | Default | Meaning | Example | Set by |",
            "|---|---|---|---|---|---|",
            *(_row(row) for row in TABLE if row.object is kind),
        ]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _row(row: Annotation) -> str:
    cells = (f"`{row.key}`", row.type, row.default, row.meaning, f"`{row.example}`", row.set_by)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` only say whether it is stale."""
    if arguments not in ([], ["--check"]):
        print("usage: generate_annotations.py [--check]", file=sys.stderr)
        return 2
    if not arguments:
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        print(
            f"{PAGE.parent.name}/{PAGE.name} is stale: run python docs/generate_annotations.py",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
