"""Marks of an office: what is on record -> dated facts -> marks -> standings (annex 1, 四).

Nothing of it is stored: marks are derived anew from all facts whenever they are wanted (promise P10).  The
one thing kept is what a 通报 was issued with, in the row of its bulletin; scoring/ books against that what
later facts change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from mailbot import scoring
from mailbot.facts import Fact, Moment, Reply, Report, Ruling
from mailbot.marking import MarkingScheme, scheme_on
from mailbot.model import BulletinKind, Month
from mailbot.render.figures import Adopted, ItemFigures, MonthlyFigures, Solicited, UnitFigures
from mailbot.scoring import (
    Answer,
    AnswerState,
    Assessed,
    IssuedTable,
    Mark,
    MarkState,
    Period,
    Standing,
    Standings,
)
from mailbot.workflow.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What of a monthly 通报's figures stands in its row: frozen with its approval."""

    units: tuple[UnitFigures, ...] = ()
    items: tuple[ItemFigures, ...] = ()
    """Reported in the month, or labelled in it."""
    marks: tuple[Mark, ...] | None = None
    """Those of the month; None where no marks were reckoned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """All marks as they stand at a moment, with the facts and issued tables they come from."""

    as_of: Moment
    facts: tuple[Fact, ...]
    marks: tuple[Mark, ...]
    schemes: tuple[MarkingScheme, ...]
    issued: Mapping[Month, IssuedTable]

    def of_month(self, month: Month) -> tuple[Mark, ...]:
        return tuple(mark for mark in self.marks if mark.month == month)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitMonth:
    """What the 通报 tells of one unit's month beside what it sent.  `rank` is the one in its group."""

    plus: Decimal
    minus: Decimal
    month_marks: Decimal
    cumulative_marks: Decimal
    rank: int
    overall_rank: int
    adopted: Adopted
    instructions: int
    solicited: Solicited


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A unit whose year does not come to the same when it is reckoned as if nothing had been issued."""

    unit: str
    year: int
    standing: Decimal
    afresh: Decimal


# ---- facts and marks ---------------------------------------------------------------------------------------


def facts_of(desk: Desk) -> tuple[Fact, ...]:
    """Everything on record that bears on marks: what mails and people told, without what was withdrawn."""
    store = desk.store
    entered = tuple(entry.fact for entry in store.facts(withdrawn=False))
    reports = store.reports()
    years = {fact.at.day.year for fact in (*entered, *reports)} | {desk.clock.now().year}
    solicited = {fact.id: fact for year in sorted(years) for fact in store.solicitation_facts(year)}
    replies = {fact.item for fact in solicited.values() if isinstance(fact, Reply)}
    return (*(one for one in reports if one.item not in replies), *solicited.values(), *entered)


def reckon(desk: Desk, *, frozen: bool = True) -> Reckoning:
    """Marks of all years as of now.  `frozen` False reckons as if no 通报 had been issued.

    ConfigError 'marks_no_row' where a scheme has no row for what a fact names.
    """
    issued = issued_tables(desk) if frozen else {}
    return _reckoned(desk, Moment.of(desk.clock.now()), facts_of(desk), issued)


def reckon_without(desk: Desk, fact_id: str, reckoning: Reckoning) -> Reckoning:
    """The same once more, as if a fact of it were withdrawn."""
    facts = tuple(fact for fact in reckoning.facts if fact.id != fact_id)
    return _reckoned(desk, reckoning.as_of, facts, reckoning.issued)


def _reckoned(
    desk: Desk, as_of: Moment, facts: tuple[Fact, ...], issued: Mapping[Month, IssuedTable]
) -> Reckoning:
    schemes = desk.policy.schemes
    marks: tuple[Mark, ...] = ()
    if schemes:
        units = assessed(desk, as_of.day.year)
        marks = scoring.marks(facts, schemes, as_of=as_of, issued=issued, units=units)
    return Reckoning(as_of=as_of, facts=facts, marks=marks, schemes=schemes, issued=issued)


def issued_tables(desk: Desk) -> Mapping[Month, IssuedTable]:
    """The months whose 通报 was approved with marks in it."""
    kept = desk.store.approved_figures(BulletinKind.MONTHLY, Kept)
    months = ((Month.parse(period), figures.marks) for period, figures in kept)
    return {month: IssuedTable(month=month, marks=marks) for month, marks in months if marks is not None}


def assessed(desk: Desk, year: int) -> tuple[Assessed, ...]:
    """The units on the roster in any part of the year, each with its group."""
    scheme = scheme_on(desk.policy.schemes, date(year, 12, 31))
    return tuple(
        Assessed(name=unit.name, group=scheme.group_of(unit.name, unit.kind))
        for unit in desk.policy.roster.units
        if (unit.valid_from is None or unit.valid_from.year <= year)
        and (unit.valid_until is None or unit.valid_until.year >= year)
    )


def standings(desk: Desk, period: Period, reckoning: Reckoning) -> Standings:
    """All units of the roster over the calendar year up to a month, ranked."""
    ties = scheme_on(reckoning.schemes, last_day(Month(period.year, period.last))).rules.ties
    return scoring.standings(reckoning.marks, assessed(desk, period.year), period, ties=ties)


def last_day(month: Month) -> date:
    following = month.following()
    return date(following.year, following.month, 1) - timedelta(days=1)


# ---- for the 通报 ------------------------------------------------------------------------------------------


def has_marks(reckoning: Reckoning, month: Month) -> bool:
    """Whether the 通报 on a month shows marks: a scheme is in force, and the year has anything to mark."""
    schemes = reckoning.schemes
    return (
        bool(schemes)
        and schemes[0].effect <= last_day(month)
        and any(fact.at.month.year == month.year and fact.at.month <= month for fact in reckoning.facts)
    )


def month_figures(desk: Desk, month: Month, reckoning: Reckoning) -> Mapping[str, UnitMonth]:
    """By unit, for every unit of the roster; empty where the month shows no marks."""
    if not has_marks(reckoning, month):
        return {}
    found = standings(desk, Period(year=month.year, last=month.month), reckoning)
    by_unit: defaultdict[str, list[Mark]] = defaultdict(list)
    for mark in reckoning.of_month(month):
        by_unit[mark.unit].append(mark)
    solicited = solicited_in(reckoning, month)
    return {
        row.unit: _unit_month(row, by_unit[row.unit], solicited.get(row.unit, Solicited()), reckoning.schemes)
        for row in found.rows
    }


def _unit_month(
    row: Standing, marks: Sequence[Mark], solicited: Solicited, schemes: Sequence[MarkingScheme]
) -> UnitMonth:
    plus = sum((mark.points for mark in marks if mark.points > 0), Decimal(0))
    minus = sum((mark.points for mark in marks if mark.points < 0), Decimal(0))
    # A correction of what was shown before is no adoption of this month; one shown for the first time is.
    booked = [mark for mark in marks if mark.state is not MarkState.CORRECTION or mark.listed]
    return UnitMonth(
        plus=plus,
        minus=minus,
        month_marks=plus + minus,
        cumulative_marks=row.total,
        rank=row.group_rank,
        overall_rank=row.rank,
        adopted=adopted_in(booked, schemes),
        instructions=len({(m.item, m.fact) for m in booked if m.code.startswith("instruction.")}),
        solicited=solicited,
    )


def adopted_in(marks: Iterable[Mark], schemes: Sequence[MarkingScheme]) -> Adopted:
    """Items by level: one that two publications of a level took is one there."""
    items: defaultdict[str, set[str]] = defaultdict(set)
    for mark in marks:
        kind, _, code = mark.code.partition(".")
        publication = scheme_on(schemes, mark.at.day).publication(code) if kind == "adoption" else None
        if publication is not None:
            items[publication.level].add(mark.item)
    return Adopted(
        county=len(items["county"]),
        city=len(items["city"]),
        province=len(items["province"]),
        state=len(items["state"]),
    )


def solicited_in(reckoning: Reckoning, month: Month) -> Mapping[str, Solicited]:
    """约稿 whose deadline fell in the month, by unit: asked, answered, missed, void."""
    found: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in scoring.answers(reckoning.facts, reckoning.schemes, reckoning.as_of):
        if answer.asks and answer.deadline.month == month:
            found[answer.unit].append(answer)
    return {unit: counted(answers, reckoning.schemes) for unit, answers in found.items()}


def counted(answers: Iterable[Answer], schemes: Sequence[MarkingScheme]) -> Solicited:
    """How many were asked, and how they answered: a late reply as a person, or the scheme, takes it."""
    states = [_taken_as(answer, schemes) for answer in answers]
    return Solicited(
        due=len(states),
        on_time=states.count(AnswerState.ON_TIME),
        late=states.count(AnswerState.LATE),
        missed=states.count(AnswerState.MISSED),
        void=states.count(AnswerState.VOID),
    )


_BY_RULING = {
    Ruling.ON_TIME: AnswerState.ON_TIME,
    Ruling.NOTHING: AnswerState.LATE,
    Ruling.MISSED: AnswerState.MISSED,
}


def _taken_as(answer: Answer, schemes: Sequence[MarkingScheme]) -> AnswerState:
    if answer.state is not AnswerState.LATE:
        return answer.state
    rules = scheme_on(schemes, answer.replies[0].at.day).rules
    return _BY_RULING[answer.ruling or Ruling(rules.late_reply)]


def item_labels(reckoning: Reckoning, month: Month) -> Mapping[str, tuple[str, ...]]:
    """标注 that items got in a month, by number, each once as earned; none where the month shows no marks."""
    if not has_marks(reckoning, month):
        return {}
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for mark in sorted(reckoning.of_month(month), key=lambda mark: mark.at.starts):
        if mark.item and mark.label and mark.listed:
            found[mark.item][mark.label] = None
    return {item: tuple(labels) for item, labels in found.items()}


def legend(reckoning: Reckoning, month: Month, labels: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """What those of the labels stand for that need telling (☆)."""
    shown = set(labels)
    if not reckoning.schemes:
        return ()
    return tuple(one for one in scheme_on(reckoning.schemes, last_day(month)).legend if one[0] in shown)


def kept(reckoning: Reckoning, figures: MonthlyFigures) -> Mapping[str, object]:
    """What the row of a bulletin keeps: read back as Kept."""
    marks = reckoning.of_month(figures.month) if has_marks(reckoning, figures.month) else None
    return {"units": figures.units, "items": (*figures.items, *figures.earlier_items), "marks": marks}


def kept_of(desk: Desk, period: str) -> Kept:
    """What the approved monthly 通报 of a period ('2019-03') was issued with; empty where there is none."""
    return dict(desk.store.approved_figures(BulletinKind.MONTHLY, Kept)).get(period, Kept())


# ---- reckoning again ---------------------------------------------------------------------------------------


def differences(desk: Desk) -> tuple[Difference, ...]:
    """Units whose year comes to something else when all is reckoned afresh, without what was issued.

    Corrections make up for what was issued wrongly or has changed since, so that there should be none; one
    that had to be booked in the following year shows here.
    """
    standing, afresh = _by_year(reckon(desk).marks), _by_year(reckon(desk, frozen=False).marks)
    return tuple(
        Difference(
            unit=unit,
            year=year,
            standing=standing.get((unit, year), Decimal(0)),
            afresh=afresh.get((unit, year), Decimal(0)),
        )
        for unit, year in sorted(standing.keys() | afresh.keys())
        if standing.get((unit, year), Decimal(0)) != afresh.get((unit, year), Decimal(0))
    )


def _by_year(marks: Iterable[Mark]) -> Mapping[tuple[str, int], Decimal]:
    totals: defaultdict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for mark in marks:
        totals[mark.unit, mark.month.year] += mark.points
    return totals


def silent(reckoning: Reckoning, units: Iterable[str], first: date, last: date) -> tuple[str, ...]:
    """零报送: units that sent nothing of any kind from one day to another."""
    return scoring.without_reports(reckoning.facts, units, Moment(first), Moment(last))


def reported(reckoning: Reckoning, first: Month, last: Month) -> Counter[str]:
    """自主报送 of each unit from one month to another: items it was not asked for."""
    return Counter(
        fact.unit for fact in reckoning.facts if isinstance(fact, Report) and first <= fact.at.month <= last
    )
