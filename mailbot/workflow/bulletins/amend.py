"""更正: what has changed in a month already issued, told to all units once.

The issued 通报 stays as it is, and marks are booked as scoring/ books them; a correction only tells.  It is
drafted from the differences between what was issued, or last corrected, and what is on record now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from mailbot.errors import StateError
from mailbot.model import Bulletin, BulletinKind, BulletinState, Month
from mailbot.render import bulletin as rendering
from mailbot.render.figures import Changed, CorrectionFigures
from mailbot.workflow.bulletins import drafting
from mailbot.workflow.bulletins.drafting import Draft, named
from mailbot.workflow.desk import Desk
from mailbot.workflow.letterbox import phrase
from mailbot.workflow.marks import standings


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What units were told last of a month: 自主报送 and marks by unit; no marks where none were issued."""

    submissions: Mapping[str, int] = field(default_factory=dict)
    marks: Mapping[str, Decimal] | None = None


def changes(desk: Desk, month: Month) -> tuple[Changed, ...]:
    """Units whose issued month is no longer what is on record, in the official sequence.

    StateError 'correction_not_issued' where that month was not approved.
    """
    _issued(desk, month)
    before, now = _stated(desk, month), _now(desk, month)
    units = [unit.name for unit in desk.policy.roster.units]
    found = (_changed(unit, before, now) for unit in units)
    return tuple(one for one in found if one.submissions[0] != one.submissions[1] or one.difference)


def draft(desk: Desk, month: Month, *, by: str, force: bool = False) -> Bulletin:
    """Draft (again) the correction of an issued month, and mail it to the section.

    Its reason is a note (Passage.OVERVIEW) under next_period(); with one, words alone can be corrected.
    StateError 'correction_not_issued', 'correction_nothing'; else as drafting.keep().
    """
    by, issued = named(by), _issued(desk, month)
    found, period = changes(desk, month), next_period(desk, month)
    notes = drafting.notes(desk, BulletinKind.CORRECTION, period)
    if not found and not notes.overview:
        raise StateError("correction_nothing", month=month)
    assert issued.approved_at is not None
    figures = CorrectionFigures(
        month=month,
        office=desk.config.issuer,
        issued=issued.approved_at.date(),
        date=desk.clock.now().date(),
        changed=found,
        notes=notes,
    )
    title = drafting.title_of(desk, BulletinKind.CORRECTION, period)
    now = _now(desk, month)
    made = Draft(
        kind=BulletinKind.CORRECTION,
        period=period,
        content=drafting.document(desk, rendering.correction(figures, desk.policy.wording), title),
        file_name=drafting.file_name(desk, BulletinKind.CORRECTION, period),
        kept={"submissions": now.submissions, "marks": now.marks},
        summary=phrase(desk, "bulletin.correction_summary", count=len(found)),
    )
    return drafting.keep(desk, made, by=by, force=force)


def next_period(desk: Desk, month: Month) -> str:
    """'2019-03-1': the draft at hand, or the next one after those approved."""
    number = 1
    while True:
        found = desk.store.bulletin(BulletinKind.CORRECTION, f"{month}-{number}")
        if found is None or found.state is BulletinState.DRAFT:
            return f"{month}-{number}"
        number += 1


def _issued(desk: Desk, month: Month) -> Bulletin:
    found = desk.store.bulletin(BulletinKind.MONTHLY, str(month))
    if found is None or found.state is not BulletinState.APPROVED:
        raise StateError("correction_not_issued", month=month)
    return found


def _stated(desk: Desk, month: Month) -> Stated:
    """By the last approved correction, else by the 通报 itself."""
    corrected = [
        (int(period.rpartition("-")[2]), stated)
        for period, stated in desk.store.approved_figures(BulletinKind.CORRECTION, Stated)
        if period.startswith(f"{month}-")
    ]
    if corrected:
        return max(corrected, key=lambda pair: pair[0])[1]
    kept = standings.kept_of(desk, str(month))
    marks = None if kept.marks is None else _by_unit((m.unit, m.points) for m in kept.marks)
    return Stated(submissions={unit.unit: unit.submissions for unit in kept.units}, marks=marks)


def _now(desk: Desk, month: Month) -> Stated:
    """As if nothing had been issued: that is what the month comes to."""
    afresh = standings.reckon(desk, frozen=False)
    return Stated(
        submissions=dict(standings.reported(afresh, month, month)),
        marks=_by_unit((mark.unit, mark.points) for mark in afresh.of_month(month)),
    )


def _by_unit(pairs: Iterable[tuple[str, Decimal]]) -> Mapping[str, Decimal]:
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for unit, points in pairs:
        totals[unit] += points
    return dict(totals)


def _changed(unit: str, before: Stated, now: Stated) -> Changed:
    marks = None
    if before.marks is not None and now.marks is not None:
        marks = (before.marks.get(unit, Decimal(0)), now.marks.get(unit, Decimal(0)))
    counts = (before.submissions.get(unit, 0), now.submissions.get(unit, 0))
    return Changed(unit=unit, submissions=counts, marks=marks)
