"""Requirements in the language of extra specs: every operator, and every way to get it wrong."""

from __future__ import annotations

from random import Random

from tests.conformance.generate import values

NUMERIC = ("=", "==", "!=", ">=", "<=")
TEXTUAL = ("s==", "s!=", "s<", "s<=", "s>", "s>=")
NO_OPERATORS = (">", "<", "=>", "s=", "in", "<IN>", "<or", "or>", "===", "<all_in>", "!")
NUMBERS: tuple[str, ...] = ("5", "5.0", "4", "6", "8192", "0", "-1", "1_0", "inf", "nan", "1e1")
NUMBERS += (" 5", "05", "٥")  # noqa: RUF001 - a digit to Python, of another script
WORDS = ("11", "12", "1", "aes", "ae", "avx512f", "Intel", "intel", "true", "True", "größe", "")


def requirement(rng: Random, has: str | None) -> str:
    """A requirement, often about the value that is there."""
    word = rng.choice([*WORDS, *([has] * 6 if has is not None else [])])
    kinds = (_plain, _numeric, _textual, _inside, _all_inside, _one_of, _bare, _unknown, _blanks)
    return rng.choices(kinds, (2, 2, 2, 1, 1, 1, 1, 1, 1))[0](rng, word, has)


def _plain(_rng: Random, word: str, _has: str | None) -> str:
    return word


def _numeric(rng: Random, _word: str, has: str | None) -> str:
    return f"{rng.choice(NUMERIC)}{_blank(rng)}{_number(rng, has)}{_tail(rng)}"


def _textual(rng: Random, word: str, _has: str | None) -> str:
    return f"{rng.choice(TEXTUAL)}{_blank(rng)}{word}{_tail(rng)}"


def _inside(rng: Random, word: str, _has: str | None) -> str:
    return f"<in>{_blank(rng)}{_part(rng, word)}{_tail(rng)}"


def _all_inside(rng: Random, word: str, _has: str | None) -> str:
    return " ".join(("<all-in>", _part(rng, word), *rng.sample(WORDS, rng.randrange(3))))


def _one_of(rng: Random, word: str, _has: str | None) -> str:
    others = rng.sample([*WORDS, word], rng.randint(1, 3))
    return "<or> " + " <or> ".join(others) + rng.choice(("", "", " <or>", " x"))


def _bare(rng: Random, _word: str, _has: str | None) -> str:
    return rng.choice((*NUMERIC, *TEXTUAL, "<in>", "<all-in>", "<or>")) + rng.choice(("", " "))


def _unknown(rng: Random, word: str, _has: str | None) -> str:
    return f"{rng.choice(NO_OPERATORS)} {word}"


def _blanks(rng: Random, word: str, _has: str | None) -> str:
    odd = (f" {word}", f"{word} ", f"{word} {word}", "", " ", "\t", f"<or> {word} {word}")
    return rng.choice(odd)


def _number(rng: Random, has: str | None) -> str:
    return rng.choice([*NUMBERS, *([has] * 4 if has is not None else []), "x"])


def _part(rng: Random, word: str) -> str:
    start = rng.randint(0, len(word))
    return word[start : rng.randint(start, len(word))] if rng.randrange(2) else word


def _blank(rng: Random) -> str:
    return "" if values.chance(rng, 8) else rng.choice((" ", " ", " ", "  ", "\t", " "))


def _tail(rng: Random) -> str:
    return rng.choice(("", "", "", "", " x", " <in>", " 3"))
