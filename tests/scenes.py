"""Scenarios for the marks: a year of facts in few words, as the section would tell them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from mailbot.cli.facts_file import read
from mailbot.facts import Fact, Moment
from mailbot.marking import MarkingScheme, SchemeFile
from mailbot.model import Month
from mailbot.policy import Resources, load_schemes
from mailbot.scoring import Assessed, Mark, Period, Standings, marks, standings

SCHEMES = load_schemes(Resources(None))
A, B, C, D = "县水利局", "县教体局", "马头镇", "红花镇"
UNITS = (A, B, C, D)
END = Moment(date(2019, 12, 31))

Event = dict[str, Any]


def report(day: str, item: str = "i1", unit: str = A) -> Event:
    return {"type": "self_report", "date": f"2019-{day}", "unit": unit, "item": item}


def ask(day: str, deadline: str, *units: str, code: str = "Y1", source: str = "省") -> Event:
    return {
        "type": "solicit",
        "date": f"2019-{day}",
        "solicitation": code,
        "source": source,
        "units": list(units or (A,)),
        "deadline": f"2019-{deadline}",
    }


def reply(day: str, item: str = "i1", unit: str = A, code: str = "Y1") -> Event:
    return {
        "type": "solicit_reply",
        "date": f"2019-{day}",
        "solicitation": code,
        "unit": unit,
        "item": item,
    }


def fault(kind: str, day: str, *items: str) -> Event:
    """low_quality, poor, plagiarised of one item; similar of several."""
    named = {"items": list(items)} if kind == "similar" else {"item": (items or ("i1",))[0]}
    return {"type": kind, "date": f"2019-{day}", **named}


def adopt(day: str, publication: str, item: str = "i1") -> Event:
    return {"type": "adopt", "date": f"2019-{day}", "item": item, "publication": publication}


def instruct(day: str, level: str, item: str = "i1") -> Event:
    return {"type": "instruction", "date": f"2019-{day}", "item": item, "level": level}


def void(day: str, unit: str = A, *, phoned: bool = True, paper: bool = True, code: str = "Y1") -> Event:
    return {
        "type": "invalidation_request",
        "date": f"2019-{day}",
        "solicitation": code,
        "unit": unit,
        "phoned_first": phoned,
        "signed_sealed_paper": paper,
    }


def training(month: str, *persons: str, unit: str = A) -> Event:
    return {"type": "training", "month": f"2019-{month}", "unit": unit, "persons": list(persons)}


def failure(day: str, kind: str = "漏报", unit: str = A) -> Event:
    return {"type": "major_failure", "date": f"2019-{day}", "unit": unit, "kind": kind}


# ---- from events to marks ----------------------------------------------------------------------------------


def facts_of(events: Sequence[Event], *, units: Sequence[str] = UNITS) -> tuple[Fact, ...]:
    content = {"year": 2019, "units": list(units), "events": list(events)}
    return read(msgspec.json.encode(content), SCHEMES).facts


def marks_of(
    *events: Event, as_of: str = "2019-12-31", schemes: Sequence[MarkingScheme] = SCHEMES
) -> tuple[Mark, ...]:
    return marks(facts_of(events), schemes, as_of=Moment.parse(as_of))


def year_of(
    *events: Event, as_of: str = "2019-12-31", schemes: Sequence[MarkingScheme] = SCHEMES
) -> Standings:
    found = marks_of(*events, as_of=as_of, schemes=schemes)
    return standings(found, [Assessed(name=unit) for unit in UNITS], Period(year=2019))


def totals(*events: Event, **options: Any) -> dict[str, str]:
    """Unit -> year's total, as text so that 3.2 is exactly 3.2; units with nought are left out."""
    rows = year_of(*events, **options).rows
    return {row.unit: str(row.total.normalize() + 0) for row in rows if row.total}


def months(*events: Event, unit: str = A, **options: Any) -> dict[str, str]:
    """Month -> points of one unit."""
    row = next(row for row in year_of(*events, **options).rows if row.unit == unit)
    return {str(one.month)[5:]: plain(one.points) for one in row.months if one.counts}


def labels(*events: Event, unit: str = A, **options: Any) -> dict[str, list[str]]:
    """Month -> labels of one unit, sorted."""
    row = next(row for row in year_of(*events, **options).rows if row.unit == unit)
    return {str(one.month)[5:]: sorted(one.labels) for one in row.months if one.labels}


def plain(points: Decimal) -> str:
    return f"{points.normalize() + 0:f}"


def ruled(**rules: Any) -> tuple[MarkingScheme, ...]:
    """The shipped scheme with some readings changed."""
    file = scheme_file()
    return (MarkingScheme(msgspec.structs.replace(file, rules=msgspec.structs.replace(file.rules, **rules))),)


def scheme_file(**changes: Any) -> SchemeFile:
    """The shipped file, as read, with some keys changed."""
    from mailbot import _toml

    path = Resources(None).path("data/policy/marks-2019-03-04.toml")
    text = path.read_text("utf-8")
    file = _toml.convert(_toml.parse(text, path), SchemeFile, text=text, path=path)
    return msgspec.structs.replace(file, **changes)


def month(text: str) -> Month:
    return Month.parse(f"2019-{text}")
