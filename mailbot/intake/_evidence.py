"""What speaks for a piece being a person, a unit, part of the title or nothing: read once per piece."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from mailbot.intake._line import Line
from mailbot.intake._people import PersonReading, likelier, name_score, read_person
from mailbot.intake._phones import NumberKind
from mailbot.intake._pieces import Kind, Piece, Pieces
from mailbot.intake._placed import Places
from mailbot.intake._vocabulary import Vocabulary
from mailbot.intake._walk import Known
from mailbot.roster import Mention, Strength

_BREAKS = frozenset({Kind.SEPARATOR, Kind.OPEN, Kind.CLOSE})
_LONGEST_NAME = 18
_MOST_SPACED = 200
"""In a line of more pieces nobody wrote names with spaces or dots."""
_NUMBER_IN_TITLE = {
    NumberKind.MOBILE: 7.0,
    NumberKind.LANDLINE: 7.0,
    NumberKind.LOCAL: 4.0,
    NumberKind.ADDRESS: 5.0,
}
_NOTHING = frozenset({"无", "空", "暂无", "略", "同上"})
_ABOUT_NUMBER = frozenset(
    {"微信同号", "同号", "同微信", "微信同步", "微信", "同", "微信手机同号", "手机", "办公室", "办公", "办"}
    | {"手机同微信", "微信号同", "手机号", "办公电话", "电话", "手机微信同号", "v同号"}
)


class Evidence:
    """The evidence of one line's pieces."""

    def __init__(self, line: Line, pieces: Pieces, words: Vocabulary, known: Known) -> None:
        self.line = line
        self.items = pieces.items
        self.labels = pieces.labels
        self.words = words
        self.known = known
        self._asides: dict[int, tuple[float, float, bool]] = {}
        self._people: dict[int, list[tuple[int, PersonReading]]] = {}
        self._places = Places(line, pieces.items, pieces.labels, self.mention, words)
        self.sure_unit = any(
            p.mention and p.mention.unit and p.clear_left and p.clear_right for p in self.items
        )
        self._courteous = {
            piece.mention.unit: index
            for index, (piece, after) in enumerate(pairwise(self.items))
            if piece.mention
            and piece.mention.unit
            and (
                (after.kind is Kind.SEPARATOR and after.cost > 40) or self.stands_quoted(index + 1, index + 2)
            )
        }
        self._wholes = Counter(self.norm(p) for p in self.items if p.whole and p.whole.unit)
        self.other_labels = sum(1 for label, _ in self.labels.values() if label.fields != ("title",))

    def norm(self, piece: Piece) -> str:
        """The piece folded."""
        return self.line.norm[piece.start : piece.end]

    def kind(self, index: int) -> Kind | None:
        """The kind of the piece there, None after the last."""
        return self.items[index].kind if index < len(self.items) else None

    def mention(self, piece: Piece) -> Mention | None:
        """The unit that the piece is, if any."""
        return piece.mention if piece.kind is Kind.UNIT else piece.whole

    # What a title pays for running over something that could be a field.

    def title_cost(self, index: int) -> float:
        """For one piece."""
        piece, placed = self.items[index], self.labels.get(index)
        alone = piece.clear_left and piece.clear_right
        cost = 5.0 if placed and placed[0].firm else 0.0
        if piece.clear_left and placed and not placed[0].firm and self.kind(index + 1) is Kind.NUMBER:
            cost += 2.5
        elif alone and placed and placed[1] == index + 1:
            cost += 5.0
        elif alone and self.aside(index)[0] > 0:
            cost += 2.0
        if (
            piece.kind is Kind.UNIT
            and index + 1 < len(self.items)
            and self.stands_quoted(index + 1, index + 2)
        ):
            cost += 3.0
        if piece.number:
            cost += _NUMBER_IN_TITLE.get(piece.number.kind, 1.0)
        elif alone:
            cost += self._field_like(index) * 0.7
        return cost + (1.0 if alone and piece.end - piece.start == 1 else 0.0)

    def bracket_cost(self, first: int, last: int) -> float:
        """For the inside of a bracket, pieces first to last."""
        cost = 0.2
        for index in range(first, last):
            piece = self.items[index]
            if piece.number and piece.number.kind is not NumberKind.SHORT:
                cost += 6.0
            elif piece.kind is Kind.SEPARATOR and piece.cost > 40:
                cost += 40.0
            elif index in self.labels and self.labels[index][0].firm:
                cost += 6.0
            elif piece.clear_left and piece.clear_right:
                cost += self._field_like(index)
        return cost

    def _field_like(self, index: int) -> float:
        """How much a piece set off on both sides looks like a field other than a title."""
        mention = self.mention(self.items[index])
        if mention and mention.strength is Strength.CORE:
            return 0.3 if self.sure_unit else 1.0
        if mention:
            return 2.0 if mention.unit else 1.0
        readings = self.people(index)
        return max((max(0.0, r.score) * 0.5 for end, r in readings if end == index + 1), default=0.0)

    # What stands before and after.

    def after_bracket(self, index: int) -> bool:
        """Whether a closing bracket stands right before: 【…】|张伟."""
        return index > 0 and self.items[index - 1].kind is Kind.CLOSE

    def named_before(self, index: int, unit: str) -> bool:
        """Whether the piece repeats a unit that courtesy named before it: X报送信息：…，X，张伟."""
        piece = self.items[index]
        left = piece.clear_left or self.line.norm[piece.start - 1] in "》〉"
        return left and piece.clear_right and self._courteous.get(unit, index) < index

    def stands_quoted(self, first: int, end: int) -> bool:
        """Whether these pieces are a bracket by itself: what follows is a field or nothing, no sentence."""
        piece = self.items[first]
        quoted = self.line.norm[piece.start] in "《〈" and self.line.pairs.get(piece.start) == piece.end - 1
        if not quoted and (piece.kind is not Kind.OPEN or piece.jump != end):
            return False
        if self.kind(end) is Kind.TEXT and end not in self.labels:
            return any(reading.score > 0 and not self.runs_on(stop) for stop, reading in self.people(end))
        return True

    def name_follows(self, index: int) -> bool:
        """Whether a number or a name runs straight on."""
        kind = self.kind(index)
        return kind is Kind.NUMBER or (kind is Kind.TEXT and any(r.score > 0 for _, r in self.people(index)))

    def number_next(self, index: int) -> bool:
        """Whether a number or a label is the next thing but separators."""
        while index < len(self.items) and self.items[index].kind in _BREAKS:
            index += 1
        return self.kind(index) is Kind.NUMBER or index in self.labels

    def name_next(self, index: int) -> bool:
        """Whether a likely name is the next thing but separators: 项目 张伟 names one person, not two."""
        while index < len(self.items) and self.items[index].kind is Kind.SEPARATOR:
            index += 1
        return self.kind(index) is Kind.TEXT and any(r.names and r.score > 1.0 for _, r in self.people(index))

    def runs_on(self, end: int) -> bool:
        """Whether plain text follows the piece before `end` without a break."""
        return not self.items[end - 1].clear_right and self.kind(end) is Kind.TEXT and end not in self.labels

    # Nothing.

    def aside(self, index: int) -> tuple[float, float, bool]:
        """Worth of taking the piece as nothing near a field and elsewhere; whether it is about a number."""
        if index not in self._asides:
            self._asides[index] = self._aside(self.items[index])
        return self._asides[index]

    def _aside(self, piece: Piece) -> tuple[float, float, bool]:
        norm, size = self.norm(piece), piece.end - piece.start
        if piece.kind is Kind.TEXT and self.words.rank_only.match(norm):
            return 0.8, -1.0, norm in _ABOUT_NUMBER
        cost = -2.0 if size <= 2 and norm.isascii() else -4.0 - 0.15 * min(size, 20)
        if piece.kind is Kind.UNIT:
            cost -= 5.0
        near = 1.0 if norm in _NOTHING and piece.clear_left else cost
        if piece.kind is Kind.TEXT and piece.clear_left and self._is_office(norm):
            near = max(near, 0.0)
        return near, cost, norm in _ABOUT_NUMBER

    def _is_office(self, norm: str) -> bool:
        """林业科, 河长办: an office named apart from its unit."""
        return 2 < len(norm) < 7 and norm[-1] in self.words.office_ends

    # People.

    def people(self, index: int) -> list[tuple[int, PersonReading]]:
        """The ways to read a person from this piece on: index after the last piece, and the reading."""
        if index not in self._people:
            self._people[index] = list(self._read_people(index))
        return self._people[index]

    def _read_people(self, index: int) -> Iterator[tuple[int, PersonReading]]:
        if self._names_a_unit_twice(self.items[index]):
            return
        for end in self._name_ends(index):
            start, stop = self.items[index].start, self.items[end - 1].end
            text, norm = self.line.text[start:stop], self.line.norm[start:stop]
            if end == index + 1:
                reading = read_person(text, norm, self.words, self.known.names)
            elif any(self._dot(i) for i in range(index, end)):
                reading = self._dotted(index, end, text, norm)
            else:
                reading = self._spaced(text, norm)
            if end == index + 1 or len(norm) == 2 * len(norm.split()) - 1:
                reading = likelier(reading, self._places.person(index, end, text, norm))
            if reading:
                yield end, reading

    def _names_a_unit_twice(self, piece: Piece) -> bool:
        """马头：…-马头-张伟: a core word written twice, set off, means the unit."""
        return bool(piece.whole and piece.whole.unit) and self._wholes[self.norm(piece)] > 1

    def _name_ends(self, index: int) -> Iterator[int]:
        """Up to four pieces of text with only spaces or dots between them."""
        piece = self.items[index]
        if piece.kind is not Kind.TEXT or piece.end - piece.start > _LONGEST_NAME:
            return
        end = index + 1
        yield end
        if len(self.items) > _MOST_SPACED:
            return
        while end <= index + 5 and self.kind(end) is Kind.SEPARATOR and self.kind(end + 1) is Kind.TEXT:
            joint = self.norm(self.items[end])
            if joint.strip(" ·.") or (not joint.strip() and self.items[end + 1].end - piece.start > 9):
                return
            end += 2
            yield end

    def _dot(self, index: int) -> bool:
        if self.kind(index) is not Kind.SEPARATOR:
            return False
        norm = self.norm(self.items[index])
        return "·" in norm or "." in norm

    def _spaced(self, text: str, norm: str) -> PersonReading | None:
        """赵 敏, 欧阳 静, 张 三 丰: one name typed with spaces."""
        parts = norm.split()
        joined = "".join(parts)
        short_head = len(parts[0]) == 1 or parts[0] in self.words.compound
        if len(joined) > 4 or not short_head or any(len(p) > 2 for p in parts):
            return None
        if len(parts) == 4 and parts[0] in self.words.surnames:
            return PersonReading(("".join(text.split()),), 1.6)
        reading = read_person("".join(text.split()), joined, self.words, self.known.names)
        return PersonReading(reading.names, reading.score + 0.6) if reading else None

    def _dotted(self, index: int, end: int, text: str, norm: str) -> PersonReading | None:
        """古丽娜尔·艾山: the dot of ethnic names, whatever was typed."""
        parts = [p.strip() for p in norm.replace(".", "·").split("·")]
        joints = sum(1 for i in range(index, end) if self.items[i].kind is Kind.SEPARATOR)
        plain = all(2 <= len(p) <= 6 and all("\u3400" <= c <= "\u9fff" for c in p) for p in parts)
        if not plain or joints != len(parts) - 1 or not self.words.not_names.isdisjoint(parts):
            return None
        among_dots = (index > 0 and self._dot(index - 1)) or self._dot(end)
        if among_dots and (len(parts[0]) < 3 or name_score(parts[0], self.words) is not None):
            return None
        written = "".join("·" if self.words.fold(c) in "·." else c for c in text if not c.isspace())
        return PersonReading((written,), 1.0 if among_dots else 2.4)
