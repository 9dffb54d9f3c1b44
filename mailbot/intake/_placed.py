"""A name that no list of surnames knows, told by where it stands: beside a number, a unit or after a label.

Lists of surnames end somewhere; 县水利局-揣楠-138… names a person all the same.  Rules 15 and 16.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mailbot.intake._labels import Label
from mailbot.intake._line import Line
from mailbot.intake._people import NOT_IN_NAMES, PersonReading, is_han, strip_rank
from mailbot.intake._phones import NumberKind
from mailbot.intake._pieces import Kind, Piece
from mailbot.intake._vocabulary import Vocabulary
from mailbot.intake._walk import CONTACTS, PEOPLE
from mailbot.roster import Mention, Strength

_BREAKS = frozenset({Kind.SEPARATOR, Kind.OPEN, Kind.CLOSE})
_LONGEST_WITHOUT_SURNAME = 6


class Places:
    """The places of one line."""

    def __init__(
        self,
        line: Line,
        items: Sequence[Piece],
        labels: Mapping[int, tuple[Label, int]],
        mention: Callable[[Piece], Mention | None],
        words: Vocabulary,
    ) -> None:
        self._line = line
        self._items = items
        self._labels = labels
        self._mention = mention
        self._words = words
        self._announced = {end for label, end in labels.values() if PEOPLE & set(label.fields)}
        self._texts = sum(
            1 for i, p in enumerate(items) if p.kind is Kind.TEXT and p.end - p.start > 3 and i not in labels
        )

    def person(self, first: int, end: int, text: str, norm: str) -> PersonReading | None:
        """Pieces first to end as a person for the place's sake; `text` and its folding `norm` are theirs."""
        if self._items[first].whole or (end > first + 1 and self._one_before(first)):
            return None
        name, folded, ranked = strip_rank(text, norm, self._words)
        sure, glued = self._sureness(first, end)
        if sure == 1 and (self._phrase(first - 1, first - 2) or self._phrase(end, end + 1)):
            return None
        cut = self._cut(first - 1) and self._cut(end)
        score = self._score(folded, sure, cut) if sure else None
        if score is None or (glued and not self._may_be_glued(folded, first)):
            return None
        return PersonReading((name,), score + (0.6 if ranked else 0.0))

    def _one_before(self, first: int) -> bool:
        """Whether a single character stands before: 钱 程 似 锦 is one name, 似 锦 none."""
        before = self._items[first - 2] if first > 1 else None
        return bool(before and before.kind is Kind.TEXT and before.end - before.start == 1)

    def _sureness(self, first: int, end: int) -> tuple[int, bool]:
        """0 no place for a person, 1 by a number or a unit, 2 between both or announced; glued to a unit."""
        before, after = self._items[first], self._items[end - 1]
        left, right = self._left(first), self._right(end)
        if left == "label":
            return 2, False
        unit_runs_on = not before.clear_left and left == "unit"
        number_runs_on = not after.clear_right and right == "number"
        if not (before.clear_left or unit_runs_on) or not (after.clear_right or number_runs_on):
            return 0, False
        if {left, right} == {"unit", "number"}:
            return 2, unit_runs_on
        return (1 if "number" in (left, right) or "unit" in (left, right) else 0), unit_runs_on

    def _left(self, index: int) -> str:
        while index > 0 and index not in self._announced and self._items[index - 1].kind in _BREAKS:
            index -= 1
        if index in self._announced:
            return "label"
        return self._neighbour(index - 1) if index else ""

    def _right(self, index: int) -> str:
        while index < len(self._items) and self._items[index].kind in _BREAKS:
            index += 1
        if index in self._labels:
            return "number" if CONTACTS & set(self._labels[index][0].fields) else ""
        return self._neighbour(index) if index < len(self._items) else ""

    def _neighbour(self, index: int) -> str:
        piece = self._items[index]
        if piece.number and piece.number.kind is not NumberKind.SHORT:
            return "number"
        mention = self._mention(piece)
        return "unit" if mention and mention.strength is not Strength.CORE else ""

    def _may_be_glued(self, norm: str, first: int) -> bool:
        """县工信局|路遥: only what looks like a name all through, and where a title stands elsewhere."""
        own = self._items[first].end - self._items[first].start > 3
        return len(norm) < 4 and all(c in self._words.given for c in norm[1:]) and self._texts > own

    def _cut(self, index: int) -> bool:
        """Whether the line ends there or more than a space stands there; spaces part phrases too."""
        if not 0 <= index < len(self._items):
            return True
        piece = self._items[index]
        return piece.kind in _BREAKS and bool(self._line.norm[piece.start : piece.end].strip())

    def _phrase(self, between: int, beyond: int) -> bool:
        """Whether only a space parts the piece from other text: 春灌 顺利."""
        if self._cut(between) or not 0 <= beyond < len(self._items) or beyond in self._labels:
            return False
        return self._items[beyond].kind is Kind.TEXT

    def _score(self, norm: str, sure: int, cut: bool) -> float | None:
        words, size = self._words, len(norm)
        if not 2 <= size <= _LONGEST_WITHOUT_SURNAME or not is_han(norm) or self._is_word(norm):
            return None
        if size > 2 and words.transliterated.issuperset(norm):
            return 1.0 if sure == 2 else 0.4
        given = sum(c in words.given for c in norm[1:])
        if size > 3:
            double = size == 4 and norm[0] in words.surnames and norm[1] in words.surnames
            return 0.4 if double and given and sure == 2 else None
        if given == size - 1:
            return 1.0 if sure == 2 else 0.2
        return 0.2 if sure == 2 and (given or cut) else None

    def _is_word(self, norm: str) -> bool:
        words = self._words
        return (
            norm in words.not_names
            or norm in words.doubtful_names
            or norm in words.label_kind
            or norm[-1] in words.office_ends
            or (not NOT_IN_NAMES.isdisjoint(norm) and not words.transliterated.issuperset(norm))
            or bool(words.rank_only.match(norm) or words.tag.fullmatch(norm))
        )
