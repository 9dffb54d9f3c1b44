"""The best reading of a subject: a beam search over its pieces, each step scored by the evidence for it.

A reading is a walk from the first piece to the last.  Each step takes a piece (or a few) as title, unit, person,
number, label or nothing; one title only, and it is one stretch.  The walk with the highest sum is the reading,
and its lead over the next different one is the confidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

from mailbot.intake._line import Line
from mailbot.intake._people import PersonReading, name_score, read_person
from mailbot.intake._phones import NumberKind
from mailbot.intake._pieces import Kind, Label, Piece, Pieces
from mailbot.intake._vocabulary import Vocabulary
from mailbot.roster import Strength

_BEAM = 10
_NARROW_BEAM = 3
_MANY_PIECES = 90
_HOPELESS = 13.0
"""A walk this far behind the best at the same place is given up."""
_FORBIDDEN = -100.0
_PEOPLE = frozenset({"person", "liaison", "reviewer", "signer"})
_CONTACTS = frozenset({"contact", "short_number"})
_LIKED_UNIT = 0.6


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the sender: it may decide between two readings, and never adds a field."""

    names: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()


NOBODY = Known()


@dataclass(slots=True)
class State:
    """A walk so far.  `trail` is a linked list of steps (what, first piece, end piece, value)."""

    score: float
    title: int
    """0 none yet, 1 running, 2 done."""
    unit: bool
    person: bool
    expect: tuple[str, ...]
    firm: bool
    last: str
    gap: int
    """Since the last field: 0 nothing, 1 light separators, 2 others."""
    trail: Trail | None

    def key(self) -> tuple[object, ...]:
        return (self.title, self.unit, self.person, self.expect, self.firm, self.last, self.gap)


_by_score = attrgetter("score")


@dataclass(slots=True)
class Trail:
    """One step back."""

    what: str
    first: int
    end: int
    value: object
    before: Trail | None


def _is_bare_person(state: State) -> bool:
    """Whether the last step took a person whom no label announced."""
    last = state.trail
    return last is not None and last.what == "person" and (last.before is None or last.before.what != "l")


@dataclass(slots=True)
class Walk:
    """A finished walk: its steps in order."""

    score: float
    steps: list[Trail]


class Search:
    """One subject's search.  `steps` counts what was tried: the measure that its cost is linear."""

    def __init__(self, line: Line, pieces: Pieces, words: Vocabulary, known: Known) -> None:
        self.line = line
        self.items = pieces.items
        self.labels = pieces.labels
        self.words = words
        self.known = known
        self.steps = 0
        self._asides: dict[int, tuple[float, float, bool]] = {}
        self._people: dict[int, list[tuple[int, PersonReading]]] = {}
        self._sure_unit = any(
            p.mention and p.mention.unit and p.clear_left and p.clear_right for p in self.items
        )
        self._firm_labels = sum(1 for label, _ in self.labels.values() if label.fields != ("title",))

    def run(self) -> list[Walk]:
        """The finished walks, best first."""
        count = len(self.items)
        beams: list[dict[tuple[object, ...], State]] = [{} for _ in range(count + 1)]
        start = State(0.0, 0, False, False, (), False, "", 2, None)
        beams[0][start.key()] = start
        width = _BEAM if count <= _MANY_PIECES else _NARROW_BEAM
        for index in range(count):
            states = sorted(beams[index].values(), key=_by_score, reverse=True)[:width]
            beams[index] = {}
            floor = states[0].score - _HOPELESS if states else 0.0
            for state in states:
                if state.score < floor:
                    break
                for end, new in self._steps(state, index):
                    self.steps += 1
                    key = new.key()
                    held = beams[end].get(key)
                    if held is None or held.score < new.score:
                        beams[end][key] = new
        return self._finish(beams[count])

    def _finish(self, beam: dict[tuple[object, ...], State]) -> list[Walk]:
        walks = []
        for state in beam.values():
            score = state.score - (3.0 if state.expect and not state.firm else 0.0)
            steps = []
            trail = state.trail
            while trail:
                steps.append(trail)
                trail = trail.before
            walks.append(Walk(score, steps[::-1]))
        return sorted(walks, key=lambda walk: -walk.score)

    def _steps(self, state: State, index: int) -> Iterator[tuple[int, State]]:
        piece = self.items[index]
        placed = self.labels.get(index)
        if placed:
            yield from self._label(state, index, *placed)
        if piece.kind in (Kind.SEPARATOR, Kind.OPEN, Kind.CLOSE):
            yield index + 1, self._pass(state, piece)
            yield from self._title_over(state, index, piece)
            return
        yield from self._title(state, index, piece)
        yield from self._unit(state, index, piece)
        yield from self._number(state, index, piece)
        yield from self._person(state, index)
        yield from self._stated(state, index)
        yield from self._aside(state, index, piece)

    def _pass(self, state: State, piece: Piece) -> State:
        gap = max(state.gap, 1 if piece.light else 2)
        title = 2 if state.title == 1 else state.title
        return State(
            state.score,
            title,
            state.unit,
            state.person,
            state.expect,
            state.firm,
            state.last,
            gap,
            state.trail,
        )

    # -- title

    def _title_over(self, state: State, index: int, piece: Piece) -> Iterator[tuple[int, State]]:
        """A running title across a separator, or a title across or from a whole bracket."""
        if piece.kind is Kind.OPEN and piece.jump > 0:
            yield from self._title_jump(state, index, piece)
        elif piece.kind is Kind.SEPARATOR and state.title == 1 and piece.cost < 40:
            yield index + 1, self._title_step(state, index, index + 1, -piece.cost)

    def _title_jump(self, state: State, index: int, piece: Piece) -> Iterator[tuple[int, State]]:
        worth = -self._bracket_cost(index + 1, piece.jump - 1)
        if state.title == 1:
            worth -= 1.5 if self.items[index - 1].kind is not Kind.TEXT else 0.0
            yield piece.jump, self._title_step(state, index, piece.jump, worth)
        elif state.title == 0 and worth > -20:
            yield piece.jump, self._begin_title(state, index, piece.jump, worth)

    def _bracket_cost(self, first: int, last: int) -> float:
        cost = 0.2
        for index in range(first, last):
            piece = self.items[index]
            if piece.kind is Kind.NUMBER and piece.number and piece.number.kind is not NumberKind.SHORT:
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
        piece = self.items[index]
        mention = piece.mention if piece.kind is Kind.UNIT else piece.whole
        if mention:
            if mention.strength is Strength.CORE:
                return 0.3 if self._sure_unit else 1.0
            return 2.0 if mention.unit else 1.0
        people = self._people_at(index)
        return max((max(0.0, r.score) * 0.5 for end, r in people if end == index + 1), default=0.0)

    def _title(self, state: State, index: int, piece: Piece) -> Iterator[tuple[int, State]]:
        if state.title == 2:
            return
        worth = min(piece.end - piece.start, 14) * 0.07 - self._title_cost(index, piece)
        if state.title == 1:
            yield index + 1, self._title_step(state, index, index + 1, worth)
        else:
            yield index + 1, self._begin_title(state, index, index + 1, worth)

    def _title_cost(self, index: int, piece: Piece) -> float:
        placed = self.labels.get(index)
        cost = 5.0 if placed and placed[0].firm else 0.0
        if piece.clear_left and placed and not placed[0].firm and self._piece_kind(index + 1) is Kind.NUMBER:
            cost += 2.5
        elif piece.clear_left and piece.clear_right and self._is_aside(index):
            cost += 2.0
        if piece.kind is Kind.NUMBER and piece.number:
            cost += {
                NumberKind.MOBILE: 7,
                NumberKind.LANDLINE: 7,
                NumberKind.LOCAL: 4,
                NumberKind.ADDRESS: 5,
            }.get(piece.number.kind, 1)
        elif piece.clear_left and piece.clear_right:
            cost += self._field_like(index) * 0.7
        if piece.end - piece.start == 1 and piece.clear_left and piece.clear_right:
            cost += 1.0
        return cost

    def _begin_title(self, state: State, first: int, end: int, worth: float) -> State:
        worth += 2.0
        if state.gap == 0:
            worth -= {"u": 14.0, "p": 3.0, "c": 0.5, "r": 3.0}.get(state.last, 0.0)
        elif (
            state.last == "u"
            and self.items[first].kind is Kind.UNIT
            and self.line.norm[self.items[first].start - 1] == "、"
        ):
            worth -= 9.0
        worth, expect, firm = self._meet(state, frozenset({"title"}), worth)
        trail = Trail("t", first, end, None, state.trail)
        return State(state.score + worth, 1, state.unit, state.person, expect, firm, "t", 0, trail)

    def _title_step(self, state: State, first: int, end: int, worth: float) -> State:
        trail = Trail("t", first, end, None, state.trail)
        return State(
            state.score + worth, 1, state.unit, state.person, state.expect, state.firm, "t", 0, trail
        )

    # -- labels

    def _meet(
        self, state: State, fields: frozenset[str], worth: float
    ) -> tuple[float, tuple[str, ...], bool]:
        """The worth of a field under what the last label announced, and what is still announced after it."""
        if not state.expect:
            return worth, (), False
        for place, announced in enumerate(state.expect):
            if announced in fields or (announced in _CONTACTS and fields & _CONTACTS):
                rest = state.expect[place + 1 :]
                return worth + (2.5 if state.firm else 1.2) - 0.3 * place, rest, bool(rest) and state.firm
        return worth - (1.0 if state.firm else 6.0), (), False

    def _label(self, state: State, index: int, label: Label, end: int) -> Iterator[tuple[int, State]]:
        worth = 1.0 if label.firm else -0.3
        if label.bracketed and not label.colon and _is_bare_person(state):
            trail = Trail("role", index, end, label, state.trail)
            yield end, self._with(state, state.score + 3.0, trail)
            worth -= 2.0
        if label.glued and not label.firm:
            worth -= 0.8 if label.weak else 0.2
            worth += 1.0 if label.colon else 0.0
        if label.fields == ("title",) and not label.firm:
            worth += 0.9 if self._firm_labels else -0.9
        if state.expect:
            worth -= 0.3 if state.firm else 6.0
        title = 2 if state.title == 1 else state.title
        firm = label.firm
        expect = label.fields
        if expect == ("other",):
            expect = ()
        trail = Trail("l", index, end, label, state.trail)
        yield end, State(state.score + worth, title, state.unit, state.person, expect, firm, "l", 0, trail)

    def _with(self, state: State, score: float, trail: Trail) -> State:
        title = 2 if state.title == 1 else state.title
        return State(
            score, title, state.unit, state.person, state.expect, state.firm, state.last, state.gap, trail
        )

    # -- unit

    def _unit(self, state: State, index: int, piece: Piece) -> Iterator[tuple[int, State]]:
        mention = piece.mention if piece.kind is Kind.UNIT else piece.whole
        if mention is None:
            return
        worth = self._unit_worth(state, index, piece)
        if worth <= _FORBIDDEN:
            return
        worth, expect, firm = self._meet(state, frozenset({"unit"}), worth)
        trail = Trail("u", index, index + 1, mention.unit, state.trail)
        title = 2 if state.title == 1 else state.title
        yield index + 1, State(state.score + worth, title, True, state.person, expect, firm, "u", 0, trail)

    def _unit_worth(self, state: State, index: int, piece: Piece) -> float:
        mention = piece.mention if piece.kind is Kind.UNIT else piece.whole
        assert mention
        labelled = "unit" in state.expect
        if mention.unit is None:
            worth = 3.0 if piece.kind is Kind.UNIT else 0.9
        else:
            worth = {Strength.FULL: 5.0, Strength.SHORT: 4.3, Strength.CORE: 2.0}[mention.strength]
            if self._sure_unit and mention.strength is Strength.CORE and not labelled:
                worth -= 2.0
            worth += _LIKED_UNIT if mention.unit in self.known.units else 0.0
        if state.unit:
            worth += self._second_unit(state)
        if state.gap == 0 and state.last == "t":
            ended = self.line.norm[piece.start - 1] in "?!》”"
            worth -= 1.5 if self._name_follows(index + 1) or ended else 7.0
        elif state.gap == 0 and state.last not in ("", "l", "c", "p", "u"):
            worth -= 2.0
        if (
            mention.unit is None
            and not labelled
            and not (piece.clear_left and (piece.clear_right or self._name_follows(index + 1)))
        ):
            return _FORBIDDEN
        return worth

    def _second_unit(self, state: State) -> float:
        if state.last == "u" or "unit" in state.expect:
            return -1.5
        return -8.0

    def _name_follows(self, index: int) -> bool:
        """Whether a number, or a name that a number or the end follows, runs straight on."""
        if index >= len(self.items):
            return False
        piece = self.items[index]
        if piece.kind is Kind.NUMBER:
            return True
        return piece.kind is Kind.TEXT and any(r.score > 0 for _, r in self._people_at(index))

    # -- number

    def _number(self, state: State, index: int, piece: Piece) -> Iterator[tuple[int, State]]:
        number = piece.number
        if not number:
            return
        worth = self._number_worth(state, piece)
        if worth <= _FORBIDDEN:
            return
        if number.kind is NumberKind.ADDRESS:
            expect, firm = state.expect, state.firm
        else:
            worth, expect, firm = self._meet(state, _CONTACTS, worth)
        trail = Trail("c", index, index + 1, number, state.trail)
        title = 2 if state.title == 1 else state.title
        yield (
            index + 1,
            State(state.score + worth, title, state.unit, state.person, expect, firm, "c", 0, trail),
        )

    def _number_worth(self, state: State, piece: Piece) -> float:
        assert piece.number
        announced = bool(_CONTACTS & set(state.expect))
        kind = piece.number.kind
        if kind is NumberKind.LOCAL:
            worth = 3.0 if piece.clear_left or piece.clear_right or state.last in ("p", "u") else 1.0
            worth -= 1.0 if state.gap == 0 and state.last == "t" else 0.0
            return worth - (1.5 if len(piece.number.value.split("转")[0]) == 8 and not announced else 0.0)
        if kind is NumberKind.SHORT:
            if announced:
                return 2.5
            near = state.last in ("p", "c") and piece.clear_left and piece.clear_right
            return 1.0 if near and len(piece.number.value) == 6 else _FORBIDDEN
        if kind is NumberKind.BAD:
            return 1.0 if announced or piece.clear_left or piece.clear_right else _FORBIDDEN
        return {NumberKind.MOBILE: 4.0, NumberKind.LANDLINE: 3.8, NumberKind.ADDRESS: 1.0}[kind]

    # -- person

    def _person(self, state: State, index: int) -> Iterator[tuple[int, State]]:
        for end, reading in self._people_at(index):
            worth = self._person_worth(state, index, end, reading)
            if worth <= _FORBIDDEN:
                continue
            yield self._person_step(state, index, end, reading, worth)

    def _person_step(
        self, state: State, index: int, end: int, reading: PersonReading, worth: float
    ) -> tuple[int, State]:
        role = next((f for f in state.expect if f in _PEOPLE), "person")
        worth, expect, firm = self._meet(state, _PEOPLE, worth)
        trail = Trail(role, index, end, reading.names, state.trail)
        title = 2 if state.title == 1 else state.title
        person = state.person or role == "person"
        last = "p" if role in ("person", "liaison") else "r"
        return end, State(state.score + worth, title, state.unit, person, expect, firm, last, 0, trail)

    def _person_worth(self, state: State, index: int, end: int, reading: PersonReading) -> float:
        worth = reading.score
        piece = self.items[index]
        announced = bool(_PEOPLE & set(state.expect))
        if state.gap == 0 and state.last == "t":
            if not piece.suffix:
                return _FORBIDDEN
            worth -= 1.2
        elif piece.suffix and not announced:
            worth -= 1.0
        if state.last in ("u", "c", "p"):
            worth += 0.8
        if self._number_next(end):
            worth += 0.8
        if not (
            self.items[end - 1].clear_right or self._piece_kind(end) is not Kind.TEXT or end in self.labels
        ):
            worth -= 3.0
        if state.last == "p" and "·" in self.line.norm[self.items[index - 1].start : piece.start]:
            worth -= 3.0
        if state.person and not announced:
            worth -= 0.4 if state.last in ("p", "c") and state.gap <= 1 else 1.5 if state.last == "p" else 4.0
        return worth

    def _piece_kind(self, index: int) -> Kind | None:
        return self.items[index].kind if index < len(self.items) else None

    def _number_next(self, index: int) -> bool:
        while index < len(self.items) and self.items[index].kind in (Kind.SEPARATOR, Kind.OPEN, Kind.CLOSE):
            index += 1
        return index < len(self.items) and (self.items[index].kind is Kind.NUMBER or index in self.labels)

    def _people_at(self, index: int) -> list[tuple[int, PersonReading]]:
        if index not in self._people:
            self._people[index] = list(self._read_people(index))
        return self._people[index]

    def _read_people(self, index: int) -> Iterator[tuple[int, PersonReading]]:
        for end in self._name_ends(index):
            first, last = self.items[index], self.items[end - 1]
            text = self.line.text[first.start : last.end]
            norm = self.line.norm[first.start : last.end]
            dotted = end > index + 1 and any(
                "·" in self.line.norm[p.start : p.end] or "." in self.line.norm[p.start : p.end]
                for p in self.items[index:end]
                if p.kind is Kind.SEPARATOR
            )
            if dotted:
                reading = self._dotted(index, end, text, norm)
            elif end > index + 1:
                reading = self._spaced(text, norm)
            else:
                reading = read_person(text, norm, self.words, self.known.names)
            if reading:
                yield end, reading

    def _name_ends(self, index: int) -> Iterator[int]:
        if self.items[index].kind is not Kind.TEXT or self.items[index].end - self.items[index].start > 18:
            return
        end = index + 1
        yield end
        for _ in range(3):
            if (
                end + 1 >= len(self.items)
                or self.items[end].kind is not Kind.SEPARATOR
                or self.items[end + 1].kind is not Kind.TEXT
            ):
                return
            if self.line.norm[self.items[end].start : self.items[end].end].strip(" ·."):
                return
            end += 2
            yield end

    def _spaced(self, text: str, norm: str) -> PersonReading | None:
        """赵 敏, 欧阳 静, 张 三 丰: one name typed with spaces."""
        parts = norm.split()
        joined = "".join(parts)
        head = parts[0]
        if (
            len(joined) > 4
            or not (len(head) == 1 or head in self.words.compound)
            or any(len(p) > 2 for p in parts)
        ):
            return None
        reading = read_person("".join(text.split()), joined, self.words, self.known.names)
        return PersonReading(reading.names, reading.score + 0.6) if reading else None

    def _dotted(self, index: int, end: int, text: str, norm: str) -> PersonReading | None:
        """古丽娜尔·艾山: the dot of ethnic names, whatever was typed."""
        dots = [i for i in range(index, end) if self.items[i].kind is Kind.SEPARATOR]
        around = [
            i for i in (index - 1, end) if 0 <= i < len(self.items) and self.items[i].kind is Kind.SEPARATOR
        ]
        dotted_around = any("·" in self.line.norm[self.items[i].start : self.items[i].end] for i in around)
        parts = [p.strip() for p in norm.replace(".", "·").split("·")]
        if (
            not all(2 <= len(p) <= 6 and all("\u3400" <= c <= "\u9fff" for c in p) for p in parts)
            or len(dots) != len(parts) - 1
        ):
            return None
        if dotted_around and (len(parts[0]) < 3 or name_score(parts[0], self.words) is not None):
            return None
        written = "".join(text.split())
        for place in range(len(written)):
            if self.words.fold(written[place]) in "·.":
                written = written[:place] + "·" + written[place + 1 :]
        return PersonReading((written,), 1.0 if dotted_around else 2.4)

    # -- what a firm label announces and nothing else explains; what is neither field nor title

    def _stated(self, state: State, index: int) -> Iterator[tuple[int, State]]:
        """After 报送人： or 报送单位： whatever stands there up to the next separator."""
        if not (state.firm and state.expect):
            return
        piece = self.items[index]
        field = state.expect[0]
        if piece.kind is not Kind.TEXT:
            return
        if field in _PEOPLE and not self._people_at(index):
            names = self._plain_name(piece)
            if names is not None:
                yield self._person_step(state, index, index + 1, PersonReading(names, 0.5), 0.5)
        elif field == "unit" and not piece.whole:
            end = index + 1
            while (
                end < len(self.items)
                and self.items[end].kind in (Kind.TEXT, Kind.UNIT)
                and end not in self.labels
            ):
                end += 1
            trail = Trail("u", index, end, None, state.trail)
            rest = state.expect[1:]
            yield (
                end,
                State(
                    state.score + 2.5,
                    2 if state.title == 1 else state.title,
                    True,
                    state.person,
                    rest,
                    bool(rest),
                    "u",
                    0,
                    trail,
                ),
            )

    def _plain_name(self, piece: Piece) -> tuple[str, ...] | None:
        norm = self.line.norm[piece.start : piece.end]
        if self.words.rank_only.match(norm) or norm in ("无", "空", "暂无"):
            return ()
        if (
            2 <= len(norm) <= 8
            and all("\u3400" <= c <= "\u9fff" for c in norm)
            and (piece.clear_right or len(norm) <= 4)
        ):
            return (self.line.text[piece.start : piece.end],)
        return None

    def _aside(self, state: State, index: int, piece: Piece) -> Iterator[tuple[int, State]]:
        """A piece taken as nothing: ranks, remarks on a number, or what no field explains."""
        if index not in self._asides:
            self._asides[index] = self._aside_worth(piece)
        near, far, about_number = self._asides[index]
        if about_number and state.last in ("c", "p", "u"):
            worth = 1.0
        else:
            worth = near if state.last in ("p", "u", "c", "r", "l") else far
        if worth < -2.0 and state.last == "u" and state.gap == 0:
            worth -= 6.0
        title = 2 if state.title == 1 else state.title
        trail = Trail("j", index, index + 1, "aside" if worth > 0 else None, state.trail)
        yield (
            index + 1,
            State(
                state.score + worth,
                title,
                state.unit,
                state.person,
                state.expect,
                state.firm,
                state.last,
                state.gap,
                trail,
            ),
        )

    def _is_aside(self, index: int) -> bool:
        if index not in self._asides:
            self._asides[index] = self._aside_worth(self.items[index])
        return self._asides[index][0] > 0

    def _aside_worth(self, piece: Piece) -> tuple[float, float, bool]:
        """What taking the piece as nothing costs beside a field and elsewhere; whether it remarks on a number."""
        norm = self.line.norm[piece.start : piece.end]
        size = piece.end - piece.start
        if piece.kind is Kind.TEXT and self.words.rank_only.match(norm):
            return 0.8, -1.0, norm in _SAME_NUMBER
        cost = -2.0 if size <= 2 and norm.isascii() else -4.0 - 0.15 * min(size, 20)
        if piece.kind is Kind.UNIT:
            cost -= 5.0
        near = 1.0 if norm in _NOTHING and piece.clear_left else cost
        return near, cost, norm in _SAME_NUMBER


_NOTHING = frozenset({"无", "空", "暂无", "略", "同上"})
_SAME_NUMBER = frozenset(
    [
        "微信同号",
        "同号",
        "同微信",
        "微信同步",
        "(微信同号)",
        "微信",
        "同",
        "微信手机同号",
        "手机",
        "办公室",
        "办公",
        "手机同微信",
        "微信号同",
        "手机号",
        "办",
        "办公电话",
        "电话",
        "手机微信同号",
        "v同号",
    ]
)
