"""What stands where in a 信息稿: headings, title, main text, and closing lines (落款, date, contact).

Read from the wording of lines, centring and line breaks; left empty rather than guessed.  Notice 二(二)
limits the text itself, so 字数 is also told without title, 落款 and contact line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailbot.intake import _signs as signs
from mailbot.intake._story import Line

_LONGEST_CLOSING_LINE = 80
_LONGEST_TITLE = 70
_SHORTEST_TITLE = 4
_MOST_CLOSING_LINES = 10
_MOST_CLOSING_CELLS = 24
_MOST_HEADING_LINES = 14
_LONGEST_HALF_TITLE = 26
_MOST_TITLE_LINES = 3
_MOST_BYLINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`main` are the numbers of the lines of main text; the last `cut` characters of it are 落款."""

    title: str = ""
    sign_off: tuple[str, ...] = ()
    main: range = range(0)
    cut: int = 0


def lay_out(lines: Sequence[Line]) -> Layout:
    """Find title and closing lines of a body."""
    title, begin = _title(lines)
    end = _closing(lines, begin)
    bracket = _bracket(lines[end - 1].text) if end > begin else ""
    closing = tuple(line.text for line in lines[end:])
    return Layout(
        title=title,
        sign_off=(bracket, *closing) if bracket else closing,
        main=range(begin, end),
        cut=len(bracket),
    )


# ---- the end -----------------------------------------------------------------------------------------------


def _closing(lines: Sequence[Line], begin: int) -> int:
    """The number of the first closing line; len(lines) where there are none."""
    first = end = len(lines)
    read = 0
    for index in range(end - 1, max(begin - 1, end - 1 - _MOST_CLOSING_CELLS), -1):
        read += not lines[index].cell
        if read > _MOST_CLOSING_LINES:
            break
        weight = _closing_weight(lines[index].text)
        if lines[index].cell and not _names_itself(lines[index].text):
            weight = min(weight, 1)
        if not weight:
            break
        if weight > 1:
            first = index
    return first


def _names_itself(text: str) -> bool:
    """In a table a bare figure or name is data; a label, or a date in words, is what makes a closing row."""
    squeezed = _squeezed(text)
    dated = "年" in text and signs.DATE.match(text)
    return bool(dated or signs.LABELLED.match(squeezed) or signs.LABEL.fullmatch(squeezed))


def _closing_weight(line: str) -> int:
    """2 for what is plainly 落款, date or contact; 1 for what may stand among such (a name); else 0."""
    text = line.strip()
    if not text or len(text) > _LONGEST_CLOSING_LINE or signs.SENTENCE.search(text):
        return 0
    if signs.PUBLISHED.fullmatch(text):
        return 1
    if signs.LABELLED.match(_squeezed(text)):
        return 2
    return _weight_of_words(text)


def _weight_of_words(text: str) -> int:
    """Every word must be a date, number, unit, label or name, and one of them more than a name."""
    rest, figures = text, 0
    for pattern in (signs.ADDRESS, signs.DATE, signs.PHONE):
        rest, found = pattern.subn(" ", rest)
        figures += found
    words = [word for word in signs.SEPARATORS.split(rest) if word]
    if not all(_is_closing_word(word) for word in words) or not (words or figures):
        return 0
    strong = figures or any(signs.UNIT.fullmatch(word) or _is_label(word) for word in words)
    return 2 if strong else 1


def _is_closing_word(word: str) -> bool:
    return (
        word in signs.SMALL_WORDS
        or signs.NAME.fullmatch(word) is not None
        or signs.UNIT.fullmatch(word) is not None
        or _is_label(word)
    )


def _is_label(word: str) -> bool:
    return signs.LABEL.fullmatch(word) is not None


def _bracket(line: str) -> str:
    """A 落款 in brackets behind the last sentence, as in “……明显成效。（县民政局 彭某）”."""
    match = signs.CLOSING_BRACKET.search(line[-_LONGEST_CLOSING_LINE:])
    if match and match.end() - match.start() < len(line) and _closing_weight(match[1]) > 1:
        return match[0]
    return ""


# ---- the beginning -----------------------------------------------------------------------------------------


def _title(lines: Sequence[Line]) -> tuple[str, int]:
    """The title, and the number of the first line of main text."""
    head = lines[:_MOST_HEADING_LINES]
    for index, line in enumerate(head):
        if stated := _stated(head, index):
            title, after = stated
            return title, _after_bylines(lines, after)
        if not _is_heading(line.text) and not (index and _answers(head[index - 1].text, line.text)):
            return _plain_title(lines, index)
    return "", 0


def _stated(head: Sequence[Line], index: int) -> tuple[str, int] | None:
    """A title announced as such: “标题：……”, or a table cell 标题 with the title in the next one."""
    if match := signs.STATED_TITLE.match(head[index].text):
        return match[1].strip(), index + 1
    if signs.TITLE_CELL.fullmatch(_squeezed(head[index].text)) and index + 1 < len(head):
        return head[index + 1].text, index + 2
    return None


def _is_heading(text: str) -> bool:
    """A line that may stand above a title: masthead, number of the issue, stamp, unit, date or label line."""
    if len(text) > _LONGEST_CLOSING_LINE:
        return False
    squeezed = _squeezed(text)
    return _closing_weight(text) > 1 or any(p.fullmatch(squeezed) for p in signs.HEADINGS)


def _answers(label: str, text: str) -> bool:
    """A name in the cell or line after a label that stands alone."""
    return signs.LABEL.fullmatch(_squeezed(label)) is not None and _closing_weight(text) > 0


def _plain_title(lines: Sequence[Line], index: int) -> tuple[str, int]:
    if not _may_be_title(lines[index].text) or index + 1 >= len(lines):
        return "", index
    parts = [lines[index].text, *_continued(lines, index)]
    title = re.sub(r"\s+(?=——)", "", " ".join(parts))
    return title, _after_bylines(lines, index + len(parts))


def _continued(lines: Sequence[Line], index: int) -> Iterator[str]:
    """Further lines of a title, as long as each is tied to the one above it."""
    for number in range(index + 1, min(index + _MOST_TITLE_LINES, len(lines) - 1)):
        line = lines[number]
        if not _may_be_title(line.text) or _closing_weight(line.text) or signs.SECTION.fullmatch(line.text):
            return
        if not _tied(lines[number - 1], line):
            return
        yield line.text


def _tied(above: Line, line: Line) -> bool:
    """Whether two title-like lines make one title: by form, or because both are short."""
    if above.broken or (above.centred and line.centred) or line.text.startswith("——"):
        return True
    if signs.UNFINISHED.search(above.text):
        return True
    short = len(above.text) <= _LONGEST_HALF_TITLE and len(line.text) <= _LONGEST_HALF_TITLE
    return short and above.centred == line.centred and not above.cell


def _may_be_title(text: str) -> bool:
    bare = _squeezed(text)
    return (
        _SHORTEST_TITLE <= len(bare) <= _LONGEST_TITLE
        and len(signs.HAN.findall(bare)) > 1
        and "。" not in bare
        and bare[-1] not in "；;，,、：:"
        and signs.NUMBERED.match(bare) is None
    )


def _after_bylines(lines: Sequence[Line], index: int) -> int:
    """Skip the unit, names or date under a title, as long as some main text is left."""
    for number in range(index, min(index + _MOST_BYLINES, len(lines) - 1)):
        if not _closing_weight(lines[number].text):
            return number
    return max(index, min(index + _MOST_BYLINES, len(lines) - 1))


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)
