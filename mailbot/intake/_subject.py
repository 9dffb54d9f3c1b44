"""One subject line -> SubjectReading.  The rules meant by number are those of docs/subjects.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailbot.intake._labels import Label
from mailbot.intake._line import BLANK, PAIRS, SEPARATORS, Line, clean, pair_up
from mailbot.intake._noise import (
    strip_courtesy,
    strip_enumerators,
    strip_files,
    strip_head,
    strip_placeholder,
    strip_segments,
)
from mailbot.intake._phones import Number, NumberKind, find_numbers
from mailbot.intake._pieces import Pieces, cut_up, quoted_places, text_segments
from mailbot.intake._search import Search
from mailbot.intake._vocabulary import Vocabulary, vocabulary
from mailbot.intake._walk import NOBODY, Known, Step, Walk
from mailbot.lexicon import Lexicon
from mailbot.model import Correspondent, SubjectReading
from mailbot.roster import Mention, Roster

_CLOSERS = frozenset(PAIRS.values())
_CODE = re.compile(r"(20\d\d)[\])】〕年]{0,2}[第.-]{0,2}(\d{1,4})", re.ASCII)
_TRIM = SEPARATORS | {BLANK, "."}


def read_subject(
    subject: str,
    roster: Roster,
    lexicon: Lexicon,
    *,
    sender_name: str | None = None,
    known: Sequence[Correspondent] = (),
) -> SubjectReading:
    """What the subject states; `sender_name` and `known` only decide between readings, they add nothing."""
    words = vocabulary(lexicon)
    text = clean(subject)
    line = Line(text, words.fold(text))
    if words.machine.match(line.norm.strip()):
        return SubjectReading(title=text.strip() or None)
    liked = Known(
        names=frozenset(n for n in (sender_name, *(c.name for c in known)) if n),
        units=frozenset(c.unit for c in known),
    )
    pieces, walks, _ = walk(line, words, roster, liked)
    return _reading(line, pieces, walks, words, roster)


def walk(
    line: Line, words: Vocabulary, roster: Roster, known: Known = NOBODY
) -> tuple[Pieces, list[Walk], int]:
    """The pieces of a line, its readings, best first (at least one), and the number of steps tried."""
    pieces = _prepare(line, words, roster)
    search = Search(line, pieces, words, known)
    return pieces, search.run(), search.steps


def _prepare(line: Line, words: Vocabulary, roster: Roster) -> Pieces:
    numbers = find_numbers(line.norm)
    line.pairs = pair_up(line.norm, [(n.start, n.end) for n in numbers])
    strip_files(line, words)
    strip_placeholder(line, words)
    strip_head(line, words)
    strip_placeholder(line, words)
    strip_enumerators(line)
    strip_courtesy(line, words, roster)
    inside = quoted_places(line, numbers, words, roster)
    strip_segments(line, words, text_segments(line, inside, numbers))
    numbers = [n for n in numbers if BLANK not in line.norm[n.start : n.end]]
    return cut_up(line, numbers, inside, words, roster)


@dataclass(slots=True)
class _Gathered:
    """What the steps of a walk state, in order."""

    units: list[str | None] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    liaisons: list[str] = field(default_factory=list)
    roles: dict[str, str] = field(default_factory=dict)
    numbers: list[Number] = field(default_factory=list)
    title: tuple[int, int] | None = None


def _gather(line: Line, pieces: Pieces, steps: list[Step]) -> _Gathered:
    found = _Gathered()
    for step in steps:
        start, end = pieces.items[step.first].start, pieces.items[step.end - 1].end
        if step.what == "t":
            found.title = (found.title[0] if found.title else start, end)
        elif step.what == "u":
            found.units.append(step.value if isinstance(step.value, str) else None)
            found.written.append(line.text[start:end].strip())
        elif step.what == "c" and isinstance(step.value, Number):
            found.numbers.append(step.value)
        elif step.what == "role":
            _reassign(found, step.value)
        elif isinstance(step.value, tuple):
            _gather_people(found, step.what, step.value)
    return found


def _reassign(found: _Gathered, label: object) -> None:
    """李某（审核）: the role named behind a person takes the person."""
    role = label.fields[0] if isinstance(label, Label) else ""
    if role in ("reviewer", "signer") and found.people:
        found.roles.setdefault(role, found.people.pop())


def _gather_people(found: _Gathered, role: str, names: tuple[str, ...]) -> None:
    if role == "person":
        found.people.extend(names)
    elif role == "liaison":
        found.liaisons.extend(names)
    elif names:
        found.roles.setdefault(role, names[0])


def _reading(
    line: Line, pieces: Pieces, walks: list[Walk], words: Vocabulary, roster: Roster
) -> SubjectReading:
    found = _gather(line, pieces, walks[0].steps)
    title = _title(line, found.title) if found.title else None
    unit = next((u for u in found.units if u), None)
    written = found.written[found.units.index(unit)] if found.units else None
    mention = leading_unit(title, roster, words) if title and not found.units else None
    if mention:
        unit = mention.unit
    return SubjectReading(
        title=title,
        unit=unit,
        unit_as_written=written,
        co_units=tuple(dict.fromkeys(u for u in found.units if u and u != unit)),
        submitters=tuple(dict.fromkeys(found.people or found.liaisons)),
        contacts=tuple(dict.fromkeys(n.value for n in found.numbers if _valid(n))),
        bad_contacts=tuple(n.value for n in found.numbers if n.kind is NumberKind.BAD),
        reviewer=found.roles.get("reviewer"),
        signer=found.roles.get("signer"),
        tags=tuple(line.tags),
        solicitation=_solicitation(line.tags, words),
        confidence=_confidence(line, pieces, walks),
    )


def _valid(number: Number) -> bool:
    return number.kind not in (NumberKind.BAD, NumberKind.ADDRESS)


def _solicitation(tags: list[str], words: Vocabulary) -> str | None:
    """The code of a 约稿 among the tags: 2019-003."""
    for tag in tags:
        match = _CODE.search(words.fold(tag))
        if match and any("约稿" in words.fold(t) for t in tags):
            return f"{match[1]}-{match[2]}"
    return None


def _confidence(line: Line, pieces: Pieces, walks: list[Walk]) -> float:
    best = _gather(line, pieces, walks[0].steps)
    for walk in walks[1:]:
        other = _gather(line, pieces, walk.steps)
        if (other.title, other.units, other.people, other.numbers) != (
            best.title,
            best.units,
            best.people,
            best.numbers,
        ):
            lead = max(0.0, walks[0].score - walk.score)
            return round(lead / (lead + 1.0), 3)
    return 1.0


def _title(line: Line, span: tuple[int, int]) -> str | None:
    """The title: separators at its ends and brackets around all of it removed (docs/subjects.md 5-7)."""
    start, end = span
    while start < end:
        if line.norm[start] in _TRIM:
            start += 1
        elif line.norm[end - 1] in _TRIM:
            end -= 1
        elif line.pairs.get(start) == end - 1:
            start, end = start + 1, end - 1
        else:
            break
    kept = "".join(
        " " if n == BLANK else t for t, n in zip(line.text[start:end], line.norm[start:end], strict=True)
    )
    return " ".join(kept.split()) or None


def leading_unit(title: str, roster: Roster, words: Vocabulary) -> Mention | None:
    """The unit that a title begins with (docs/subjects.md, 14): acting body, place or owner; no core word."""
    norm = words.fold(title[:60]).lstrip(" ")
    mentions = roster.find_in(norm)
    return mentions[0] if mentions and mentions[0].start == 0 else None
