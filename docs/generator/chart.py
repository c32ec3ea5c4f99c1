"""The page of the chart, from its values, its schema and what it says about itself."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from generator.markdown import code, head, table
from generator.values import values

CHART = Path(__file__).parents[2] / "charts" / "nova-extender"
RELEASE = "nova-extender"

_FROM = "charts/nova-extender/values.yaml, values.schema.json or Chart.yaml"

_INTRODUCTION = """
{description}.

* Version of the chart: {version}
* Version of nova-extender: {appVersion}
* Kubernetes: `{kubeVersion}`

What it installs, and which of its two modes is for you: [Install it](../../docs/install.md). More
pages: [overcommit](../../docs/overcommit.md), [monitoring](../../docs/monitoring.md), [options of
the extender](../../docs/reference/options.md), [annotations](../../docs/reference/annotations.md).

## Install

```sh
helm install {release} {chart} --namespace {release} --create-namespace
```

Its notes say what to do next; `helm get notes` repeats them. Whether it works:

```sh
helm test {release} --namespace {release}
```

## Change and upgrade

```sh
helm upgrade {release} {chart} --namespace {release} --values my-values.yaml
```

The custom resource definitions are upgraded with the rest. A value that does not exist, or is not
accepted, is refused before anything is changed. To go back to the revision before:

```sh
helm rollback {release} --namespace {release}
```

## Uninstall

```sh
helm uninstall {release} --namespace {release}
```

Where nodes are amplified, that is refused while pods request more than a node has of its own
(`overcommit.uninstallCheck`); [Overcommit](../../docs/overcommit.md) says what to do.

What stays is the kinds and all objects of them, which the next install finds again. To delete them
for good:

```sh
kubectl delete customresourcedefinitions \\
  {definitions}
```

## Values
"""


def page(chart: Path = CHART) -> str:
    """The page as the chart's files say it should be."""
    about = yaml.safe_load((chart / "Chart.yaml").read_text(encoding="utf-8"))
    schema = json.loads((chart / "values.schema.json").read_text(encoding="utf-8"))
    introduction = _INTRODUCTION.format(
        **about,
        release=RELEASE,
        chart="charts/nova-extender",
        definitions=" \\\n  ".join(_definitions(chart)),
    )
    text = (chart / "values.yaml").read_text(encoding="utf-8")
    rows = [(code(one.name), code(one.default), one.meaning) for one in values(text, schema)]
    return "\n".join(
        [
            head(about["name"], _FROM).rstrip("\n"),
            introduction,
            table(("Value", "Default", "Meaning"), rows),
        ]
    )


def _definitions(chart: Path) -> list[str]:
    """The names of the custom resource definitions that the chart has."""
    files = sorted((chart / "files" / "crds").glob("*.yaml"))
    return [yaml.safe_load(file.read_text(encoding="utf-8"))["metadata"]["name"] for file in files]
