"""Marks added up: by month, over the calendar year, ranked (annex 1, 四)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from mailbot.facts import Fact, Moment, Reply, Report
from mailbot.model import Month
from mailbot.scoring.mark import NOUGHT, Mark, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """A unit under assessment and the code of the group it is ranked in ('' for none)."""

    name: str
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A calendar year up to and including one of its months (notice 三(五): 得分累积情况)."""

    year: int
    last: int = 12

    def holds(self, month: Month) -> bool:
        return month.year == self.year and month.month <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthTotal:
    """A month that has marks, and what stands at its end."""

    month: Month
    points: Decimal
    cumulative: Decimal
    labels: tuple[str, ...]
    counts: bool
    """False where all there is are labels and marks worth nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One unit over the period."""

    unit: str
    group: str
    total: Decimal
    plus: Decimal
    minus: Decimal
    rank: int
    group_rank: int
    months: tuple[MonthTotal, ...] = ()
    disqualified: bool = False

    def cumulative(self, month: Month) -> Decimal:
        """得分累积 at the end of a month, whether or not it has marks of its own."""
        return next((one.cumulative for one in reversed(self.months) if one.month <= month), NOUGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typical:
    """A candidate for the 即时通报 (notice 三(五))."""

    solicitation: str
    unit: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """All units over the period, the first first; ties in the units' own sequence."""

    period: Period
    rows: tuple[Standing, ...]
    typical: tuple[Typical, ...]
    marks: tuple[Mark, ...]
    """Those of the period."""

    @property
    def disqualified(self) -> tuple[str, ...]:
        return tuple(row.unit for row in self.rows if row.disqualified)

    @property
    def selection_order(self) -> tuple[str, ...]:
        return tuple(row.unit for row in self.rows if not row.disqualified)


Ties = Literal["skip", "dense"]


def standings(
    marks: Iterable[Mark], units: Sequence[Assessed], period: Period, *, ties: Ties = "skip"
) -> Standings:
    """Every unit, with nought where it has no marks; ranked overall and in its group."""
    within = tuple(mark for mark in marks if period.holds(mark.month))
    mine: dict[str, list[Mark]] = {unit.name: [] for unit in units}
    for mark in within:
        if mark.unit in mine:
            mine[mark.unit].append(mark)
    totals = {name: total(found) for name, found in mine.items()}
    overall = ranks(totals, ties)
    grouped: dict[str, Mapping[str, int]] = {
        code: ranks({u.name: totals[u.name] for u in units if u.group == code}, ties)
        for code in {unit.group for unit in units}
    }
    rows = [
        _standing(unit, mine[unit.name], overall[unit.name], grouped[unit.group][unit.name]) for unit in units
    ]
    return Standings(
        period=period,
        rows=tuple(sorted(rows, key=lambda row: row.rank)),
        typical=_typical(within),
        marks=within,
    )


def ranks(totals: Mapping[str, Decimal], ties: Ties = "skip") -> Mapping[str, int]:
    """Equal marks share a rank; the next one skips (1, 1, 3) or follows on (1, 1, 2)."""
    ordered = sorted(totals.values(), reverse=True)
    if ties == "dense":
        ordered = sorted(set(ordered), reverse=True)
    places: dict[Decimal, int] = {}
    for place, points in enumerate(ordered, 1):
        places.setdefault(points, place)
    return {name: places[points] for name, points in totals.items()}


def _standing(unit: Assessed, marks: Sequence[Mark], rank: int, group_rank: int) -> Standing:
    return Standing(
        unit=unit.name,
        group=unit.group,
        total=total(marks),
        plus=total(mark for mark in marks if mark.points > 0),
        minus=total(mark for mark in marks if mark.points < 0),
        rank=rank,
        group_rank=group_rank,
        months=tuple(_months(marks)),
        disqualified=any(mark.disqualifies for mark in marks),
    )


def _months(marks: Sequence[Mark]) -> Iterable[MonthTotal]:
    running = NOUGHT
    for month in sorted({mark.month for mark in marks}):
        found = [mark for mark in marks if mark.month == month]
        points = total(found)
        running += points
        labels = tuple(mark.label for mark in found if mark.listed and mark.label)
        counts = any(mark.points for mark in found)
        yield MonthTotal(month=month, points=points, cumulative=running, labels=labels, counts=counts)


def _typical(marks: Iterable[Mark]) -> tuple[Typical, ...]:
    found = (
        Typical(solicitation=mark.solicitation, unit=mark.unit, label=mark.label)
        for mark in marks
        if mark.typical and mark.solicitation
    )
    return tuple(dict.fromkeys(found))


def without_reports(
    facts: Iterable[Fact], units: Iterable[str], first: Moment, last: Moment
) -> tuple[str, ...]:
    """零报送: units that sent nothing of any kind between two moments (notice 三(五)).

    For the year's list, and in mid-month for the early warning.
    """
    sent = {
        unit
        for fact in facts
        if isinstance(fact, Report | Reply) and first.starts <= fact.at.starts <= last.ends
        for unit in (fact.unit, *fact.co_units)
    }
    return tuple(unit for unit in units if unit not in sent)
