"""Marks for how much a unit sent in a period: quotas with their base or shortfall, and upper limits.

The notice of 2019 has none of these; schemes of other years and places do.  A quota is settled when its
period is over, in its last month; what goes beyond a limit is taken off in the month that goes beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from mailbot.facts import Moment
from mailbot.marking import Limit, MarkingScheme, PeriodRow, Quota, scheme_on
from mailbot.model import Month
from mailbot.scoring.mark import NOUGHT, Mark, MarkState
from mailbot.scoring.standing import Assessed

_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class Span:
    """One period of a quota or limit."""

    first: Month
    last: Month

    def holds(self, month: Month) -> bool:
        return self.first <= month <= self.last

    @property
    def start(self) -> date:
        return date(self.first.year, self.first.month, 1)

    @property
    def end(self) -> date:
        following = self.last.following()
        return date(following.year, following.month, 1) - timedelta(days=1)


def quota_marks(
    marks: Sequence[Mark], units: Sequence[Assessed], schemes: Sequence[MarkingScheme], as_of: Moment
) -> Iterator[Mark]:
    """By every scheme, for the periods that lie wholly in its time, from the first year that has marks."""
    if not marks:
        return
    mine: Mapping[str, list[Mark]] = {unit.name: [] for unit in units}
    for mark in marks:
        if mark.unit in mine:
            mine[mark.unit].append(mark)
    first_year = min(mark.month for mark in marks).year
    for scheme in schemes:
        for row in (*scheme.quotas, *scheme.limits):
            spans = tuple(_spans(row, first_year, scheme, schemes, as_of))
            for unit in units:
                if not row.groups or unit.group in row.groups:
                    yield from _settled(row, unit.name, mine[unit.name], spans, as_of)


def _spans(
    row: PeriodRow,
    first_year: int,
    scheme: MarkingScheme,
    schemes: Sequence[MarkingScheme],
    as_of: Moment,
) -> Iterator[Span]:
    """The periods begun by `as_of` in which no other scheme was in force."""
    length = _MONTHS[row.period]
    for year in range(first_year, as_of.day.year + 1):
        for start in range(1, 13, length):
            span = Span(Month(year, start), Month(year, start + length - 1))
            whole = scheme_on(schemes, span.start) is scheme is scheme_on(schemes, span.end)
            if whole and scheme.effect <= span.end and span.start <= as_of.day:
                yield span


def _settled(
    row: PeriodRow, unit: str, marks: Sequence[Mark], spans: Sequence[Span], as_of: Moment
) -> Iterator[Mark]:
    for span in spans:
        within = [mark for mark in marks if span.holds(mark.month)]
        if isinstance(row, Quota) and Moment(span.end).ends <= as_of.ends:
            yield from _quota(row, unit, within, span)
        elif isinstance(row, Limit):
            yield from _limit(row, unit, within, span)


def _quota(quota: Quota, unit: str, marks: Sequence[Mark], span: Span) -> Iterator[Mark]:
    sent = sum(1 for mark in marks if mark.state is MarkState.COUNTED and mark.code in quota.counts)
    missing = max(0, quota.at_least - sent)
    points = quota.each_missing * missing if missing else quota.reached
    if points:
        yield _mark(quota, unit, span.last, points)


def _limit(limit: Limit, unit: str, marks: Sequence[Mark], span: Span) -> Iterator[Mark]:
    reached = taken = NOUGHT
    for month in sorted({mark.month for mark in marks}):
        reached += sum((m.points for m in marks if m.month == month and m.code in limit.counts), NOUGHT)
        beyond = max(NOUGHT, reached - limit.most)
        if beyond != taken:
            yield _mark(limit, unit, month, taken - beyond)
        taken = beyond


def _mark(row: PeriodRow, unit: str, month: Month, points: Decimal) -> Mark:
    """Named by the row and its month, since no single fact is behind it."""
    following = month.following()
    last_day = date(following.year, following.month, 1) - timedelta(days=1)
    return Mark(
        fact=f"{row.code}:{month}",
        at=Moment(last_day),
        unit=unit,
        month=month,
        code=row.code,
        name=row.name,
        label=row.label,
        clause=row.clause,
        points=points,
        tariff=points,
        state=MarkState.COUNTED,
    )
