"""Material for 先进个人 (annex 1, 四): what each named submitter had a hand in.  People decide, not this."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from mailbot.facts import Fact, Reply, Report
from mailbot.scoring.composites import Share
from mailbot.scoring.items import items_of
from mailbot.scoring.mark import NOUGHT, Mark, MarkState
from mailbot.scoring.standing import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRecord:
    """One person of one unit over a period.  `points` are those of the items and of 以干代训."""

    unit: str
    name: str
    reported: int
    replied: int
    adopted: int
    """Items adopted, however often."""
    instructed: int
    faults: int
    seconded: int
    points: Decimal


Who = tuple[str, str]
"""Unit and name: the same name in two units is two persons."""


def people(
    facts: Iterable[Fact],
    marks: Iterable[Mark],
    period: Period,
    *,
    credit: Literal["full", "split"] = "full",
    decimals: int = 1,
) -> tuple[PersonRecord, ...]:
    """Most points first.  Of an item with several submitters each has the full points, or an equal share."""
    known = tuple(facts)
    authors = {name: item.submitters for name, item in items_of(known).items()}
    mine: defaultdict[Who, list[tuple[Mark, Share]]] = defaultdict(list)
    for mark in marks:
        if period.holds(mark.month):
            names = (mark.person,) if mark.person else authors.get(mark.item, ())
            for name in names:
                mine[mark.unit, name].append((mark, Share(parts=len(names) if credit == "split" else 1)))
    sent = _sent(known, period)
    records = [_record(who, mine.get(who, []), sent, decimals) for who in dict.fromkeys([*sent, *mine])]
    return tuple(sorted(records, key=lambda record: (-record.points, record.unit, record.name)))


def _sent(facts: Iterable[Fact], period: Period) -> Mapping[Who, list[Report | Reply]]:
    found: defaultdict[Who, list[Report | Reply]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, Report | Reply) and period.holds(fact.at.month):
            for name in fact.submitters:
                found[fact.unit, name].append(fact)
    return found


def _record(
    who: Who,
    marks: Sequence[tuple[Mark, Share]],
    sent: Mapping[Who, Sequence[Report | Reply]],
    decimals: int,
) -> PersonRecord:
    reports = sent.get(who, ())
    return PersonRecord(
        unit=who[0],
        name=who[1],
        reported=sum(isinstance(fact, Report) for fact in reports),
        replied=sum(isinstance(fact, Reply) for fact in reports),
        adopted=len(set(_items(marks, "adoption."))),
        instructed=len(set(_items(marks, "instruction."))),
        faults=len(set(_items(marks, "demerit."))),
        seconded=sum(mark.state is MarkState.COUNTED for mark, _ in marks if mark.person),
        points=sum((share.of(mark.points, decimals) for mark, share in marks), NOUGHT),
    )


def _items(marks: Iterable[tuple[Mark, Share]], kind: str) -> Iterator[str]:
    return (mark.item for mark, _ in marks if mark.code.startswith(kind))
