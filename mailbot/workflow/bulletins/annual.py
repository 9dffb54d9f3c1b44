"""年终通报 (notice 三(五), annex 1 四): due in January, one row for each year (promise P6).

Whom to commend is the office's choice: it is written as a note, never reckoned.  The material for it goes to
the section with the draft.
"""

from __future__ import annotations

from datetime import date

from mailbot.model import Bulletin, BulletinKind, BulletinState, LetterFile, Month, Passage
from mailbot.render import bulletin as rendering
from mailbot.render.figures import AnnualFigures, Commended
from mailbot.scoring import Period
from mailbot.workflow.bulletins import drafting, export, final, year
from mailbot.workflow.bulletins.drafting import Draft
from mailbot.workflow.desk import WORKER, Desk, first_start
from mailbot.workflow.letterbox import phrase
from mailbot.workflow.marks import standings
from mailbot.workflow.marks.standings import Reckoning

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def draft_due(desk: Desk) -> list[Bulletin]:
    """Draft each year that is over, due and has no draft: one, whatever was switched off."""
    now = desk.clock.now()
    years = range(first_start(desk).year, now.year)
    return [
        draft(desk, one, by=WORKER)
        for one in years
        if desk.config.timetable.annual_due(one) <= now
        and desk.store.bulletin(BulletinKind.ANNUAL, str(one)) is None
    ]


def draft(desk: Desk, of_year: int, *, by: str, force: bool = False) -> Bulletin:
    """Draft (again) the 通报 on a year, and mail it to the section with the material for 先进.

    StateError 'bulletin_approved', 'bulletin_uploaded'.
    """
    reckoning = standings.reckon(desk)
    figures, period = _figures(desk, of_year, reckoning), str(of_year)
    title = drafting.title_of(desk, BulletinKind.ANNUAL, period)
    material = export.material(desk, of_year)
    made = Draft(
        kind=BulletinKind.ANNUAL,
        period=period,
        content=drafting.document(desk, rendering.annual(figures, desk.policy.wording), title),
        file_name=drafting.file_name(desk, BulletinKind.ANNUAL, period),
        kept={"units": figures.units, "disqualified": figures.disqualified},
        summary=_summary(desk, figures),
        tasks=open_tasks(desk, of_year),
        files=(LetterFile(name=material.file_name, content=material.content, content_type=SHEET),),
    )
    return drafting.keep(desk, made, by=by, force=force)


def _figures(desk: Desk, of_year: int, reckoning: Reckoning) -> AnnualFigures:
    kind, period = BulletinKind.ANNUAL, str(of_year)
    found = standings.standings(desk, Period(year=of_year), reckoning)
    written = desk.store.bulletin_notes(kind, period)
    persons = final.commended_persons(desk, written.get(Passage.COMMENDED_PERSONS, ""))
    months = [Month(of_year, number) for number in range(1, 13)]
    return AnnualFigures(
        year=of_year,
        office=desk.config.issuer,
        date=desk.clock.now().date(),
        units=year.unit_figures(desk, months[-1], reckoning),
        commended_units=final.commended_units(desk, written.get(Passage.COMMENDED_UNITS, "")),
        commended_persons=tuple(Commended(unit=one.unit, name=one.name) for one in persons),
        disqualified=found.disqualified,
        received=tuple(standings.reported(reckoning, month, month).total() for month in months),
        notes=drafting.notes(desk, kind, period),
    )


def _summary(desk: Desk, figures: AnnualFigures) -> str:
    units = figures.units
    return phrase(
        desk,
        "bulletin.annual_summary",
        received=sum(unit.submissions for unit in units),
        adopted=sum(unit.adopted.total for unit in units),
        instructions=sum(unit.instructions for unit in units),
        silent=sum(not (u.submissions or u.solicited.on_time or u.solicited.late) for u in units),
        disqualified=len(figures.disqualified),
    )


def open_tasks(desk: Desk, of_year: int) -> tuple[str, ...]:
    """What the section should settle before it approves the 通报 on a year, in words."""
    began = Month.of(max(first_start(desk).date(), date(of_year, 1, 1)))
    months = [Month(of_year, number) for number in range(1, 13)]
    written = desk.store.bulletin_notes(BulletinKind.ANNUAL, str(of_year))
    approved = {
        found.period
        for found in desk.store.bulletins()
        if found.kind is BulletinKind.MONTHLY and found.state is BulletinState.APPROVED
    }
    missing = [m for m in months if m >= began and str(m) not in approved]
    tasks = []
    if missing:
        names = "、".join(phrase(desk, "bulletin.period", year=m.year, month=m.month) for m in missing)
        tasks.append(phrase(desk, "bulletin.annual_unissued", months=names))
    if not (Passage.COMMENDED_UNITS in written or Passage.COMMENDED_PERSONS in written):
        tasks.append(phrase(desk, "bulletin.annual_uncommended"))
    return tuple(tasks)
