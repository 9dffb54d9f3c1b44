"""A facts file: one self-contained year, as `mailbot marks --facts` reads it (docs/commands.md).

Refused, naming the fact: unknown types, publications, levels, kinds, sources and units, and unreadable dates.
Keys that are not listed are ignored.  A fact about an item or a solicitation that is on record nowhere
credits nobody, and is told as a doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from mailbot.errors import ConfigError
from mailbot.facts import (
    Adoption,
    Demerit,
    Fact,
    Failure,
    Instruction,
    Invalidation,
    Moment,
    Reply,
    Report,
    Secondment,
    Solicitation,
)
from mailbot.marking import MarkingScheme, Row, scheme_on
from mailbot.model import Month


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What the file holds.  `as_of` is never after the year's end: later years count nothing in it."""

    year: int
    as_of: Moment
    units: tuple[str, ...]
    facts: tuple[Fact, ...]
    doubts: tuple[ConfigError, ...]
    """Facts that credit nobody, worded like errors."""


def read(content: bytes, schemes: Sequence[MarkingScheme]) -> Scenario:
    """ConfigError 'facts_*' or 'fact_*' with `key` (events[3]) and, for a fact, its number and type."""
    file = _File(_parsed(content))
    year, units = file.year(), file.units()
    facts = tuple(_Event(place, event, units, schemes).fact() for place, event in enumerate(file.events()))
    return Scenario(
        year=year,
        as_of=min(file.as_of(), Moment(date(year, 12, 31)), key=lambda moment: moment.ends),
        units=tuple(units),
        facts=facts,
        doubts=tuple(_doubts(facts)),
    )


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        values = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ConfigError("facts_no_json") from None
    if not isinstance(values, dict):
        raise ConfigError("facts_no_json")
    return values


class _File:
    """The keys around the events."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def year(self) -> int:
        year = self._values.get("year")
        if isinstance(year, str) and year.isascii() and year.isdigit():
            year = int(year)
        if isinstance(year, bool) or not isinstance(year, int) or not 1 <= year <= 9998:
            raise ConfigError("facts_bad_key", key="year")
        return year

    def as_of(self) -> Moment:
        """Without one, the whole year is over."""
        text = self._values.get("as_of")
        if text is None:
            return Moment(date(self.year(), 12, 31))
        try:
            return Moment.parse(text)
        except (ValueError, TypeError):
            raise ConfigError("facts_bad_key", key="as_of") from None

    def units(self) -> dict[str, None]:
        units = self._values.get("units")
        if not isinstance(units, list) or not all(isinstance(unit, str) and unit for unit in units):
            raise ConfigError("facts_bad_key", key="units")
        return dict.fromkeys(units)

    def events(self) -> list[Any]:
        events = self._values.get("events")
        if not isinstance(events, list):
            raise ConfigError("facts_bad_key", key="events")
        return events


class _Event:
    """One event of the file, and how its keys are read."""

    def __init__(
        self, place: int, values: Any, units: Mapping[str, None], schemes: Sequence[MarkingScheme]
    ) -> None:
        self._place = place
        self._values = values if isinstance(values, dict) else {}
        self._units = units
        self._schemes = schemes

    def fact(self) -> Fact:
        kind = self._values.get("type")
        make = _TYPES.get(kind) if isinstance(kind, str) else None
        if make is None:
            raise self._fault("fact_unknown_type", word=kind or "")
        return make(self)

    @property
    def id(self) -> str:
        return f"events[{self._place}]"

    def _fault(self, code: str, **details: object) -> ConfigError:
        named = (self._values.get(key) for key in _NAMING)
        about = (
            "，".join(str(value) for value in named if isinstance(value, str | int) and value != "") or "?"
        )
        return ConfigError(code, key=self.id, number=self._place + 1, about=about, **details)

    def _value(self, name: str) -> Any:
        value = self._values.get(name)
        if value is None or value == "":
            raise self._fault("fact_missing_key", name=name)
        return value

    # ---- keys of each kind ---------------------------------------------------------------------------------

    def text(self, name: str) -> str:
        return self._text(name, self._value(name))

    def _text(self, name: str, value: object) -> str:
        """Names of items and persons; a bare number is taken for its digits."""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self._fault("fact_wrong_type", name=name)
        return str(value).strip()

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._values.get(name)
        if values is None:
            raise self._fault("fact_missing_key", name=name)
        if not isinstance(values, list):
            raise self._fault("fact_wrong_type", name=name)
        return tuple(self._text(name, value) for value in values)

    def flag(self, name: str) -> bool:
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            raise self._fault("fact_wrong_type", name=name)
        return value

    def moment(self, name: str = "date") -> Moment:
        value = self._value(name)
        try:
            return Moment.parse(value)
        except (ValueError, TypeError):
            raise self._fault("fact_bad_date", name=name, word=value) from None

    def month(self) -> Month:
        value = self._value("month")
        try:
            return Month.parse(value)
        except (ValueError, TypeError):
            raise self._fault("fact_bad_date", name="month", word=value) from None

    def unit(self) -> str:
        return self._known("unit", self.text("unit"), self._units)

    def asked(self) -> tuple[str, ...]:
        return tuple(self._known("unit", unit, self._units) for unit in self.texts("units"))

    def choice(self, name: str, words: frozenset[str]) -> str:
        """One of the scheme's words, or '' where it is left out and no mark depends on it."""
        value = self._values.get(name)
        return "" if value in (None, "") else self._known(name, self._text(name, value), words)

    def _known(self, name: str, word: str, known: Mapping[str, None] | frozenset[str]) -> str:
        if word not in known:
            raise self._fault("fact_unknown_word", name=name, word=word)
        return word

    @property
    def scheme(self) -> MarkingScheme:
        return scheme_on(self._schemes, self.moment().day)

    def publication(self) -> str:
        return self._code("publication", self.scheme.publication)

    def level(self) -> str:
        return self._code("level", self.scheme.instruction)

    def _code(self, name: str, find: Callable[[str], Row | None]) -> str:
        """The code of the scheme's row for the word under a key."""
        word = self.text(name)
        row = find(word)
        if row is None:
            raise self._fault("fact_unknown_word", name=name, word=word)
        return row.code


_NAMING = ("type", "date", "month", "unit", "item", "solicitation")
"""What tells one fact from the others, for whoever has to find it."""


# ---- types of events ---------------------------------------------------------------------------------------


def _report(event: _Event) -> Fact:
    return Report(id=event.id, at=event.moment(), unit=event.unit(), item=event.text("item"))


def _demerit(code: str) -> Callable[[_Event], Fact]:
    def make(event: _Event) -> Fact:
        items = (event.text("item"),)
        kind = event.choice("kind", event.scheme.demerit_kinds)
        return Demerit(id=event.id, at=event.moment(), code=code, items=items, kind=kind)

    return make


def _similar(event: _Event) -> Fact:
    return Demerit(id=event.id, at=event.moment(), code="similar", items=event.texts("items"))


def _solicit(event: _Event) -> Fact:
    return Solicitation(
        id=event.id,
        at=event.moment(),
        solicitation=event.text("solicitation"),
        units=event.asked(),
        deadline=event.moment("deadline"),
        source=event.choice("source", event.scheme.sources),
    )


def _reply(event: _Event) -> Fact:
    return Reply(
        id=event.id,
        at=event.moment(),
        solicitation=event.text("solicitation"),
        unit=event.unit(),
        item=event.text("item"),
    )


def _invalidation(event: _Event) -> Fact:
    return Invalidation(
        id=event.id,
        at=event.moment(),
        solicitation=event.text("solicitation"),
        unit=event.unit(),
        phoned_first=event.flag("phoned_first"),
        signed_sealed_paper=event.flag("signed_sealed_paper"),
    )


def _adoption(event: _Event) -> Fact:
    return Adoption(id=event.id, at=event.moment(), item=event.text("item"), publication=event.publication())


def _instruction(event: _Event) -> Fact:
    return Instruction(id=event.id, at=event.moment(), item=event.text("item"), level=event.level())


def _training(event: _Event) -> Fact:
    month = event.month()
    return Secondment(
        id=event.id,
        at=Moment(date(month.year, month.month, 1)),
        month=month,
        unit=event.unit(),
        persons=event.texts("persons"),
    )


def _failure(event: _Event) -> Fact:
    kind = event.choice("kind", event.scheme.failure_kinds)
    return Failure(id=event.id, at=event.moment(), unit=event.unit(), kind=kind)


_TYPES: Mapping[str, Callable[[_Event], Fact]] = {
    "self_report": _report,
    "low_quality": _demerit("low_quality"),
    "solicit": _solicit,
    "solicit_reply": _reply,
    "poor": _demerit("poor"),
    "similar": _similar,
    "plagiarised": _demerit("plagiarised"),
    "invalidation_request": _invalidation,
    "adopt": _adoption,
    "instruction": _instruction,
    "training": _training,
    "major_failure": _failure,
}


# ---- facts that credit nobody ------------------------------------------------------------------------------


def _doubts(facts: Sequence[Fact]) -> Iterator[ConfigError]:
    reported = {fact.item for fact in facts if isinstance(fact, Report | Reply)}
    asked = {fact.solicitation for fact in facts if isinstance(fact, Solicitation)}
    for number, fact in enumerate(facts, 1):
        match fact:
            case Adoption() | Instruction() if fact.item not in reported:
                yield ConfigError("fact_item_unreported", key=fact.id, number=number, word=fact.item)
            case Demerit():
                for item in fact.items:
                    if item not in reported:
                        yield ConfigError("fact_item_unreported", key=fact.id, number=number, word=item)
            case Reply() | Invalidation() if fact.solicitation not in asked:
                yield ConfigError("fact_not_solicited", key=fact.id, number=number, word=fact.solicitation)
