"""A subject cut into the pieces that a reading is made of: separators, brackets, numbers, units, text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum

from mailbot.intake._labels import Label, find_labels
from mailbot.intake._line import BLANK, CLOSERS, PAIRS, QUOTES, SEPARATORS, Line, cuts
from mailbot.intake._people import name_score
from mailbot.intake._phones import Number, NumberKind
from mailbot.intake._vocabulary import Vocabulary
from mailbot.roster import Mention, Roster


class Kind(IntEnum):
    """What a piece is."""

    TEXT = 0
    UNIT = 1
    NUMBER = 2
    SEPARATOR = 3
    OPEN = 4
    CLOSE = 5


@dataclass(slots=True)
class Piece:
    """text[start:end].  `clear_left`, `clear_right`: set off there by a separator, a bracket or the edge."""

    start: int
    end: int
    kind: Kind
    mention: Mention | None = None
    number: Number | None = None
    cost: float = 0.0
    """Separators: what it costs a title to run across."""
    light: bool = False
    """Separators: such as stand between two names or two numbers."""
    jump: int = -1
    """Opening brackets: index of the piece after the closing one."""
    clear_left: bool = False
    clear_right: bool = False
    whole: Mention | None = None
    """Text that is, set off on both sides, a way to write a unit."""
    suffix: bool = False
    """A name split off the end of running text."""


@dataclass(slots=True)
class Pieces:
    """The pieces in order, and the labels by the index of the piece they begin at."""

    items: list[Piece]
    labels: dict[int, tuple[Label, int]] = field(default_factory=dict)


_COSTS = {
    " ": 0.7, "-": 1.0, "_": 1.8, "+": 0.7, "/": 0.8, "\\": 1.2, "|": 2.2, "、": 0.4, ",": 0.7, ";": 1.5,
    "。": 0.8, ":": 0.5,
    "·": 0.5, "…": 0.3, "~": 0.6, ">": 1.0, "*": 1.0, "&": 0.4, ".": 0.5, "=": 1.0, "#": 0.8,
}  # fmt: skip
_LIGHT = frozenset(" 、/,&+;·和")
_STRONG = frozenset({NumberKind.MOBILE, NumberKind.LANDLINE})


def quoted_places(line: Line, numbers: list[Number], words: Vocabulary, roster: Roster) -> bytearray:
    """1 for each place inside a quotation that belongs to a title as a whole."""
    inside = bytearray(len(line.norm))
    strong = [n.start for n in numbers if n.kind in _STRONG]
    done = -1
    if _all_quoted(line):
        return inside
    for open_ in sorted(line.pairs):
        close = line.pairs[open_]
        if open_ < done or (line.norm[open_] not in QUOTES and line.norm[open_] not in "\"'"):
            continue
        if any(open_ < at < close for at in strong) or _is_field(line, open_, close, words, roster):
            continue
        inside[open_ : close + 1] = b"\x01" * (close + 1 - open_)
        done = close
    return inside


def _all_quoted(line: Line) -> bool:
    """Whether each field stands in quotation marks of its own."""
    quoted = [(o, c) for o, c in line.pairs.items() if line.norm[o] in QUOTES or line.norm[o] in "\"'"]
    size = len(line.norm) - line.norm.count(" ") - line.norm.count(BLANK)
    return len(quoted) > 2 and sum(c - o + 1 for o, c in quoted) > 0.8 * size


def _is_field(line: Line, open_: int, close: int, words: Vocabulary, roster: Roster) -> bool:
    """Whether a quotation is a number, a unit or, by itself, a name: “张伟”, not “田管家”托管…."""
    content = line.norm[open_ + 1 : close]
    if len(content) > 24:
        return False
    if content.replace("-", "").replace(" ", "").isdigit() and len(content) > 6:
        return True
    mention = roster.whole(content)
    if mention and mention.unit:
        return True
    runs_on = (open_ > 0 and not cuts(line.norm, open_ - 1)) or (
        close + 1 < len(line.norm) and not cuts(line.norm, close + 1)
    )
    return not runs_on and (name_score(content, words) or 0) > 2.2 and len(content) < 4


def text_segments(line: Line, inside: bytearray, numbers: list[Number]) -> list[tuple[int, int]]:
    """The stretches between separators, brackets and telephone numbers."""
    found, start = [], -1
    edges = {at for n in numbers if n.kind in _STRONG for at in (n.start - 1, n.end)}
    for at in range(len(line.norm)):
        cut = not inside[at] and (cuts(line.norm, at) or (at in edges and line.norm[at] in SEPARATORS))
        if not cut and start < 0:
            start = at
        elif cut and start >= 0:
            found.append((start, at))
            start = -1
    if start >= 0:
        found.append((start, len(line.norm)))
    return found


def cut_up(line: Line, numbers: list[Number], inside: bytearray, words: Vocabulary, roster: Roster) -> Pieces:
    """Cuts the line; linear in its length."""
    labels = find_labels(line, inside, words)
    hidden = list(line.norm)
    for label in labels:
        if label.firm:
            hidden[label.start : label.end] = BLANK * (label.end - label.start)
    for number in numbers:
        if number.kind is not NumberKind.SHORT:
            hidden[number.start : number.end] = BLANK * (number.end - number.start)
    mentions = {m.start: m for m in _mentions(line, "".join(hidden), roster) if not inside[m.start]}
    used = _usable(line, numbers, labels, inside)
    edges = {p for label in labels for p in (label.start, label.end)}
    items = _scan(line, used, mentions, edges, inside)
    _join_units(items, line, words)
    _bound(items, line)
    items = _split_names(items, line, words)
    _bound(items, line)
    _resolve(items, line, roster, labels)
    _match_brackets(items, line)
    _weigh_separators(items, line)
    return Pieces(items, _place(labels, items))


def _mentions(line: Line, hidden: str, roster: Roster) -> Iterator[Mention]:
    """Units named; a short word before one that is not on the roster belongs to it: 国网|郯城县供电公司."""
    for mention in roster.find_in(hidden):
        if mention.unit is not None:
            yield mention
            continue
        start, end = mention.start, mention.end
        while start > 0 and hidden[start - 1] != BLANK and not cuts(line.norm, start - 1):
            start -= 1
        while end < len(hidden) and hidden[end] != BLANK and not cuts(line.norm, end):
            end += 1
        start = start if mention.start - start <= 4 else mention.start
        whole = end > mention.end and roster.shaped_like_a_unit(hidden[start:end])
        yield replace(mention, start=start, end=end if whole else mention.end)


def _usable(line: Line, numbers: list[Number], labels: list[Label], inside: bytearray) -> dict[int, Number]:
    """Numbers that can be contacts where they stand; runs of a few digits only set off or after a label."""
    ends = {label.end for label in labels}
    starts = {label.start for label in labels}
    ends |= {at + 1 for at in _beside(line, numbers)}
    starts |= _beside(line, numbers)
    found = {}
    for number in numbers:
        loose = number.kind in (NumberKind.SHORT, NumberKind.BAD)
        if inside[number.start] or (loose and not _set_off(line, number, ends, starts)):
            continue
        found[number.start] = number
    return found


def _beside(line: Line, numbers: list[Number]) -> set[int]:
    """Places of separators beside a telephone number, also such as join digits elsewhere: 138…/661234."""
    sure = [n for n in numbers if n.kind not in (NumberKind.SHORT, NumberKind.BAD)]
    places = {at for n in sure for at in (n.start - 1, n.end) if 0 <= at < len(line.norm)}
    return {at for at in places if line.norm[at] in SEPARATORS}


def _set_off(line: Line, number: Number, ends: set[int], starts: set[int]) -> bool:
    left = number.start == 0 or number.start in ends or cuts(line.norm, number.start - 1)
    right = number.end == len(line.norm) or number.end in starts or cuts(line.norm, number.end)
    return right and (left or number.kind is NumberKind.BAD)


def _scan(
    line: Line, numbers: dict[int, Number], mentions: dict[int, Mention], edges: set[int], inside: bytearray
) -> list[Piece]:
    items: list[Piece] = []
    beside = _beside(line, list(numbers.values()))
    stops = edges | beside | set(numbers) | set(mentions)
    at, norm = 0, line.norm
    while at < len(norm):
        if at in numbers:
            piece = Piece(at, numbers[at].end, Kind.NUMBER, number=numbers[at])
        elif at in mentions:
            piece = Piece(at, mentions[at].end, Kind.UNIT, mention=mentions[at])
        elif not inside[at] and (at in beside or cuts(norm, at)):
            piece = _separator(line, at, stops, inside)
        else:
            piece = Piece(at, _text_end(line, at, stops, inside), Kind.TEXT)
        items.append(piece)
        at = piece.end
    return items


def _text_end(line: Line, at: int, stops: set[int], inside: bytearray) -> int:
    end = at + 1
    while end < len(line.norm) and end not in stops and (inside[end] or not cuts(line.norm, end)):
        end += 1
    return end


def _separator(line: Line, at: int, stops: set[int], inside: bytearray) -> Piece:
    norm = line.norm
    if norm[at] in PAIRS or norm[at] in CLOSERS:
        if at in line.pairs:
            return Piece(at, at + 1, Kind.OPEN)
        closes = norm[at] in CLOSERS
        return Piece(at, at + 1, Kind.CLOSE if closes else Kind.SEPARATOR, cost=1.0)
    end, cost, light = at, 0.0, True
    while end < len(norm) and (end == at or (end not in stops and not inside[end] and cuts(norm, end))):
        char = norm[end]
        if char in PAIRS or char in CLOSERS:
            break
        cost = max(cost, 50.0 if char == BLANK else _COSTS.get(char, 1.0))
        light = light and char in _LIGHT
        end += 1
    if norm[at:end].strip() == "--":
        cost = 0.6
    return Piece(at, end, Kind.SEPARATOR, cost=cost, light=light)


def _bound(items: list[Piece], line: Line) -> None:
    soft = (Kind.TEXT, Kind.UNIT, Kind.NUMBER)
    for index, piece in enumerate(items):
        piece.clear_left = index == 0 or items[index - 1].kind not in soft
        piece.clear_right = index + 1 == len(items) or items[index + 1].kind not in soft


def _join_units(items: list[Piece], line: Line, words: Vocabulary) -> None:
    """和 between two units separates them."""
    for index in range(1, len(items) - 1):
        piece, around = items[index], (items[index - 1].kind, items[index + 1].kind)
        if around == (Kind.UNIT, Kind.UNIT) and line.norm[piece.start : piece.end] in words.joiners:
            piece.kind, piece.cost, piece.light = Kind.SEPARATOR, 0.3, True


def _weigh_separators(items: list[Piece], line: Line) -> None:
    """A title crosses a separator less readily that also stands beside numbers and units, others more so."""
    beside = set()
    for index, piece in enumerate(items):
        if piece.kind is Kind.SEPARATOR:
            near = items[max(0, index - 1) : index + 2]
            if any(
                n.kind is Kind.NUMBER or ((n.mention or n.whole) and n.clear_left and n.clear_right)
                for n in near
            ):
                beside.add(line.norm[piece.start : piece.end].strip() or " ")
    if not beside:
        return
    for piece in items:
        if piece.kind is Kind.SEPARATOR and piece.cost < 40:
            same = (line.norm[piece.start : piece.end].strip() or " ") in beside
            piece.cost = piece.cost + 0.3 if same else piece.cost * 0.6


def _split_names(items: list[Piece], line: Line, words: Vocabulary) -> list[Piece]:
    """Splits a likely name off running text that a number follows directly: …建设进度|张伟|138…."""
    found: list[Piece] = []
    for index, piece in enumerate(items):
        following = items[index + 1] if index + 1 < len(items) else None
        size = _name_after_quotes(line, piece, words)
        if not size and _before_number(piece, following):
            size = _name_at_end(line.norm[piece.start : piece.end], words)
        if size:
            found.append(Piece(piece.start, piece.end - size, Kind.TEXT))
            found.append(Piece(piece.end - size, piece.end, Kind.TEXT, suffix=True))
        else:
            found.append(piece)
    return found


def _name_after_quotes(line: Line, piece: Piece, words: Vocabulary) -> int:
    """《…》|张伟: the size of what follows a title in book-title marks, where it looks like a name."""
    if piece.kind is not Kind.TEXT or line.norm[piece.start] not in "《〈" or not piece.clear_right:
        return 0
    size = piece.end - line.pairs.get(piece.start, piece.end) - 1
    name = line.norm[piece.end - size : piece.end] if 2 <= size <= 4 else ""
    return size if name and (name_score(name, words) or 0) > 1.0 else 0


def _before_number(piece: Piece, following: Piece | None) -> bool:
    return bool(
        piece.kind is Kind.TEXT
        and piece.end - piece.start > 4
        and following
        and (following.kind is Kind.NUMBER or (following.kind is Kind.OPEN))
    )


def _name_at_end(text: str, words: Vocabulary) -> int:
    best, size = 0.9, 0
    for length in (2, 3, 4):
        if len(text) - length < 2:
            break
        name = text[-length:]
        score = name_score(name, words)
        if score is None:
            continue
        sure = name[0] not in words.rare_surnames and all(c in words.given for c in name[1:])
        quoted = text[-length - 1] in '》”」』"】)'
        if name[:2] in words.compound:
            sure = True
        worth = score - (0 if sure or quoted else 2) + (0.4 if length == 3 else 0)
        if worth > best:
            best, size = worth, length
    return size


def _resolve(items: list[Piece], line: Line, roster: Roster, labels: list[Label]) -> None:
    starts = {label.start for label in labels}
    ends = {label.end for label in labels}
    for piece in items:
        left = piece.clear_left or piece.start in ends
        right = piece.clear_right or piece.end in starts
        if piece.kind is Kind.TEXT and left and right and piece.end - piece.start <= 24:
            piece.whole = roster.whole(line.norm[piece.start : piece.end])


def _match_brackets(items: list[Piece], line: Line) -> None:
    index_of = {piece.start: index for index, piece in enumerate(items)}
    for piece in items:
        if piece.kind is Kind.OPEN:
            close = line.pairs.get(piece.start)
            index = index_of.get(close) if close is not None else None
            piece.jump = index + 1 if index is not None else -1


def _place(labels: list[Label], items: list[Piece]) -> dict[int, tuple[Label, int]]:
    starts = {piece.start: index for index, piece in enumerate(items)}
    ends = {piece.end: index + 1 for index, piece in enumerate(items)}
    placed = {}
    for label in labels:
        if label.start in starts and label.end in ends:
            placed[starts[label.start]] = (label, ends[label.end])
    return placed
