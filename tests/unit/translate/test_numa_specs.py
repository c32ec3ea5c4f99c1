"""Extra specs and image properties, one as good as the other."""

from __future__ import annotations

import pytest

from extender.model.numa import ANY, LARGE, SMALL
from extender.translate.numa_specs import NUMAError, Specs, cpu_bits, page_size


@pytest.mark.parametrize(
    ("flavor", "image", "size"),
    [
        (None, None, None),
        ("small", None, SMALL),
        ("large", None, LARGE),
        ("any", None, ANY),
        ("2048", None, 2048),
        ("0", None, None),
        ("", None, None),
        ("2MB", None, 2048),
        ("2MiB", None, 2048),
        ("1GB", None, 1048576),
        ("1.5MB", None, 1536),
        (".5GiB", None, 524288),
        ("16Mb", None, 2048),  # bits
        ("16Mbit", None, 2048),
        ("2097152B", None, 2048),
        ("100B", None, None),  # less than a KiB, as Nova cuts it
        ("large", "2048", 2048),
        ("any", "small", SMALL),
        ("any", "1GB", 1048576),
        ("large", "", LARGE),
    ],
)
def test_page_sizes(flavor: str | None, image: str | None, size: int | None) -> None:
    """KiB, words, and units of 1024; the image may choose where the flavor leaves it open."""
    specs = {} if flavor is None else {"hw:mem_page_size": flavor}
    properties: dict[str, object] = {} if image is None else {"hw_mem_page_size": image}
    assert page_size(Specs(specs, properties)) == size


@pytest.mark.parametrize(
    ("flavor", "image", "wrong"),
    [
        ("huge", None, "extra spec hw:mem_page_size: 'huge' is no page size"),
        ("2M", None, "'2M' is no page size"),
        ("2mb", None, "'2mb' is no page size"),
        ("-4", None, "'-4' is no page size"),
        ("-2MB", None, "is no page size"),
        (" 4", None, "is no page size"),
        ("٤", None, "is no page size"),
        ("9" * 100, None, "is no page size"),
        ("1ZB", None, "'1ZB' is no page size"),
        ("2048", "2048", "they do not go together"),
        ("small", "small", "they do not go together"),
        ("0", "2048", "they do not go together"),
        (None, "2048", "they do not go together"),
        ("large", "huge", "image property hw_mem_page_size: 'huge' is no page size"),
    ],
)
def test_wrong_page_sizes(flavor: str | None, image: str | None, wrong: str) -> None:
    """No size, or one that the image may not ask for."""
    specs = {} if flavor is None else {"hw:mem_page_size": flavor}
    properties: dict[str, object] = {} if image is None else {"hw_mem_page_size": image}
    with pytest.raises(NUMAError) as caught:
        page_size(Specs(specs, properties))
    assert wrong in str(caught.value)


def test_cpus() -> None:
    """Texts of CPUs as bits."""
    assert cpu_bits("here", "0-3,^2,8") == 0b100001011
    assert cpu_bits("here", "") == 0
    for text in ("x", "3-1", "-1", "9000", "0-99999999999"):
        with pytest.raises(NUMAError, match=r"^here: .* cannot be; accepted: CPUs below 8192"):
            cpu_bits("here", text)


@pytest.mark.parametrize("text", ["yes", "True", " ON ", "1", "t", "y"])
def test_flags(text: str) -> None:
    """Nova's words for true; all others are false."""
    assert Specs({"hw:cpu_realtime": text}, {}).flag("cpu_realtime")
    assert not Specs({"hw:cpu_realtime": "no" + text}, {}).flag("cpu_realtime")
    assert not Specs({}, {}).flag("cpu_realtime")


def test_words() -> None:
    """Of flavor and image each."""
    specs = Specs({"hw:a": "x"}, {"hw_a": "y", "hw_b": "z"})
    assert specs.word("a", ("x", "y")) == ("x", "y")
    assert specs.word("b", ("z",)) == (None, "z")
    assert specs.word("c", ("z",)) == (None, None)
    with pytest.raises(NUMAError, match="image property hw_a: 'y' is no policy; accepted: x or z"):
        specs.word("a", ("x", "z"))
