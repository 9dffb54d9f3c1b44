"""The best reading of a subject: a beam search over its pieces, each step scored by the evidence for it.

A reading is a walk from the first piece to the last.  Each step takes a piece (or a few) as title, unit,
person, number, label or nothing; one title only, and it is one stretch.  The walk with the highest sum is the
reading, and its lead over the next different one is the confidence.  The weights were set by hand so that the
examples of docs/subjects.md win by a clear lead; what matters is their order, not their exact size.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter

from mailbot.intake._evidence import Evidence
from mailbot.intake._labels import Label
from mailbot.intake._line import Line
from mailbot.intake._people import PersonReading
from mailbot.intake._phones import NumberKind
from mailbot.intake._pieces import Kind, Piece, Pieces
from mailbot.intake._vocabulary import Vocabulary
from mailbot.intake._walk import CONTACTS, PEOPLE, Known, State, Step, Walk
from mailbot.roster import Mention, Strength

_BEAMS = ((90, 10), (200, 3), (1000, 1))
"""Up to so many pieces, so many walks are kept at a place: nobody writes a subject of a hundred pieces."""
_HOPELESS = 13.0
"""A walk this far behind the best at the same place is given up."""
_NEVER = -100.0
_TITLE = frozenset({"title"})
_UNIT = frozenset({"unit"})
_UNIT_WORTH = {Strength.FULL: 5.0, Strength.SHORT: 4.3, Strength.CORE: 2.0}
_OFF_ROSTER_WORTH = 3.0
_SHAPED_WORTH = 0.9
_TITLE_RUNS_ON = {"u": 14.0, "p": 3.0, "c": 0.5, "r": 3.0}
"""What a title pays for running on from a field: after a unit it is a sentence about that unit."""
_NUMBER_WORTH = {NumberKind.MOBILE: 4.0, NumberKind.LANDLINE: 3.8, NumberKind.ADDRESS: 1.0}

Move = tuple[int, State]
_by_score = attrgetter("score")


class Search:
    """One line's search.  `steps` counts what was tried: the measure that its cost is linear."""

    def __init__(self, line: Line, pieces: Pieces, words: Vocabulary, known: Known) -> None:
        self.line = line
        self.items = pieces.items
        self.labels = pieces.labels
        self.words = words
        self.known = known
        self.evidence = Evidence(line, pieces, words, known)
        self.steps = 0

    def run(self) -> list[Walk]:
        """The finished walks, best first; at least one."""
        count = len(self.items)
        beams: list[dict[tuple[object, ...], State]] = [{} for _ in range(count + 1)]
        start = State()
        beams[0][start.key()] = start
        width = next(width for most, width in _BEAMS if count <= most)
        for index in range(count):
            states = sorted(beams[index].values(), key=_by_score, reverse=True)[:width]
            beams[index] = {}
            for state in states:
                if state.score < states[0].score - _HOPELESS:
                    break
                for end, new in self._moves(state, index):
                    self.steps += 1
                    held = beams[end].get(new.key())
                    if held is None or held.score < new.score:
                        beams[end][new.key()] = new
        return sorted(map(_finish, beams[count].values()), key=_by_score, reverse=True)

    def _moves(self, state: State, index: int) -> Iterator[Move]:
        piece = self.items[index]
        placed = self.labels.get(index)
        if placed:
            yield from self._label(state, index, *placed)
        if piece.kind in (Kind.SEPARATOR, Kind.OPEN, Kind.CLOSE):
            yield index + 1, state.passing(1 if piece.light else 2)
            yield from self._title_over(state, index, piece)
            return
        if state.title != 2:
            yield from self._title(state, index, piece)
        mention = self.evidence.mention(piece)
        if mention:
            yield from self._unit(state, index, piece, mention)
        if piece.number:
            yield from self._number(state, index, piece)
        for end, reading in self.evidence.people(index):
            yield from self._person(state, index, end, reading)
        if state.firm and state.expect and piece.kind is Kind.TEXT:
            yield from self._stated(state, index, piece)
        yield self._aside(state, index)

    # Title: one stretch, which may run across separators and whole brackets.

    def _title(self, state: State, index: int, piece: Piece) -> Iterator[Move]:
        worth = min(piece.end - piece.start, 14) * 0.07 - self.evidence.title_cost(index)
        if state.title == 1:
            yield index + 1, state.in_title(worth, index, index + 1)
        else:
            yield index + 1, self._begin(state, index, index + 1, worth)

    def _title_over(self, state: State, index: int, piece: Piece) -> Iterator[Move]:
        if piece.kind is Kind.SEPARATOR and state.title == 1 and piece.cost < 40:
            yield index + 1, state.in_title(-piece.cost, index, index + 1)
        elif piece.kind is Kind.OPEN and piece.jump > 0:
            worth = -self.evidence.bracket_cost(index + 1, piece.jump - 1)
            if state.title == 1:
                worth -= 1.5 if self.items[index - 1].kind is not Kind.TEXT else 0.0
                yield piece.jump, state.in_title(worth, index, piece.jump)
            elif state.title == 0 and worth > -20:
                yield piece.jump, self._begin(state, index, piece.jump, worth)

    def _begin(self, state: State, first: int, end: int, worth: float) -> State:
        worth += 2.0
        if first and self.line.norm[self.items[first].start - 1] == "(" and state.last == "c":
            worth -= 2.0
        if state.gap == 0 and not (state.last == "u" and self.evidence.stands_quoted(first, end)):
            worth -= _TITLE_RUNS_ON.get(state.last, 0.0)
        elif state.last == "u" and self._lists_units(first):
            worth -= 9.0
        met = state.meet(_TITLE)
        new = state.in_title(worth + met.worth, first, end)
        new.expect, new.firm = met.expect, met.firm
        return new

    def _lists_units(self, first: int) -> bool:
        """县教体局、|县卫健局联合开展…: one acting body of several, no field before a title."""
        piece = self.items[first]
        return piece.kind is Kind.UNIT and self.line.norm[piece.start - 1] == "、"

    # Labels.

    def _label(self, state: State, index: int, label: Label, end: int) -> Iterator[Move]:
        worth = 1.0 if label.firm else -0.3
        if label.bracketed and not label.colon and _is_bare_person(state):
            yield end, state.aside(3.0, Step("role", index, end, label, state.trail))
            worth -= 2.0
        if label.glued and not label.firm:
            worth -= 0.8 if label.weak else 0.2
            worth += 1.0 if label.colon else 0.0
        if label.fields == ("title",) and not label.firm:
            worth += 0.9 if self.evidence.other_labels else -0.9
        if state.expect:
            worth -= 0.3 if state.firm else 6.0
        new = state.aside(worth, Step("l", index, end, label, state.trail))
        new.expect = () if label.fields == ("other",) else label.fields
        new.firm, new.last, new.gap = label.firm, "l", 0
        yield end, new

    # Unit.

    def _unit(self, state: State, index: int, piece: Piece, mention: Mention) -> Iterator[Move]:
        announced = "unit" in state.expect
        if mention.unit is None and not (announced or self._stands_as_unit(index, piece)):
            return
        worth = self._unit_worth(mention, piece, announced) + self._unit_place(state, index, piece)
        if state.unit:
            again = mention.unit is not None and self.evidence.named_before(index, mention.unit)
            worth -= 1.5 if state.last == "u" or announced else 1.5 if again else 8.0
        step = Step("u", index, index + 1, mention.unit, state.trail)
        yield index + 1, state.field(worth, state.meet(_UNIT), "u", step)

    def _unit_worth(self, mention: Mention, piece: Piece, announced: bool) -> float:
        if mention.unit is None:
            return _OFF_ROSTER_WORTH if piece.kind is Kind.UNIT else _SHAPED_WORTH
        worth = _UNIT_WORTH[mention.strength] + (0.6 if mention.unit in self.known.units else 0.0)
        if mention.strength is Strength.CORE and self.evidence.sure_unit and not announced:
            worth -= 2.0
        return worth

    def _unit_place(self, state: State, index: int, piece: Piece) -> float:
        """A unit that runs on from a title is mostly part of it, unless name and number follow as closely."""
        if state.gap or state.last in ("", "l", "c", "p", "u"):
            return 0.0
        if state.last != "t":
            return -2.0
        ended = self.line.norm[piece.start - 1] in "?!》”"
        return -1.5 if ended or self.evidence.name_follows(index + 1) else -7.0

    def _stands_as_unit(self, index: int, piece: Piece) -> bool:
        return piece.clear_left and (piece.clear_right or self.evidence.name_follows(index + 1))

    # Numbers.

    def _number(self, state: State, index: int, piece: Piece) -> Iterator[Move]:
        assert piece.number
        worth = self._number_worth(state, piece)
        if worth <= _NEVER:
            return
        step = Step("c", index, index + 1, piece.number, state.trail)
        if piece.number.kind is NumberKind.ADDRESS:
            yield index + 1, state.aside(worth, step)
        else:
            yield index + 1, state.field(worth, state.meet(CONTACTS), "c", step)

    def _number_worth(self, state: State, piece: Piece) -> float:
        assert piece.number
        announced = bool(CONTACTS & set(state.expect))
        kind, value = piece.number.kind, piece.number.value
        if kind is NumberKind.LOCAL:
            worth = 3.0 if piece.clear_left or piece.clear_right or state.last in ("p", "u") else 1.0
            worth -= 1.0 if state.gap == 0 and state.last == "t" else 0.0
            return worth - (1.5 if len(value.split("转")[0]) == 8 and not announced else 0.0)
        if kind is NumberKind.SHORT:
            in_place = state.last in ("p", "c") and piece.clear_left and piece.clear_right
            return 2.5 if announced else 1.0 if in_place and len(value) == 6 else _NEVER
        if kind is NumberKind.BAD:
            return 1.0 if announced or piece.clear_left or piece.clear_right else _NEVER
        return _NUMBER_WORTH[kind]

    # People.

    def _person(self, state: State, index: int, end: int, reading: PersonReading) -> Iterator[Move]:
        worth = self._person_worth(state, index, end)
        if reading.names and reading.score <= 0 and self.evidence.name_next(end):
            return
        if worth > _NEVER:
            yield self._person_move(state, index, end, reading.names, worth + reading.score)

    def _person_move(self, state: State, index: int, end: int, names: tuple[str, ...], worth: float) -> Move:
        role = next((f for f in state.expect if f in PEOPLE), "person")
        step = Step(role, index, end, names, state.trail)
        last = "p" if role in ("person", "liaison") else "r"
        return end, state.field(worth, state.meet(PEOPLE), last, step)

    def _person_worth(self, state: State, index: int, end: int) -> float:
        """What the place is worth, whoever stands there: beside a unit or a number is where people stand."""
        piece = self.items[index]
        announced = bool(PEOPLE & set(state.expect))
        runs_on_from_title = state.gap == 0 and state.last == "t"
        if runs_on_from_title and not piece.suffix and not self.evidence.after_bracket(index):
            return _NEVER
        worth = -1.2 if runs_on_from_title else -1.0 if piece.suffix and not announced else 0.0
        worth += 0.8 if state.last in ("u", "c", "p") else 0.0
        worth += 0.8 if self.evidence.number_next(end) else 0.0
        worth -= 3.0 if self.evidence.runs_on(end) else 0.0
        if state.last == "p" and "·" in self.line.norm[self.items[index - 1].start : piece.start]:
            worth -= 3.0
        return worth - (_another_person(state) if state.person and not announced else 0.0)

    # What a firm label announces and nothing else explains; what is neither field nor title.

    def _stated(self, state: State, index: int, piece: Piece) -> Iterator[Move]:
        announced = state.expect[0]
        if announced in PEOPLE and not self.evidence.people(index):
            names = self._plain_name(piece)
            if names is not None:
                yield self._person_move(state, index, index + 1, names, 0.5)
        elif announced == "unit" and not piece.whole:
            end = index + 1
            while self.evidence.kind(end) in (Kind.TEXT, Kind.UNIT) and end not in self.labels:
                end += 1
            yield end, state.field(0.0, state.meet(_UNIT), "u", Step("u", index, end, None, state.trail))

    def _plain_name(self, piece: Piece) -> tuple[str, ...] | None:
        """After 报送人： a name that no surname proves (阿依古丽), or none where an office or 无 stands."""
        norm = self.evidence.norm(piece)
        if self.words.rank_only.match(norm) or norm in ("无", "空", "暂无"):
            return ()
        han = all("\u3400" <= c <= "\u9fff" for c in norm)
        if han and 2 <= len(norm) <= 8 and (piece.clear_right or len(norm) <= 4):
            return (self.line.text[piece.start : piece.end],)
        return None

    def _aside(self, state: State, index: int) -> Move:
        near, far, about_number = self.evidence.aside(index)
        worth = near if state.last in ("p", "u", "c", "r", "l") else far
        beside = state.last == "c" or self.evidence.number_next(index + 1)
        if about_number and beside and state.last in ("c", "p", "u", "l"):
            worth = 1.0
        if worth < -2.0 and state.last == "u" and state.gap == 0:
            worth -= 6.0
        step = Step("j", index, index + 1, "aside" if worth > 0 else None, state.trail)
        return index + 1, state.aside(worth, step)


def _another_person(state: State) -> float:
    """What a second person costs: little beside the first or its number, more elsewhere."""
    if state.last in ("p", "c") and state.gap <= 1:
        return 0.4
    return 1.5 if state.last == "p" else 4.0


def _is_bare_person(state: State) -> bool:
    """Whether the last step took a person whom no label announced."""
    last = state.trail
    return last is not None and last.what == "person" and (last.before is None or last.before.what != "l")


def _finish(state: State) -> Walk:
    steps = []
    step = state.trail
    while step:
        steps.append(step)
        step = step.before
    unanswered = 3.0 if state.expect and not state.firm else 0.0
    untitled = 1.2 if not state.title and sum(step.what == "person" for step in steps) > 1 else 0.0
    return Walk(state.score - unanswered - untitled, steps[::-1])
