"""Labels and values of a form told line by line: a table cell, like a line of a mail, holds one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailbot.intake._vocabulary import Vocabulary

_LONGEST_VALUE = 60
_MOST_CELLS = 12
"""Labels in a row of a form."""


def put_together(lines: Sequence[str], words: Vocabulary) -> list[str]:
    """The lines, where 报送人 and its value stand in two as “报送人：时建国”; a row of labels over a row of
    values likewise.  A label whose value was left empty ends in a colon; rows of several people under their
    labels are a list, which states nobody, and are left out.  Other lines stay as they are.
    """
    return list(_together(lines, words))


def _together(lines: Sequence[str], words: Vocabulary) -> Iterator[str]:
    at = 0
    while at < len(lines):
        labels = _labels(lines, at, words)
        rows = _rows(lines, at + labels, labels, words)
        if rows == 1:
            for label, value in zip(lines[at : at + labels], lines[at + labels :], strict=False):
                yield f"{label.strip(' :：')}：{value}"
        elif not rows:
            yield f"{lines[at].strip(' :：')}：" if labels else lines[at]
        at += labels * (1 + rows) if rows else 1


def _rows(lines: Sequence[str], at: int, labels: int, words: Vocabulary) -> int:
    """How many rows of values follow so many labels; below one label there is one at most."""
    rows = 0
    while labels and (labels > 1 or not rows):
        row = lines[at + rows * labels : at + (rows + 1) * labels]
        if len(row) < labels or not all(_is_value(value, words) for value in row):
            break
        rows += 1
    return rows


def _labels(lines: Sequence[str], at: int, words: Vocabulary) -> int:
    count = 0
    while count < _MOST_CELLS and at + count < len(lines) and _is_label(lines[at + count], words):
        count += 1
    return count


def _is_label(line: str, words: Vocabulary) -> bool:
    if len(line) > _LONGEST_VALUE:
        return False
    return words.fold(line).strip(" :").replace(" ", "") in words.label_kind


def _is_value(line: str, words: Vocabulary) -> bool:
    """Short, and no line that has a label of its own."""
    if len(line) > _LONGEST_VALUE or not line.strip() or _is_label(line, words):
        return False
    label = words.label.match(words.fold(line).lstrip())
    return label is None or line.lstrip()[label.end() : label.end() + 1] not in ("：", ":")
