"""The one report mark of an item: reported or delivered, late, and at fault (annex 1, 三(一)1 and 2).

A fault confirmed by a person stands in the place of the report's mark, in the month of the report.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from mailbot.errors import ConfigError
from mailbot.facts import Demerit, Fact, Reply, Report, Ruling
from mailbot.marking import SOLICITED, DemeritRow, LateTier, MarkingScheme, Row, Rules, scheme_on
from mailbot.scoring.answers import Answer, AnswerState
from mailbot.scoring.items import Item
from mailbot.scoring.mark import NOUGHT, Mark, MarkState, prefixed

Answers = Mapping[tuple[str, str], Answer]
"""By 约稿 and unit."""

_DAY = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one report of the item would be worth by itself."""

    fact: Report | Reply
    row: Row | LateTier
    code: str
    name: str
    points: Decimal
    state: MarkState = MarkState.COUNTED
    instead: str = ""

    @property
    def stands(self) -> bool:
        return self.state is not MarkState.VOID


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The report mark of an item and all it was settled from.  `marks` bear the first unit's name."""

    points: Decimal
    counted: Mark | None
    marks: tuple[Mark, ...]


def settle(item: Item, answers: Answers, schemes: Sequence[MarkingScheme], exempt: frozenset[str]) -> Settled:
    """`exempt` holds facts of 雷同 by which this item loses nothing.  ConfigError 'marks_no_row'."""
    claims = [claim for report in item.reports if (claim := _claim(report, answers, schemes))]
    standing = [claim for claim in claims if claim.stands]
    best = max(standing, key=lambda claim: claim.points, default=None)
    if best is None:
        return Settled(points=NOUGHT, counted=None, marks=tuple(_mark(claim, item) for claim in claims))
    kind = SOLICITED if any(claim.code == SOLICITED for claim in standing) else best.code
    scheme = scheme_on(schemes, best.fact.at.day)
    faults = _faults(item, kind, scheme, exempt)
    points = _with_faults(best.points, [row for _, row in faults], scheme.rules)
    marks = _marks(item, claims, best, faults, scheme.rules)
    counted = next((mark for mark in marks if mark.points), None)
    return Settled(points=points, counted=counted, marks=marks)


# ---- what a report is worth by itself ----------------------------------------------------------------------


def _claim(fact: Report | Reply, answers: Answers, schemes: Sequence[MarkingScheme]) -> Claim | None:
    scheme = scheme_on(schemes, fact.at.day)
    if isinstance(fact, Report):
        row = row_of(scheme.report(fact.kind), fact, fact.kind)
        return Claim(fact=fact, row=row, code=row.code, name=row.name, points=row.points)
    answer = answers.get((fact.solicitation, fact.unit))
    return _reply(fact, answer, scheme) if answer else None


def _reply(fact: Reply, answer: Answer, scheme: MarkingScheme) -> Claim:
    row = row_of(scheme.report(SOLICITED), fact, SOLICITED)
    worth = Claim(fact=fact, row=row, code=row.code, name=row.name, points=row.points)
    if answer.state is AnswerState.VOID:
        return _less(worth, MarkState.VOID, answer.void_by)
    if answer.late(fact):
        return _late(worth, answer, scheme)
    first = next(reply for reply in answer.replies if not answer.late(reply))
    if scheme.rules.replies == "once" and first is not fact:
        return _less(worth, MarkState.SUPERSEDED, first.id)
    return worth


def _late(worth: Claim, answer: Answer, scheme: MarkingScheme) -> Claim:
    """By a person's word, else by the tier for its days, else by the rule."""
    ruling = answer.ruling
    taken_as = ruling or scheme.rules.late_reply
    if taken_as == Ruling.ON_TIME:
        return worth
    if taken_as == Ruling.MISSED and answer.asks:
        return _less(worth, MarkState.VOID, answer.asks[-1].id)
    days = -(-(worth.fact.at.starts - answer.deadline.ends) // _DAY)
    tier = scheme.late_tier(days) if ruling is None else None
    if tier is None:
        return _less(worth, MarkState.NOTHING, "")
    return Claim(fact=worth.fact, row=tier, code=worth.code, name=worth.name, points=tier.points)


def _less(claim: Claim, state: MarkState, instead: str) -> Claim:
    return replace(claim, points=NOUGHT, state=state, instead=instead)


# ---- faults ------------------------------------------------------------------------------------------------

Faults = Sequence[tuple[Demerit, DemeritRow]]


def _faults(item: Item, kind: str, scheme: MarkingScheme, exempt: frozenset[str]) -> Faults:
    """The faults that this kind of report can have, the dearest first."""
    found = [
        (demerit, row)
        for demerit in item.demerits
        if item.name not in demerit.exempt and demerit.id not in exempt
        if (row := scheme.demerit(demerit.code, kind, demerit.kind))
    ]
    return sorted(found, key=lambda fault: (fault[1].points, fault[0].at.starts, fault[1].code))


def _with_faults(points: Decimal, rows: Sequence[DemeritRow], rules: Rules) -> Decimal:
    if not rows:
        return points
    lost = rows[0].points if rules.several_bad_labels == "largest" else sum((r.points for r in rows), NOUGHT)
    return lost if rules.bad_label == "replace" else points + lost


# ---- marks -------------------------------------------------------------------------------------------------


def _marks(
    item: Item, claims: Sequence[Claim], best: Claim, faults: Faults, rules: Rules
) -> tuple[Mark, ...]:
    marks = []
    replaced = faults[0][0].id if faults and rules.bad_label == "replace" else ""
    for claim in claims:
        instead = replaced if claim is best else best.fact.id
        marks.append(_mark(claim, item, instead=instead if claim.stands else claim.instead))
    named: set[str] = set()
    for demerit, row in faults:
        counts = not named or rules.several_bad_labels == "sum"
        mark = _fault_mark(item, best, demerit, row)
        if not counts:
            mark = replace(mark, points=NOUGHT, state=MarkState.SUPERSEDED, instead=faults[0][0].id)
        marks.append(replace(mark, listed=row.label not in named))
        named.add(row.label)
    return tuple(marks)


def _mark(claim: Claim, item: Item, *, instead: str = "") -> Mark:
    """A report's mark; `instead` names what takes its place."""
    state = MarkState.SUPERSEDED if instead and claim.stands else claim.state
    counts = state is MarkState.COUNTED
    return Mark(
        fact=claim.fact.id,
        at=claim.fact.at,
        unit=item.unit,
        month=claim.fact.at.month,
        code=claim.code,
        name=claim.name,
        label=claim.row.label,
        clause=claim.row.clause,
        points=claim.points if counts else NOUGHT,
        tariff=claim.row.points,
        state=state,
        instead=instead or claim.instead,
        item=item.name,
        solicitation=claim.fact.solicitation if isinstance(claim.fact, Reply) else "",
        listed=counts,
    )


def _fault_mark(item: Item, best: Claim, demerit: Demerit, row: DemeritRow) -> Mark:
    """A fault's mark: dated by the finding, booked in the month of the report."""
    return Mark(
        fact=demerit.id,
        at=demerit.at,
        unit=item.unit,
        month=best.fact.at.month,
        code=prefixed("demerit", row),
        name=row.name,
        label=row.label,
        clause=row.clause,
        points=row.points,
        tariff=row.points,
        state=MarkState.COUNTED,
        item=item.name,
        solicitation=best.fact.solicitation if isinstance(best.fact, Reply) else "",
        typical=row.typical,
    )


def row_of(row: Row | None, fact: Fact, word: str) -> Row:
    """The row, or ConfigError 'marks_no_row': the scheme of the fact's day does not know the word."""
    if row is None:
        raise ConfigError("marks_no_row", fact=fact.id, word=word)
    return row
