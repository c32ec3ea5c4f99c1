"""Which resources are extended ones."""

from __future__ import annotations

import pytest

from extender.translate.extended import is_extended


@pytest.mark.parametrize(
    "name", ["nvidia.com/gpu", "example.com/a/b", "my.io/x", "/x", "é.io/x", "nova-extender.iox/y"]
)
def test_extended(name: str) -> None:
    """Whatever stands behind a domain."""
    assert is_extended(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "cpu",
        "hugepages-2Mi",
        "attachable-volumes-csi-x",
        "kubernetes.io/batch-cpu",
        "example.kubernetes.io/x",
        "nova-extender.io/vcpu",
        "nova-extender.io/",
    ],
)
def test_not_extended(name: str) -> None:
    """Names without a domain and Kubernetes' own are native; ours stand for native ones."""
    assert not is_extended(name)
