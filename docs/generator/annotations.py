"""The page of the annotations and labels, from their table."""

from __future__ import annotations

from extender.translate.annotations import PREFIX, TABLE, Annotation, On
from extender.translate.ratio import ACCEPTED as RATIO
from extender.translate.readers import DEEPEST, LARGEST_VALUE
from generator.markdown import code, head, table

_INTRODUCTION = f"""
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
with the reason `forcing_not_allowed`. The chart's annotation guard refuses them sooner, as they are
written, and keeps what the extender writes to the extender. A kubelet may write annotations and
labels of its own node.
"""

PARTS = (
    (On.POD, "Pods", "Annotation"),
    (On.NODE, "Nodes", "Annotation"),
    (On.LABEL, "Node labels", "Label"),
)


def page() -> str:
    """The page as the table says it should be."""
    title = head("Annotations and labels", "extender/translate/annotations.py")
    parts = [title.rstrip("\n"), _INTRODUCTION]
    for kind, name, column in PARTS:
        columns = (column, "Type", "Default", "Meaning", "Example", "Set by")
        rows = [_cells(row) for row in TABLE if row.object is kind]
        parts.append(f"## {name}\n\n{table(columns, rows)}")
    return "\n".join(parts)


def _cells(row: Annotation) -> tuple[str, ...]:
    return code(row.key), row.type, row.default, row.meaning, code(row.example), row.set_by
