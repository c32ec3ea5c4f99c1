"""The kind of value that names devices."""

from __future__ import annotations

import json
from typing import Any

import pytest

from extender.config.aliases import Aliases, DeviceAlias
from extender.config.values import FloatText, UnacceptableError
from extender.translate.extended import is_extended

A100 = {"name": "a100", "vendor_id": "10de", "product_id": "20b0"}
READ = DeviceAlias("a100", (("product_id", "20b0"), ("vendor_id", "10de")))


def read(value: object) -> tuple[DeviceAlias, ...]:
    """The aliases that are read."""
    return Aliases().read(value)


def refusal(value: object) -> str:
    """The message with which the value is refused."""
    with pytest.raises(UnacceptableError) as caught:
        read(value)
    return str(caught.value)


@pytest.mark.parametrize(
    "value", [A100, json.dumps(A100), [A100], [json.dumps(A100)], json.dumps([A100]), (A100,)]
)
def test_an_alias_in_every_form(value: object) -> None:
    """A mapping, Nova's JSON text, or a list of either."""
    assert read(value) == (READ,)
    assert READ.spec == (("product_id", "20b0"), ("vendor_id", "10de"))


@pytest.mark.parametrize("value", [[], (), "", "  ", [""], "[]"])
def test_no_aliases(value: object) -> None:
    """Nova's own default file has an empty one."""
    assert read(value) == ()


def test_aliases_of_a_name_are_alternatives() -> None:
    """All stay, in order, whichever form each has."""
    other = {"name": "a100", "resource": "nvidia.com/gpu", "class": "big one"}
    assert read([json.dumps(A100), other]) == (
        READ,
        DeviceAlias("a100", (("class", "big one"), ("resource", "nvidia.com/gpu"))),
    )


def test_the_type_of_a_device_is_a_tag_of_its_pool() -> None:
    """Nova compares it as dev_type; numa_policy and capability_type are compared with nothing."""
    (alias,) = read(
        {
            **A100,
            "device_type": "type-PF",
            "numa_policy": "socket",
            "capability_type": "pci",
            "physical_network": "net1",
        }
    )
    assert alias.spec == (
        ("dev_type", "type-PF"),
        ("physical_network", "net1"),
        ("product_id", "20b0"),
        ("vendor_id", "10de"),
    )
    assert ("numa_policy", "socket") in alias.keys


def test_surrounding_blanks_are_dropped() -> None:
    """As Nova does with the name."""
    assert read({"name": " a100 ", "vendor_id": " 10de", "product_id": "20b0 "}) == (READ,)


def test_an_alias_is_written_as_it_is_read() -> None:
    """What has no effect is kept, to be shown."""
    value = [{**A100, "numa_policy": "legacy", "device_type": "type-PCI"}]
    written = Aliases().write(read(value))
    assert written == [{"name": "a100", **dict(sorted([*value[0].items()][1:]))}]
    assert read(written) == read(value)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "null is neither a mapping nor a JSON text"),
        (3, "3 is neither a mapping nor a JSON text"),
        (FloatText("1.5"), "1.5 is neither a mapping nor a JSON text"),
        ([[A100]], "is neither a mapping nor a JSON text"),
        (["", A100], '"" is not JSON'),
        ("{", '"{" is not JSON'),
        ("[" * 100_000, "… is not JSON"),
        ("1" * 10_000, "… is not JSON"),
        ("3", '"3" is not a JSON object or a list of them'),
        ("[[]]", '"[[]]" is not a JSON object or a list of them'),
        ('{"name": "a", "name": "b"}', 'the key "name" is given twice in one JSON object'),
    ],
)
def test_what_is_no_list_of_aliases(value: object, why: str) -> None:
    """Shown, and cut where it is long."""
    message = refusal(value)
    assert message.endswith(why)
    assert len(message) < 200


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": None}, "name null is not a name of 1 to 256 characters without ',' and ':'"),
        ({"name": ""}, 'name "" is not a name'),
        ({"name": "a,b"}, 'name "a,b" is not a name'),
        ({"name": "a:2"}, 'name "a:2" is not a name'),
        ({"name": "x" * 257}, "is not a name of 1 to 256 characters"),
        ({"vendor_id": "8086x"}, 'vendor_id "8086x" is not four hexadecimal digits in quotes'),
        ({"vendor_id": 8086}, "vendor_id 8086 is not four hexadecimal digits in quotes"),
        ({"vendor_id": "٤٤٤٤"}, "is not four hexadecimal digits"),
        ({"product_id": FloatText("10e5")}, "product_id 10e5 is not four hexadecimal digits"),
        ({"resource": "gpu"}, 'resource "gpu" is not an extended resource'),
        ({"resource": "requests.nvidia.com/"}, "is not an extended resource"),
        ({"resource": "kubernetes.io/gpu"}, "is not an extended resource"),
        ({"resource": "x.kubernetes.io/gpu"}, "is not an extended resource"),
        ({"resource": "notkubernetes.io/gpu"}, "is not an extended resource"),
        ({"resource": "nova-extender.io/vcpu"}, "is not an extended resource"),
        ({"device_type": "vdpa"}, "is not type-PCI or type-PF or type-VF"),
        ({"numa_policy": "never"}, "is not required or legacy or preferred or socket"),
        ({"capability_type": "usb"}, 'capability_type "usb" is not pci'),
        ({"tag": ["a"]}, 'tag ["a"] is not a text of 1 to 255 printable characters'),
        ({"tag": "a\nb"}, "is not a text of 1 to 255 printable characters"),
        ({"tag": "\ud800"}, "is not a text of 1 to 255 printable characters"),
        ({"a b": "c"}, '"a b" is not the name of a key'),
        ({"": "c"}, '"" is not the name of a key'),
        ({"resource_class": "GPU"}, "resource_class needs Placement, and there is none; use tags"),
        ({"traits": "BIG"}, "traits needs Placement, and there is none; use tags"),
        (
            {"device_type": "type-VF", "dev_type": "type-VF"},
            "has device_type and dev_type, which are the same",
        ),
    ],
)
def test_what_no_alias_may_have(changes: dict[str, Any], why: str) -> None:
    """Which alias it is stands first."""
    message = refusal([A100, {**A100, **changes}])
    assert message.startswith("alias 2, {")
    assert why in message


def test_an_alias_without_a_name() -> None:
    """Nothing could ask for it."""
    message = refusal([{"vendor_id": "10de"}])
    assert message == 'alias 1, {vendor_id: "10de"} has no name'


@pytest.mark.parametrize("more", [{}, {"numa_policy": "legacy"}])
def test_an_alias_that_would_be_every_device(more: dict[str, str]) -> None:
    """Something must be compared."""
    assert refusal([{"name": "any", **more}]).endswith("says nothing of the device")


@pytest.mark.parametrize(
    "name", ["nvidia.com/gpu", "sub.nova-extender.io/x", "a/B_c.d", "io.kubernetes/gpu"]
)
def test_resources_are_those_that_pools_are_made_of(name: str) -> None:
    """Whatever is extended in the eyes of Kubernetes, and none of ours."""
    (alias,) = read({"name": "a", "resource": name})
    assert alias.spec == (("resource", name),)
    assert is_extended(name)


@pytest.mark.parametrize("name", ["cpu", "x.kubernetes.io/a", "nova-extender.io/vcpu"])
def test_resources_that_no_pool_is_made_of(name: str) -> None:
    """An alias of them would never find a device."""
    assert not is_extended(name)
    assert "is not an extended resource" in refusal({"name": "a", "resource": name})
