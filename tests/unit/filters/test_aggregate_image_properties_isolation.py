"""AggregateImagePropertiesIsolation: images that an aggregate admits."""

from __future__ import annotations

import pytest

from extender.filters.aggregate_image_properties_isolation import AggregateImagePropertiesIsolation
from extender.model.host_parts import Unreadable
from extender.model.options import SchedulerOptions
from extender.model.request_spec import ImageMeta, RequestSpec
from tests.builders import aggregate, host, reason, reasons, spec, table

REFUSED = "image_property_not_allowed"


def asking(**properties: object) -> RequestSpec:
    """A request for an image with these properties."""
    return spec(image=ImageMeta(properties=properties))


def judged(
    asked: RequestSpec,
    *metadata: dict[str, str],
    namespace: str | None = None,
    separator: str = ".",
) -> str | None:
    """The verdict on a host whose aggregates have this metadata."""
    options = SchedulerOptions(
        aggregate_image_properties_isolation_namespace=namespace,
        aggregate_image_properties_isolation_separator=separator,
    )
    aggregates = tuple(aggregate(f"a{n}", **given) for n, given in enumerate(metadata))
    return reason(AggregateImagePropertiesIsolation(options), host(aggregates=aggregates), asked)


@pytest.mark.parametrize(
    ("value", "listed", "found"),
    [
        ("ubuntu", "ubuntu", None),
        ("ubuntu", "debian", REFUSED),
        ("ubuntu", "debian, ubuntu", None),
        ("ubuntu", "Ubuntu", REFUSED),
        ("ubuntu", "ubuntu-24", REFUSED),
        ("ubuntu", "", REFUSED),
        ("debian, ubuntu", "debian, ubuntu", REFUSED),
        (True, "True", None),
        (True, "true", REFUSED),
        (4, "4", None),
        (4, "4.0", REFUSED),
        ([1, 2], "[1", REFUSED),
        ([1], "[1]", None),
    ],
)
def test_one_list(value: object, listed: str, found: str | None) -> None:
    """The text that Python makes of the value is one of the items, whole, case and all."""
    assert judged(asking(os_distro=value), {"os_distro": listed}) == found


@pytest.mark.parametrize("properties", [{}, {"os_type": "linux"}])
def test_an_image_without_the_property(properties: dict[str, object]) -> None:
    """It is welcome: isolation is one-sided, as in Nova."""
    assert judged(asking(**properties), {"os_distro": "ubuntu"}) is None


@pytest.mark.parametrize("value", [False, 0, "", []])
def test_a_property_that_is_false_or_empty(value: object) -> None:
    """It is not compared, as in Nova."""
    assert judged(asking(hw_pmu=value), {"hw_pmu": "True"}) is None


def test_names_that_nova_does_not_know() -> None:
    """Aggregates have other metadata too, and the image's further properties are not compared."""
    image = ImageMeta(properties={"os_distro": "ubuntu"}, others={"tier": "gold"})
    metadata = {"tier": "silver", "architecture": "aarch64", "availability_zone": "a"}
    assert judged(spec(image=image), metadata) is None


def test_several_aggregates() -> None:
    """What they list under a key is one list; every key must suit."""
    ubuntu, debian, linux = {"os_distro": "ubuntu"}, {"os_distro": "debian"}, {"os_type": "linux"}
    assert judged(asking(os_distro="debian"), ubuntu, debian) is None
    assert judged(asking(os_distro="debian", os_type="windows"), debian, linux) == REFUSED
    assert judged(asking(os_distro="debian", os_type="linux"), debian, linux) is None


@pytest.mark.parametrize(
    ("namespace", "separator", "found"),
    [
        (None, ".", REFUSED),
        ("", ".", REFUSED),
        ("hw", "_", REFUSED),
        ("hw_vm", "", REFUSED),
        ("os", "_", None),
        ("hw", ".", None),
    ],
)
def test_namespace(namespace: str | None, separator: str, found: str | None) -> None:
    """Only keys with the prefix count, and it stays part of the name: with "." none does."""
    metadata = {"hw_vm_mode": "hvm", "hw.hw_vm_mode": "hvm"}
    asked = asking(hw_vm_mode="exe")
    assert judged(asked, metadata, namespace=namespace, separator=separator) == found


def test_hosts_are_judged_apart() -> None:
    """Each by its own aggregates; hosts in none take any image."""
    ubuntu, debian = aggregate("u", os_distro="ubuntu"), aggregate("d", os_distro="debian")
    hosts = table(
        host("a", aggregates=(ubuntu,)),
        host("b", aggregates=(debian,)),
        host("c"),
        host("d", aggregates=(debian, ubuntu)),
    )
    judge = AggregateImagePropertiesIsolation()
    assert reasons(judge, hosts, asking(os_distro="ubuntu")) == [None, REFUSED, None, None]
    assert reasons(judge, hosts, asking(os_distro="debian")) == [REFUSED, None, None, None]


def test_a_host_that_comes_into_an_aggregate() -> None:
    """What is remembered of aggregates is theirs, not the hosts'."""
    hosts = table(host("a"))
    judge = AggregateImagePropertiesIsolation()
    assert reasons(judge, hosts, asking(os_distro="ubuntu")) == [None]
    hosts.put(host("a", aggregates=(aggregate("d", os_distro="debian"),)))
    assert reasons(judge, hosts, asking(os_distro="ubuntu")) == [REFUSED]


def test_unreadable_annotations_do_not_matter() -> None:
    """It reads none of the node."""
    one = host(unreadable=~Unreadable(0))
    assert reason(AggregateImagePropertiesIsolation(), one, asking(os_distro="ubuntu")) is None


def test_once_per_request_and_on_rebuild() -> None:
    """No instance of a request changes the answer; a new image may not suit the old host."""
    judge = AggregateImagePropertiesIsolation()
    assert not judge.run_filter_for_index(1)
    assert judge.RUN_ON_REBUILD


def test_explains() -> None:
    """What is not listed, the list, and each aggregate's own."""
    one = host(
        aggregates=(
            aggregate("one", os_distro="debian, fedora", os_type="linux"),
            aggregate("other", rack="7"),
            aggregate("two", os_distro="debian"),
        )
    )
    asked = asking(os_distro="ubuntu", os_type="linux", hw_vm_mode="exe")
    facts = AggregateImagePropertiesIsolation().explain(one, asked)
    assert (facts.need, facts.have) == ("os_distro=ubuntu", "os_distro=debian or fedora")
    pod = "pod annotation nova-extender.io/image_properties"
    assert [(s.name, s.value, s.where) for s in facts.sources] == [
        ("os_distro", "ubuntu", pod),
        ("os_type", "linux", pod),
        ("os_distro", "debian, fedora", "aggregate one"),
        ("os_distro", "debian", "aggregate two"),
        ("os_type", "linux", "aggregate one"),
    ]


def test_explains_a_host_that_admits_the_image() -> None:
    """The same, all of it suiting."""
    one = host(aggregates=(aggregate("one", os_distro="debian"),))
    facts = AggregateImagePropertiesIsolation().explain(one, asking(os_distro="debian"))
    assert (facts.need, facts.have) == ("os_distro=debian", "os_distro=debian")


def test_explains_a_host_that_admits_any() -> None:
    """Nothing is compared."""
    facts = AggregateImagePropertiesIsolation().explain(host(), asking(os_distro="debian"))
    assert (facts.need, facts.have, facts.sources) == (None, "any", ())
