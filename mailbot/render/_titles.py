"""Where a title of several lines is broken (GB/T 9704-2012, 7.3.1): between words, as a 梯形 or 菱形.

There is no dictionary here: known words come from the caller, and function words and punctuation tell much of
the rest.  All of it is a choice among a few breaks, so every arrangement of two or three lines is weighed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise

from mailbot.render._ooxml import clean, width_of

_NEVER_FIRST = frozenset("，。、；：？！）》」』】”’〕…—·％%℃")
_NEVER_LAST = frozenset("（《「『【“‘〔")
_GOOD_AFTER = frozenset("，、；：》）”")
_GOOD_BEFORE = frozenset("《（“")
_FIGURE = re.compile(
    r"[0-9A-Za-z][0-9A-Za-z.,%/+-]*|《[^》]{1,12}》|“[^”]{1,10}”|（[^）]{1,10}）|〔[^〕]*〕[0-9]*"
)


def break_title(text: str, *, width: float, words: Iterable[str] = ()) -> tuple[str, ...]:
    """Lines of at most `width` characters; one line where it fits; over four lines, as it comes."""
    text = clean(text).strip()
    if width_of(text) <= width:
        return (text,)
    costs = _break_costs(text, words)
    for count in range(2, 5):
        arranged = [
            (_cost(lines, cuts, costs), lines)
            for cuts in combinations(sorted(costs), count - 1)
            for lines in [_split(text, cuts)]
            if max(map(width_of, lines)) <= width
        ]
        if arranged:
            return min(arranged)[1]
    return _filled(text, width)


def _break_costs(text: str, words: Iterable[str]) -> dict[int, float]:
    """Position -> how bad a break before it is; inside a word, a figure or a quotation there is none."""
    inside, edges = _words_in(text, words)
    costs = {}
    for position in range(2, len(text) - 1):
        before, after = text[position - 1], text[position]
        if position in inside or after in _NEVER_FIRST or before in _NEVER_LAST:
            continue
        if before in _GOOD_AFTER or after in _GOOD_BEFORE:
            costs[position] = 0.0
        else:
            costs[position] = 1.0 if position in edges else 3.0
    return costs


def _words_in(text: str, words: Iterable[str]) -> tuple[set[int], set[int]]:
    """Positions inside words, and positions at their edges."""
    spans = [match.span() for match in _FIGURE.finditer(text)]
    for word in sorted(set(words), key=len, reverse=True):
        spans += [match.span() for match in re.finditer(re.escape(word), text)]
    inside: set[int] = set()
    edges: set[int] = set()
    for start, end in spans:
        if start not in inside and end not in inside:
            inside.update(range(start + 1, end))
            edges.update((start, end))
    return inside, edges


def _split(text: str, cuts: Sequence[int]) -> tuple[str, ...]:
    return tuple(text[a:b] for a, b in pairwise((0, *cuts, len(text))))


def _cost(lines: Sequence[str], cuts: Sequence[int], costs: dict[int, float]) -> float:
    """Breaks, and shape: unequal lines, growing, shrinking or longest in the middle, none very short."""
    widths = [width_of(line) for line in lines]
    steps = [b - a for a, b in pairwise(widths)]
    hourglass = any(a < 0 < b for a, b in pairwise(steps))
    level = sum(abs(step) < 1 for step in steps)
    spread = (max(widths) - min(widths)) / max(widths)
    return sum(costs[cut] for cut in cuts) + 6 * hourglass + 1.5 * level + 4 * spread


def _filled(text: str, width: float) -> tuple[str, ...]:
    lines = [""]
    for character in text:
        if width_of(lines[-1] + character) > width and character not in _NEVER_FIRST:
            lines.append("")
        lines[-1] += character
    return tuple(lines)
