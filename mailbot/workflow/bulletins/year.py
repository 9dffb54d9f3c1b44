"""A calendar year of every unit in figures: for the annual 通报 and the material for 先进 (annex 1, 四)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mailbot.model import Month
from mailbot.render.figures import Solicited, UnitFigures
from mailbot.scoring import Mark, MarkState, Period, Standing
from mailbot.workflow.desk import Desk
from mailbot.workflow.marks import standings
from mailbot.workflow.marks.standings import Reckoning


def unit_figures(desk: Desk, last: Month, reckoning: Reckoning) -> tuple[UnitFigures, ...]:
    """Each unit assessed in the year up to a month, in the official sequence; `rank` is the one in its group.

    `cumulative_marks` are the year's total; `month_marks` stay None.
    """
    period = Period(year=last.year, last=last.month)
    rows = {row.unit: row for row in standings.standings(desk, period, reckoning).rows}
    marks: defaultdict[str, list[Mark]] = defaultdict(list)
    for mark in reckoning.marks:
        if period.holds(mark.month) and mark.state is not MarkState.CORRECTION:
            marks[mark.unit].append(mark)
    months = [Month(last.year, number) for number in range(1, last.month + 1)]
    reported = standings.reported(reckoning, months[0], last)
    solicited = _solicited(reckoning, months)
    return tuple(
        _figures(
            UnitFigures(
                unit=unit.name,
                kind=unit.kind,
                submissions=reported[unit.name],
                solicited=solicited.get(unit.name, Solicited()),
            ),
            rows[unit.name],
            marks[unit.name],
            reckoning,
        )
        for unit in desk.policy.roster.units
        if unit.name in rows
    )


def _figures(plain: UnitFigures, row: Standing, marks: Sequence[Mark], reckoning: Reckoning) -> UnitFigures:
    return replace(
        plain,
        adopted=standings.adopted_in(marks, reckoning.schemes),
        instructions=len({(m.item, m.fact) for m in marks if m.code.startswith("instruction.")}),
        plus=row.plus,
        minus=row.minus,
        cumulative_marks=row.total,
        rank=row.group_rank,
    )


def _solicited(reckoning: Reckoning, months: Iterable[Month]) -> Mapping[str, Solicited]:
    """约稿 whose deadline fell in any of the months, by unit."""
    found: defaultdict[str, list[Solicited]] = defaultdict(list)
    for month in months:
        for unit, counts in standings.solicited_in(reckoning, month).items():
            found[unit].append(counts)
    return {unit: together(parts) for unit, parts in found.items()}


def together(parts: Iterable[Solicited]) -> Solicited:
    counted = list(parts)
    return Solicited(
        due=sum(part.due for part in counted),
        on_time=sum(part.on_time for part in counted),
        late=sum(part.late for part in counted),
        missed=sum(part.missed for part in counted),
        void=sum(part.void for part in counted),
    )
