"""Where a title of several lines is broken (GB/T 9704-2012, 7.3.1): between words, as a 梯形 or 菱形.

There is no dictionary here: Phrasing says which words hold together and where a break reads well; punctuation
and figures tell the rest.  It is a choice among a few breaks, so every arrangement that fits is weighed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mailbot.render._ooxml import clean, width_of
from mailbot.render.typography import Phrasing

MOST_LINES = 4
_NEVER_FIRST = frozenset("，。、；：？！）》」』】”’〕…—·％%℃")
_NEVER_LAST = frozenset("（《「『【“‘〔")
_GOOD_AFTER = frozenset("，、；：》）”")
_GOOD_BEFORE = frozenset("《（“")
# A figure with what it counts; short names in quotation marks; 文号.
_WHOLE = re.compile(
    r"(?:[0-9A-Za-z][0-9A-Za-z.,%/+-]*[\u4e00-\u9fff]?)+"
    r"|《[^》]{1,12}》|“[^”]{1,10}”|（[^）]{1,10}）|〔[^〕]*〕[0-9]*[\u4e00-\u9fff]?"
)


def break_title(text: str, *, width: float, phrasing: Phrasing) -> tuple[str, ...]:
    """Lines of at most `width` characters: one where it fits; more than four are cut as they come."""
    text = clean(text).strip()
    if width_of(text) <= width:
        return (text,)
    costs = _break_costs(text, phrasing)
    for count in range(2, MOST_LINES + 1):
        arranged = [(_cost(lines, costs), lines) for lines in _arrangements(text, count, width, costs)]
        if arranged:
            return min(arranged)[1]
    return filled(text, width)


def _arrangements(
    text: str, count: int, width: float, costs: dict[int, float], start: int = 0
) -> Iterator[tuple[str, ...]]:
    """Every way to set text[start:] in `count` lines with breaks where `costs` allows."""
    if width_of(text[start:]) > count * width:
        return
    if count == 1:
        yield (text[start:],)
        return
    for cut in sorted(costs):
        if cut > start and width_of(text[start:cut]) <= width:
            for rest in _arrangements(text, count - 1, width, costs, cut):
                yield (text[start:cut], *rest)


def _break_costs(text: str, phrasing: Phrasing) -> dict[int, float]:
    """Position -> how bad a break before it is; inside a word, a figure or a quotation there is none."""
    inside, edges = _words_in(text, phrasing.words)
    costs = {}
    for position in range(2, len(text) - 1):
        before, after = text[position - 1], text[position]
        if position in inside or after in _NEVER_FIRST or before in _NEVER_LAST:
            continue
        if before in _GOOD_AFTER or after in _GOOD_BEFORE or text.startswith(phrasing.break_before, position):
            costs[position] = 0.0
        elif text.endswith(phrasing.break_after, 0, position):
            costs[position] = 0.5
        elif not text.startswith(phrasing.break_after, position):
            costs[position] = 1.0 if position in edges else 3.0
    return costs


def _words_in(text: str, words: Sequence[str]) -> tuple[set[int], set[int]]:
    """Positions inside words, and positions at their edges.  Of words that overlap all hold."""
    spans = [match.span() for match in _WHOLE.finditer(text)]
    for word in words:
        spans += [match.span() for match in re.finditer(re.escape(word), text)]
    inside = {position for start, end in spans for position in range(start + 1, end)}
    return inside, {position for span in spans for position in span}


def _cost(lines: Sequence[str], costs: dict[int, float]) -> float:
    """Breaks, and shape: unequal lines, growing, shrinking or longest in the middle, none very short."""
    widths = [width_of(line) for line in lines]
    steps = [b - a for a, b in pairwise(widths)]
    hourglass = any(a < 0 < b for a, b in pairwise(steps))
    level = sum(abs(step) < 1 for step in steps)
    spread = (max(widths) - min(widths)) / max(widths)
    position, breaks = 0, 0.0
    for line in lines[:-1]:
        position += len(line)
        breaks += costs[position]
    return breaks + 6 * hourglass + 1.5 * level + 4 * spread


def filled(text: str, width: float) -> tuple[str, ...]:
    """Lines as full as they can be; a stop that would begin one stays on the line before."""
    lines = [""]
    for character in text:
        if width_of(lines[-1] + character) > width and character not in _NEVER_FIRST:
            lines.append("")
        lines[-1] += character
    return tuple(lines)
