"""ImagePropertiesWeigher: hosts by pods with the same image properties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from extender.model.host_parts import Instance
from extender.model.host_state import HostState
from extender.model.image_pairs import MOST_PAIRS
from extender.model.options import SchedulerOptions
from extender.model.request_spec import ImageMeta, RequestSpec
from extender.scheduler.weighing import normalise
from extender.weighers.image_properties import ImagePropertiesWeigher
from tests.builders import aggregate, host, spec, table

UBUNTU, DEBIAN = ("os_distro", "ubuntu"), ("os_distro", "debian")
PMU, GOLD = ("hw_pmu", "True"), ("tier", "gold")
ON = SchedulerOptions(image_props_weight_multiplier=1.0)


def pod(uuid: str, *pairs: tuple[str, str]) -> Instance:
    """A pod with these image properties."""
    return Instance(uuid, "default", uuid, image_properties=pairs)


def node(name: str, *pods: Sequence[tuple[str, str]]) -> HostState:
    """A host with one pod for each list of image properties."""
    found = [pod(f"{name}-{n}", *pairs) for n, pairs in enumerate(pods)]
    return host(name, instances={one.uuid: one for one in found})


def asking(others: Mapping[str, str] | None = None, **properties: object) -> RequestSpec:
    """A request for an image with these properties."""
    return spec(image=ImageMeta(properties=properties, others=others or {}))


def weighed(
    asked: RequestSpec, *hosts: HostState, setting: tuple[tuple[str, float], ...] = ()
) -> list[float]:
    """The raw weights."""
    options = SchedulerOptions(
        image_props_weight_multiplier=1.0, image_props_weight_setting=setting
    )
    raw = ImagePropertiesWeigher(options).weigh_objects(table(*hosts), asked)
    found: list[float] = raw.tolist()
    return found


def test_pods_that_have_the_property_too() -> None:
    """Each counts once for each property that it shares, name and text."""
    hosts = (
        node("a", [UBUNTU, PMU], [UBUNTU], [DEBIAN]),
        node("b", [DEBIAN], []),
        node("c"),
        node("d", [PMU], [PMU], [("os_type", "ubuntu")]),
    )
    assert weighed(asking(os_distro="ubuntu", hw_pmu=True), *hosts) == [3.0, 0.0, 0.0, 2.0]
    assert weighed(asking(os_distro="debian"), *hosts) == [1.0, 1.0, 0.0, 0.0]


def test_names_that_nova_does_not_know() -> None:
    """They count like the others."""
    hosts = (node("a", [GOLD], [GOLD, UBUNTU]), node("b", [UBUNTU]))
    assert weighed(asking({"tier": "gold"}, os_distro="ubuntu"), *hosts) == [3.0, 1.0]


def test_an_image_without_properties() -> None:
    """All hosts weigh the same."""
    assert weighed(asking(), node("a", [UBUNTU]), node("b")) == [0.0, 0.0]
    assert weighed(asking(os_distro="ubuntu")) == []


def test_setting() -> None:
    """Weights by property; where there are some, properties without one do not count."""
    hosts = (node("a", [UBUNTU, PMU], [UBUNTU, GOLD]), node("b", [PMU], [PMU]))
    asked = asking({"tier": "gold"}, os_distro="ubuntu", hw_pmu=True)
    setting = (("os_distro", 2.0), ("hw_pmu", -0.5), ("other", 7.0))
    assert weighed(asked, *hosts, setting=setting) == [3.5, -1.0]
    assert weighed(asked, *hosts, setting=(("other", 7.0),)) == [0.0, 0.0]
    assert weighed(asked, *hosts, setting=(("os_distro", 0.0),)) == [0.0, 0.0]


def test_a_name_that_is_set_twice() -> None:
    """The last counts, as in Nova."""
    setting = (("os_distro", 2.0), ("os_distro", 3.0))
    assert weighed(asking(os_distro="ubuntu"), node("a", [UBUNTU]), setting=setting) == [3.0]


def test_off_unless_the_option_says_otherwise() -> None:
    """With the default 0.0 nothing is counted, whatever an aggregate says, as in Nova."""
    eager = host(
        "b",
        aggregates=(aggregate(image_props_weight_multiplier="5"),),
        instances={"u": pod("u", UBUNTU)},
    )
    hosts, asked = table(node("a"), eager), asking(os_distro="ubuntu")
    off = ImagePropertiesWeigher()
    assert off.weigh_objects(hosts, asked).tolist() == [0.0, 0.0]
    on = ImagePropertiesWeigher(ON)
    assert on.weigh_objects(hosts, asked).tolist() == [0.0, 1.0]
    assert np.asarray(on.weight_multiplier(hosts)).tolist() == [1.0, 5.0]


def test_normalised() -> None:
    """Without minval: 1, 3 and 2 of them are 0, 1 and ½, and equal counts are all 0."""
    hosts = [
        node(name, *([UBUNTU] for _ in range(count)))
        for name, count in zip("abc", (1, 3, 2), strict=True)
    ]
    raw = ImagePropertiesWeigher(ON).weigh_objects(table(*hosts), asking(os_distro="ubuntu"))
    assert normalise(raw, None, None).tolist() == [0.0, 1.0, 0.5]
    assert normalise(np.array([2.0, 2.0]), None, None).tolist() == [0.0, 0.0]


def test_follows_the_pods() -> None:
    """Pods that come and go are counted; weights given before stay as they were."""
    hosts, asked = table(node("a", [UBUNTU]), node("b")), asking(os_distro="ubuntu")
    weigher = ImagePropertiesWeigher(ON)
    before = weigher.weigh_objects(hosts, asked)
    second = hosts.host_state(1)
    second.add_instance(pod("new", UBUNTU))
    second.add_instance(pod("newer", UBUNTU))
    hosts.usage_changed(second)
    assert weigher.weigh_objects(hosts, asked).tolist() == [1.0, 2.0]
    second.remove_instance("new")
    hosts.usage_changed(second)
    assert weigher.weigh_objects(hosts, asked).tolist() == [1.0, 1.0]
    assert before.tolist() == [1.0, 0.0]
    assert before.flags.writeable


def test_two_settings_do_not_share() -> None:
    """Weighers of different settings on one table give their own weights."""
    hosts, asked = table(node("a", [UBUNTU])), asking(os_distro="ubuntu")
    doubled = SchedulerOptions(
        image_props_weight_multiplier=1.0, image_props_weight_setting=(("os_distro", 2.0),)
    )
    assert ImagePropertiesWeigher(ON).weigh_objects(hosts, asked).tolist() == [1.0]
    assert ImagePropertiesWeigher(doubled).weigh_objects(hosts, asked).tolist() == [2.0]


@pytest.mark.parametrize("many", [MOST_PAIRS, MOST_PAIRS + 1, 500])
def test_so_many_properties_count(many: int) -> None:
    """The first by name, of the request as of the pods."""
    names = [f"p{number:03}" for number in range(many)]
    pairs = [(name, "x") for name in names]
    assert weighed(asking(dict.fromkeys(names, "x")), node("a", pairs)) == [MOST_PAIRS]
