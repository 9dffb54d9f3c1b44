"""What a written unit name means: the roster of 报送单位 and the many ways a clerk writes each of them.

The notice's Annex 2 and the county's townships of 2019; how freely they are written: rules 10 to 14 of
docs/subjects.md.  roster.toml holds the spellings; here they become one dictionary scan, linear in the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec

from mailbot.errors import ConfigError


class UnitKind(StrEnum):
    """The two groups of the 通报's table, the first in two parts."""

    TOWN = "town"
    ZONE = "zone"
    DEPARTMENT = "department"


class UnitEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One [[unit]] of roster.toml."""

    name: str
    kind: UnitKind
    official: str
    short: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    slips: tuple[str, ...] = ()
    core: tuple[str, ...] = ()
    principal: str | None = None
    deputy: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None


class RosterFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """roster.toml as written.  `unit` stands in the official sequence."""

    unit: tuple[UnitEntry, ...]
    places: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    inner_ends: tuple[str, ...] = ()
    inner_places: tuple[str, ...] = ()
    inner_stations: tuple[str, ...] = ()
    not_places: tuple[str, ...] = ()
    not_inner: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    off_roster: tuple[str, ...] = ()
    off_roster_ends: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()


class Unit(UnitEntry, frozen=True, kw_only=True):
    """报送单位: its entry, and its place in the official sequence, counted from 0."""

    order: int

    def on_roster(self, day: date) -> bool:
        """Whether the unit reports on that day (both ends included)."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class Strength(StrEnum):
    """How surely a spelling means its unit."""

    FULL = "full"
    """With the county's name or 县 before it, or a township's or zone's full name."""
    SHORT = "short"
    """The name alone: 民政局, 开发区."""
    CORE = "core"
    """A core word, which counts only alone in unit position: 庙山, 民政."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A unit named in a text: text[start:end], with places before and inner offices after it.

    `unit` is the canonical name, or None for a unit that is not on the roster.  `bare_end` is where the
    name proper ends: text[bare_end:end] is the inner office, which in a title may be part of the sentence.
    """

    start: int
    end: int
    bare_end: int
    unit: str | None
    strength: Strength


_HAN_BEFORE_FOREIGN = 3
_LONGEST_INNER = 11
_LONGEST_PLACE = 5
_LONGEST_STATION = 9
_FOREIGN_LEFT = "市省区州旗"
_NOT_A_PLACE = "位于在由是为自与和及送报将把向给到的题了、"
_CUT_SHORT = {"局": "面部势限", "乡": "村振亲", "镇": "压长域级", "办": "理法公事", "中心": "小"}


class Roster:
    """The units, found by any spelling of roster.toml."""

    def __init__(self, file: RosterFile) -> None:
        """Raises ConfigError('roster_spelling_twice') naming spelling and both units."""
        self.units: tuple[Unit, ...] = tuple(_unit(entry, order) for order, entry in enumerate(file.unit))
        self._by_name = {unit.name: unit for unit in self.units}
        if len(self._by_name) != len(self.units):
            raise ConfigError("roster_unit_twice", unit=_first_repeat(u.name for u in self.units))
        self._places = _longest_first(file.places)
        self._elsewhere = _longest_first(file.elsewhere)
        self._inner = _Words(file.inner)
        self._inner_ends = _longest_first(file.inner_ends)
        self._inner_places = file.inner_places
        self._inner_stations = file.inner_stations
        self._not_places = file.not_places
        self._not_inner = _longest_first(file.not_inner)
        self._off_ends = _longest_first(file.off_roster_ends)
        self._acts = file.acts
        self._cores = _spellings(self.units, core=True)
        self._stems = _spellings(self.units, core=False)
        self._words = _Words([*self._stems, *(w for w in file.off_roster if w not in self._stems)])

    @classmethod
    def from_data(cls, data: object) -> Roster:
        """A roster from roster.toml as parsed; ConfigError where it does not fit the form."""
        try:
            return cls(msgspec.convert(data, RosterFile))
        except msgspec.ValidationError as error:
            raise ConfigError("roster_invalid", reason=error) from error

    def unit(self, name: str) -> Unit | None:
        """The unit of this canonical name."""
        return self._by_name.get(name)

    def resolve(self, text: str) -> str | None:
        """The unit that the whole text is a way to write, or None.  Core words count here."""
        mention = self.whole(text)
        return mention.unit if mention else None

    def whole(self, text: str) -> Mention | None:
        """The mention that the whole text is, on the roster or off it; None where it is no unit's name."""
        text = "".join(text.split())
        if not text:
            return None
        mentions = self.find_in(text)
        if len(mentions) == 1 and mentions[0].start == 0 and mentions[0].end == len(text):
            return mentions[0]
        unit = self._core(text)
        if unit:
            return Mention(start=0, end=len(text), bare_end=len(text), unit=unit, strength=Strength.CORE)
        if self.shaped_like_a_unit(text):
            return Mention(start=0, end=len(text), bare_end=len(text), unit=None, strength=Strength.SHORT)
        return None

    def find_in(self, text: str) -> tuple[Mention, ...]:
        """Every unit named in the text by more than a core word, in order, without overlaps.  Linear."""
        return tuple(self._scan(text))

    def _scan(self, text: str) -> Iterator[Mention]:
        at = done = 0
        heads = self._words.heads
        while at < len(text):
            if text[at : at + 2] not in heads:
                at += 1
                continue
            word = self._words.at(text, at)
            mention = self._mention(text, at, word, done) if word else None
            if mention:
                yield mention
                at = done = mention.end
            else:
                at += 1

    def _mention(self, text: str, at: int, word: str, done: int) -> Mention | None:
        bare_end = at + len(word)
        if _cut_short(text, word, bare_end):
            return None
        start = self._place_start(text, at, done)
        unit = self._stems.get(word)
        other = self._another_body(text, bare_end)
        own = bool(other and unit and self._own_body(unit, other))
        foreign = start > 0 and self._foreign(text, start, at, done)
        if (other and not own) or foreign:
            unit = None
        strength = Strength.FULL if start < at or word in self._by_name else Strength.SHORT
        if foreign:
            start = max(done, start - self._foreign_length(text, start))
        end = bare_end + len(other) if other else self._inner_end(text, bare_end)
        return Mention(start=start, end=end, bare_end=bare_end, unit=unit, strength=strength)

    def _another_body(self, text: str, at: int) -> str | None:
        """What follows a unit's name and makes it another body's: 派出所, 中心卫生院."""
        word = next((w for w in self._not_inner if text.startswith(w, at)), None)
        if word:
            return word
        end = at
        while end < len(text) and end - at < 9 and _is_han(text[end]):
            end += 1
        run = text[at:end]
        alone = end == len(text) or not _is_han(text[end])
        return run if alone and run.endswith(self._not_inner) and not self._says_more(run) else None

    def _own_body(self, unit: str, body: str) -> bool:
        """Whether a body is its office in the country: 县司法局|李庄司法所."""
        stem = next((body.removesuffix(word) for word in ("分局", "所") if body.endswith(word)), "")
        known = self._by_name[unit]
        spellings = (known.name, *known.short, *known.former)
        return bool(stem) and any(
            stem.endswith(spelling.removeprefix("县").removesuffix("局")) for spelling in spellings
        )

    def _says_more(self, text: str) -> bool:
        return any(word in text for word in self._acts)

    def _place_start(self, text: str, at: int, done: int) -> int:
        if at > done and text[at - 1] in "县城":
            for place in self._places:
                if text.endswith(place, done, at):
                    return at - len(place)
        return at

    def _foreign(self, text: str, start: int, at: int, done: int) -> bool:
        """Whether the place before the name is another county's or a city's."""
        if text[start - 1] in _FOREIGN_LEFT and start - 1 >= done:
            return True
        if text[start:at] != "县":
            return False
        if text.endswith(self._elsewhere, done, start):
            return True
        left = start
        while left > done and start - left <= _HAN_BEFORE_FOREIGN and _is_han(text[left - 1]):
            left -= 1
        alone = left <= done or text[left - 1] not in "”》」』’)】"
        return alone and 0 < start - left <= _HAN_BEFORE_FOREIGN and text[start - 1] not in _NOT_A_PLACE

    def _foreign_length(self, text: str, start: int) -> int:
        length = 0
        while length < _HAN_BEFORE_FOREIGN and start > length and _is_han(text[start - length - 1]):
            length += 1
        return length

    def _inner_end(self, text: str, at: int) -> int:
        """Where the inner office after a unit's name ends; `at` where there is none."""
        word = self._inner.at(text, at)
        bare = at + len(word) if word else at
        end = at
        while end < len(text) and end - at <= _LONGEST_INNER and _is_han(text[end]):
            end += 1
        said = text[at:end]
        if len(said) > _LONGEST_INNER or self._says_more(said):
            return bare
        office = len(said) > 1 and said.endswith(self._inner_ends)
        return end if office or self._is_place(said) else bare

    def _is_place(self, text: str) -> bool:
        """A village, a neighbourhood or a station of the unit, standing by itself after its name: 桑庄村."""
        longest = _LONGEST_PLACE if text.endswith(self._inner_places) else _LONGEST_STATION
        return (
            2 < len(text) <= longest
            and text.endswith((*self._inner_places, *self._inner_stations))
            and not text.endswith((*self._not_places, *self._not_inner))
        )

    def _core(self, text: str) -> str | None:
        for place in ("", *self._places):
            if not text.startswith(place):
                continue
            for end in (len(text), *self._inner_starts(text)):
                unit = self._cores.get(text[len(place) : end])
                if unit:
                    return unit
        return None

    def _inner_starts(self, text: str) -> Iterator[int]:
        for at in range(2, min(len(text), 12)):
            if self._inner_end(text, at) == len(text):
                yield at

    def shaped_like_a_unit(self, text: str) -> bool:
        """Whether a name of 4 to 20 characters ends as units do and says nothing that a unit does."""
        return (
            4 <= len(text) <= 20
            and all(_is_han(c) for c in text)
            and text.endswith(self._off_ends)
            and not self._says_more(text)
        )


class _Words:
    """The longest of many words that starts at a place, by their first two characters."""

    def __init__(self, words: Iterable[str]) -> None:
        self.heads: dict[str, list[str]] = {}
        for word in sorted(set(words), key=len, reverse=True):
            self.heads.setdefault(word[:2], []).append(word)

    def at(self, text: str, start: int) -> str | None:
        for head in (text[start : start + 2], text[start : start + 1]):
            for word in self.heads.get(head, ()):
                if text.startswith(word, start):
                    return word
        return None


def _unit(entry: UnitEntry, order: int) -> Unit:
    return Unit(order=order, **msgspec.structs.asdict(entry))


def _spellings(units: Sequence[Unit], *, core: bool) -> dict[str, str]:
    """Every spelling with its unit's name.  Raises ConfigError where two units claim one spelling."""
    found: dict[str, str] = {}
    for unit in units:
        for spelling in unit.core if core else (*_stems(unit), *unit.short, *unit.former, *unit.slips):
            holder = found.setdefault(spelling, unit.name)
            if holder != unit.name:
                raise ConfigError("roster_spelling_twice", spelling=spelling, unit=unit.name, other=holder)
    return found


def _stems(unit: Unit) -> Iterator[str]:
    yield unit.name.removeprefix("县")
    yield unit.official
    yield unit.official.removeprefix("郯城县")


def _cut_short(text: str, word: str, end: int) -> bool:
    """Whether the word is only the beginning of another: 教育局|面, 李庄镇|域."""
    return any(
        word.endswith(tail) and text[end : end + 1] in follow and end < len(text)
        for tail, follow in _CUT_SHORT.items()
    )


def _is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff"


def _longest_first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(words), key=len, reverse=True))


def _first_repeat(names: Iterable[str]) -> str:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return ""
