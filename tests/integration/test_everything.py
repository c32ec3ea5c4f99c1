"""The configuration that names every filter and weigher, checked and put to work."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import yaml

from extender.cli.assembly import build_engine, build_scheduler
from extender.cli.sources import load_file
from extender.config.load import load
from extender.filters import all_filters
from extender.scheduler.selection import NoValidHost
from extender.translate.objects import decode_pod
from extender.verbs.simulate import simulate
from extender.weighers import all_weighers

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "deploy" / "examples" / "everything.yaml"
POD = CONFIG.with_name("pod-everything.yaml")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of nova-extender, as the comment in the file has it."""
    return subprocess.run(
        [sys.executable, "-m", "extender.cli", *arguments],
        cwd=ROOT,
        env={"COLUMNS": "200", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_class_is_named_once() -> None:
    """Each filter by its name, and each weigher by a path of Nova's, and they are found so."""
    config = load(str(CONFIG)).config
    enabled = config.filter_scheduler.enabled_filters
    assert sorted(enabled) == sorted(cls.name() for cls in all_filters())
    paths = config.filter_scheduler.weight_classes
    assert all(re.fullmatch(r"nova\.scheduler\.weights\.\w+\.\w+Weigher", path) for path in paths)
    made = [type(weigher) for weigher in build_scheduler(config).weighers]
    assert len(made) == len(paths)
    assert set(made) == set(all_weighers())


def test_the_configuration_is_in_order() -> None:
    """``config check`` accepts it, and has nothing to remark."""
    checked = run("config", "check", str(CONFIG))
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.rstrip().endswith("is valid")


def test_a_pod_gets_through_every_filter() -> None:
    """``simulate`` prints a line for each, in the order of the file, and places the pod."""
    found = run("simulate", "-f", str(POD), "--config", str(CONFIG))
    assert found.returncode == 0, found.stdout + found.stderr
    assert "Traceback" not in found.stdout + found.stderr
    assert found.stdout.startswith("1 instance placed.\n")
    filters = found.stdout.partition("\nFilters\n")[2].partition("\n\n")[0]
    names = [line.split()[0] for line in filters.splitlines()[1:]]
    assert names == ["pre_stage", *load(str(CONFIG)).config.filter_scheduler.enabled_filters]


@pytest.mark.parametrize(
    ("said", "instead", "emptied_by"),
    [
        ("api-0", "train-0", "SameHostFilter"),
        ("web-0", "api-1", "DifferentHostFilter"),
        ("10.0.0.1", "10.0.1.1", "SimpleCIDRAffinityFilter"),
        ("amd64", "arm64", "ImagePropertiesFilter"),
        ("containerd", "docker", "ComputeCapabilitiesFilter"),
        ('"$num_instances", 10', '"$num_instances", 1', "JsonFilter"),
        ('cpu: "2"', "cpu: 1999m", "ExactCoreFilter"),
        ("20Gi", "19Gi", "ExactRamFilter"),
        ("200Gi", "199Gi", "ExactDiskFilter"),
    ],
)
def test_what_the_pod_says_counts(said: str, instead: str, emptied_by: str) -> None:
    """Each thing that it says is needed: with another in its place that filter refuses the node."""
    text = POD.read_text()
    assert text.count(said) == 1
    engine = build_engine(load(str(CONFIG)).config)
    load_file(engine, "example", lambda _: None)
    pod = decode_pod(msgspec.json.encode(yaml.safe_load(text.replace(said, instead))))
    with pytest.raises(NoValidHost) as refused:
        simulate(engine, pod, 1)
    assert refused.value.cycles[0].filtered.steps[-1].name == emptied_by
