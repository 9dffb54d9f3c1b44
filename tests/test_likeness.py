"""mailbot.intake.likeness: fingerprints, containment and the passages two texts share."""

from __future__ import annotations

import random

import pytest
from steps import calls, stopped_after

from mailbot.intake.likeness import containment, fingerprints, shared_passages

_WORDS = (
    "组织",
    "强化",
    "服务",
    "群众",
    "项目",
    "推进",
    "春灌",
    "水利",
    "民生",
    "排查",
    "培训",
    "宣传",
    "督导",
)


def text(length: int, seed: int) -> str:
    """Invented official prose: random words with punctuation, no two seeds alike for long."""
    chance = random.Random(seed)
    marks = ("，", "", "", "。")
    words = (
        chance.choice(_WORDS) + chr(chance.randrange(0x4E00, 0x8000)) + chance.choice(marks)
        for _ in range(length // 3 + 1)
    )
    return "".join(words)[:length]


def test_a_text_is_like_itself() -> None:
    """Containment is 1 for the same text, whatever its spacing and punctuation."""
    one = text(800, 1)
    assert containment(one, one) == 1.0
    assert containment(one.replace("，", " ").replace("。", "\n"), one) == 1.0
    assert fingerprints(one.replace("，", "；")) == fingerprints(one)


def test_unrelated_texts_are_not_alike() -> None:
    """Two texts that share only words of the trade stay far below the weak threshold of 0.3."""
    assert containment(text(1000, 1), text(1000, 2)) < 0.1


def test_containment_is_the_share_of_the_first_text() -> None:
    """Half of it copied gives about one half; the other way round it depends on the other's length."""
    source, own = text(1000, 1), text(500, 2)
    half = own + source[200:700]
    assert 0.45 < containment(half, source) < 0.6
    assert containment(source[:300], source) == 1.0
    assert containment(source, source[:300]) < 0.4


@pytest.mark.parametrize("empty", ["", "。，", "四个字了"])
def test_texts_too_short_to_compare_are_like_nothing(empty: str) -> None:
    """Fewer characters than a run has: no share, no fingerprints, no passages."""
    assert containment(empty, text(300, 1)) == 0.0
    assert fingerprints(empty) == ()
    assert shared_passages(empty, empty) == ()


def test_fingerprints_are_few_sorted_and_fit_a_database() -> None:
    """About one run in eight is kept; numbers fit 63 bits and are ready for an index."""
    found = fingerprints(text(2000, 1))
    assert 120 < len(found) < 330
    assert list(found) == sorted(set(found))
    assert all(0 <= number < 1 << 63 for number in found)


def test_fingerprints_of_a_copied_passage_are_found_again() -> None:
    """A passage keeps its numbers in whatever text it stands, a short text or a long one."""
    passage = text(250, 1)
    short, long = fingerprints(passage), fingerprints(text(900, 2) + passage + text(900, 3))
    kept = {number for number in short if number % 8 == 0}
    assert len(kept) > 10
    assert kept <= set(long)


def test_a_renamed_copy_shares_most_fingerprints() -> None:
    """Another unit's name and other figures do not hide a copy."""
    source = text(1200, 1)
    copy = source.replace("水利", "民政").replace("项目", "工程")
    ours, theirs = set(fingerprints(copy)), set(fingerprints(source))
    assert len(ours & theirs) / len(ours) > 0.3
    assert containment(copy, source) > 0.5


def test_it_shows_the_longest_passages_as_written() -> None:
    """Longest first, in the words and punctuation of the first text."""
    a = "甲" + text(60, 1) + "乙乙" + text(30, 2) + "丙"
    b = "丁丁" + text(30, 2) + "戊" + text(60, 1).replace("，", "；")
    first, second = shared_passages(a, b)
    assert len(first) > len(second) > 20
    assert first in a
    assert second in a


def test_passages_have_a_least_length_and_a_most_number() -> None:
    """Slogans of under 13 characters are nothing to show; five passages are enough to look at."""
    assert shared_passages("前文不忘初心牢记使命后文", "另文不忘初心牢记使命别文") == ()
    parts = [text(40, seed) for seed in range(8)]
    a, b = "甲甲".join(parts), "乙乙".join(reversed(parts))
    assert len(shared_passages(a, b)) == 5
    assert len(shared_passages(a, b, most=20)) == 8
    assert shared_passages(a, b, minimum=60) == ()


def test_a_passage_that_stands_twice_is_shown_once() -> None:
    """The same sentence repeated is one finding."""
    part = text(40, 1)
    assert len(shared_passages(part + "甲乙" + part, "丙" + part + "丁")) == 1


def compared(a: str, b: str) -> None:
    shared_passages(a, b)
    containment(a, b)
    fingerprints(a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("的" * 5000, "的" * 5000),
        (("的" * 12 + "一") * 400, ("的" * 12 + "二") * 400),
        (text(5000, 1), text(5000, 1)[::-1]),
    ],
    ids=["one-character", "near-misses", "long"],
)
def test_costs_stay_linear(a: str, b: str) -> None:
    """A text made to be slow is not: ten times the length is about ten times the work."""
    with stopped_after():
        assert calls(lambda: compared(a * 10, b * 10)) < 13 * calls(lambda: compared(a, b))
