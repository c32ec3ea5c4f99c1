"""IsolatedHostsFilter: some images on some hosts, and nothing else there."""

from __future__ import annotations

import numpy as np
import pytest

from extender.filters.isolated_hosts_filter import IsolatedHostsFilter
from extender.model.host_parts import Unreadable
from extender.model.options import SchedulerOptions
from extender.model.request_spec import ImageMeta, RequestSpec
from tests.builders import host, reason, reasons, spec, table

NEEDS = "image_needs_isolated_host"
TAKEN = "host_is_isolated"
VAULT = "registry.example/vault:1"
WEB = "registry.example/web:2"


def made(
    images: tuple[str, ...] = (VAULT,),
    hosts: tuple[str, ...] = ("safe",),
    *,
    restrict: bool = True,
) -> IsolatedHostsFilter:
    """The filter with these options."""
    return IsolatedHostsFilter(
        SchedulerOptions(
            isolated_images=images,
            isolated_hosts=hosts,
            restrict_isolated_hosts_to_isolated_images=restrict,
        )
    )


def running(*images: str) -> RequestSpec:
    """A pod whose containers have these images."""
    return spec(images=images, image=ImageMeta(id=images[0] if images else None))


def judged(judge: IsolatedHostsFilter, asked: RequestSpec) -> list[str | None]:
    """The verdicts on an isolated host and on another."""
    return reasons(judge, table(host("safe"), host("plain")), asked)


@pytest.mark.parametrize(
    ("restrict", "image", "safe", "plain"),
    [
        # Nova's table: restricted, image and host must both be isolated or both not;
        # else only an isolated image is bound.
        (True, VAULT, None, NEEDS),
        (True, WEB, TAKEN, None),
        (False, VAULT, None, NEEDS),
        (False, WEB, None, None),
    ],
)
def test_truth_table(restrict: bool, image: str, safe: str | None, plain: str | None) -> None:
    """One image, isolated or not, on a host that is or is not."""
    assert judged(made(restrict=restrict), running(image)) == [safe, plain]


@pytest.mark.parametrize(("restrict", "safe"), [(True, TAKEN), (False, None)])
def test_no_isolated_images(restrict: bool, safe: str | None) -> None:
    """Isolated hosts refuse all then, where they are restricted."""
    for asked in (running(VAULT), running(WEB, VAULT), running()):
        assert judged(made((), restrict=restrict), asked) == [safe, None]


@pytest.mark.parametrize(("restrict", "safe"), [(True, TAKEN), (False, None)])
def test_request_without_an_image(restrict: bool, safe: str | None) -> None:
    """It is not isolated, as in Nova since 18.0.0; nor is an image that is an empty text."""
    assert judged(made(restrict=restrict), running()) == [safe, None]
    assert judged(made(("", VAULT), restrict=restrict), running("")) == [safe, None]


def test_no_isolated_hosts() -> None:
    """An isolated image has nowhere to go then, and others go everywhere."""
    assert judged(made(hosts=()), running(VAULT)) == [NEEDS, NEEDS]
    assert judged(made(hosts=()), running(WEB)) == [None, None]


@pytest.mark.parametrize(
    ("images", "restricted", "free"),
    [
        ((VAULT, VAULT), [None, NEEDS], [None, NEEDS]),
        ((WEB, WEB), [TAKEN, None], [None, None]),
        # a second container gets round neither rule
        ((WEB, VAULT), [TAKEN, NEEDS], [None, NEEDS]),
        ((VAULT, WEB), [TAKEN, NEEDS], [None, NEEDS]),
        ((VAULT, WEB, VAULT), [TAKEN, NEEDS], [None, NEEDS]),
    ],
)
def test_every_container_counts(
    images: tuple[str, ...], restricted: list[str | None], free: list[str | None]
) -> None:
    """One isolated image binds the pod, one other bars it from isolated hosts."""
    assert judged(made(), running(*images)) == restricted
    assert judged(made(restrict=False), running(*images)) == free


def test_several_isolated_images() -> None:
    """A pod of several of them is isolated as a whole."""
    assert judged(made((VAULT, WEB)), running(WEB, VAULT)) == [None, NEEDS]


def test_first_image_alone() -> None:
    """Where a request names but one image, it counts."""
    assert judged(made(), spec(image=ImageMeta(id=VAULT))) == [None, NEEDS]
    assert judged(made(), spec(image=ImageMeta(id=WEB))) == [TAKEN, None]


@pytest.mark.parametrize(
    "image", ["registry.example/vault", "registry.example/vault:1 ", VAULT.upper(), "vault:1", "*"]
)
def test_images_are_whole_texts(image: str) -> None:
    """An image is compared as the pod writes it."""
    assert judged(made(), running(image)) == [TAKEN, None]


def test_hosts_are_whole_names() -> None:
    """Case and all; one that is not there does no harm."""
    hosts = table(host("safe"), host("Safe"), host("safe-1"), host("other"))
    judge = made(hosts=("safe", "other", "gone"))
    assert reasons(judge, hosts, running(VAULT)) == [None, NEEDS, NEEDS, None]
    view = hosts.take(np.array([3, 1], dtype=np.intp))
    assert reasons(judge, view, running(VAULT)) == [None, NEEDS]


def test_unreadable_annotations_do_not_matter() -> None:
    """It reads none."""
    assert reason(made(), host("safe", unreadable=~Unreadable(0)), running(VAULT)) is None


def test_once_per_request_and_on_rebuild() -> None:
    """All instances have one image, and a rebuild may bring another."""
    assert not made().run_filter_for_index(1)
    assert IsolatedHostsFilter.RUN_ON_REBUILD


@pytest.mark.parametrize(
    ("images", "restrict", "need"),
    [
        ((VAULT,), True, "an isolated host"),
        ((VAULT,), False, "an isolated host"),
        ((WEB,), True, "no isolated host"),
        ((WEB,), False, "any"),
        ((WEB, VAULT), True, "an isolated host for some images, another for the rest"),
        ((WEB, VAULT), False, "an isolated host"),
    ],
)
def test_explains_the_need(images: tuple[str, ...], restrict: bool, need: str) -> None:
    """In words for each line of the table, and what the host is."""
    judge = made(restrict=restrict)
    for name, have in (("safe", "isolated"), ("plain", "not isolated")):
        facts = judge.explain(host(name), running(*images))
        assert (facts.need, facts.have, facts.short_by) == (need, have, None)


def test_explains_sources() -> None:
    """The pod's isolated images, each once, and the options."""
    facts = made().explain(host("plain"), running(WEB, VAULT, VAULT))
    group = "option filter_scheduler."
    restrict = "restrict_isolated_hosts_to_isolated_images"
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("isolated images", VAULT, f"of the pod, by {group}isolated_images"),
        ("isolated_hosts", "safe", f"{group}isolated_hosts"),
        (restrict, "true", f"{group}{restrict}"),
    ]
    facts = made(hosts=(), restrict=False).explain(host("plain"), running())
    assert [source.value for source in facts.sources] == ["none", "none", "false"]


def test_explains_many() -> None:
    """Ten are named, the others counted."""
    hosts = tuple(f"n{n:02}" for n in range(12))
    facts = made(hosts=hosts).explain(host("n00"), running(WEB))
    assert facts.sources[1].value == ", ".join(hosts[:10]) + " and 2 more"
