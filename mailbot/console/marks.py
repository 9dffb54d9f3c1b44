"""得分: standings of a month or a year, and each mark with its clause, fact and person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import flask

from mailbot.console.context import Route, desk, logged_in, reckoned
from mailbot.errors import NotFound
from mailbot.marking import scheme_on
from mailbot.model import Month
from mailbot.render.figures import UnitFigures
from mailbot.scoring import Period, Standing, Standings
from mailbot.workflow.bulletins import report, year
from mailbot.workflow.mail import showing
from mailbot.workflow.marks import explaining, standings
from mailbot.workflow.marks.standings import Reckoning


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A month, or with `whole` the calendar year up to it, as the page's filter has it."""

    month: Month
    whole: bool

    def __str__(self) -> str:
        return str(self.month.year) if self.whole else str(self.month)

    @property
    def period(self) -> Period:
        return Period(year=self.month.year, last=self.month.month)

    def holds(self, month: Month) -> bool:
        return self.period.holds(month) if self.whole else month == self.month


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTable:
    """The units that are ranked among themselves, the first first."""

    name: str
    rows: tuple[tuple[UnitFigures, Standing], ...]


@logged_in
def marks() -> Any:
    """The 综合表 of a month as the 通报 has it, or of the year with what its end needs."""
    spans, span = _spans()
    reckoning = reckoned()
    found = standings.standings(desk(), span.period, reckoning)
    return flask.render_template(
        "marks.html",
        spans=spans,
        span=span,
        groups=_groups(span, found, reckoning),
        marked=bool(reckoning.schemes) and any(span.holds(mark.month) for mark in reckoning.marks),
        issued=span.month in reckoning.issued,
        issued_months=sorted(month for month in reckoning.issued if month.year == span.month.year),
        found=found,
        silent=_silent(found, span, reckoning) if span.whole else (),
    )


def _spans() -> tuple[list[Span], Span]:
    """Those there are to choose from, the newest first, and the one chosen: without a choice this month."""
    months = showing.months(desk())
    spans = [Span(month=month, whole=False) for month in months]
    for number in sorted({month.year for month in months}, reverse=True):
        last = max(month for month in months if month.year == number)
        spans.append(Span(month=last, whole=True))
    wanted = flask.request.args.get("month")
    return spans, next((span for span in spans if str(span) == wanted), spans[0])


def _groups(span: Span, found: Standings, reckoning: Reckoning) -> list[GroupTable]:
    """By group of the 考评办法 in its sequence; units of none come last."""
    figures = (
        year.unit_figures(desk(), span.month, reckoning)
        if span.whole
        else report.unit_figures(desk(), span.month, reckoning)
    )
    by_unit = {one.unit: one for one in figures}
    scheme = scheme_on(reckoning.schemes, standings.last_day(span.month))
    tables = []
    for code, name in [*((group.code, group.name) for group in scheme.groups), ("", "")]:
        rows = [(by_unit[row.unit], row) for row in found.rows if row.group == code and row.unit in by_unit]
        if rows:
            tables.append(GroupTable(name=name, rows=tuple(rows)))
    return tables


def _silent(found: Standings, span: Span, reckoning: Reckoning) -> Sequence[str]:
    """零报送 of the year, so far."""
    last = min(standings.last_day(span.month), reckoning.as_of.day)
    return standings.silent(reckoning, [row.unit for row in found.rows], date(span.month.year, 1, 1), last)


@logged_in
def unit_marks(unit: str) -> Any:
    """Every mark of a unit in a month or year, with whence it comes."""
    spans, span = _spans()
    reckoning = reckoned()
    found = standings.standings(desk(), span.period, reckoning)
    row = next((row for row in found.rows if row.unit == unit), None)
    if row is None:
        raise NotFound("unit_not_assessed", unit=unit)
    mine = sorted(
        (mark for mark in reckoning.marks if mark.unit == unit and span.holds(mark.month)),
        key=lambda mark: (mark.month, mark.at.starts),
    )
    return flask.render_template(
        "marks_unit.html",
        unit=unit,
        spans=spans,
        span=span,
        row=row,
        peers=sum(other.group == row.group for other in found.rows),
        accounts=explaining.accounts(desk(), mine),
        total=sum((mark.points for mark in mine), start=row.total * 0),
        issued=reckoning.issued,
    )


ROUTES: tuple[Route, ...] = (
    ("/marks", "marks", marks, ("GET",)),
    ("/marks/<unit>", "unit_marks", unit_marks, ("GET",)),
)
