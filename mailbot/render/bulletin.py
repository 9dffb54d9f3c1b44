"""Figures -> the blocks of a 通报 (notice 三(五), annex 1 四), in the wording of templates/bulletin/.

Pure: figures and wording in, blocks out.  What is nought is left unsaid in the text and kept in the table;
marks that were not reckoned have no column.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from mailbot.policy import Wording
from mailbot.render import _specimen, _tables
from mailbot.render._passages import as_typed, body_blocks, without_contacts
from mailbot.render.blocks import (
    Addressees,
    Attachment,
    AttachmentBlock,
    AttachmentList,
    Block,
    SignOff,
    Title,
)
from mailbot.render.figures import (
    AnnualFigures,
    CorrectionFigures,
    InstantFigures,
    MonthlyFigures,
    Notes,
    Solicited,
    UnitFigures,
)
from mailbot.render.typography import typography_of
from mailbot.render.wording import Templates, Texts, templates_of
from mailbot.roster import UnitKind


@dataclass(frozen=True, slots=True)
class Rank:
    """Units that share a count."""

    count: int
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leader:
    """A unit among the first of its group, with its marks as written."""

    unit: str
    marks: str


LEADERS = 3
"""Ranks that are named in the text."""
MOST_LEADERS = 6
"""Units named as leaders of a group: a rank shared by more is none to be named."""
FEW = 5
"""Corrections that the text can hold."""


def monthly(figures: MonthlyFigures, wording: Wording) -> tuple[Block, ...]:
    """月通报 with its attachments.  ConfigError 'template_error' where a template is wrong."""
    templates = templates_of(wording)
    values = {**monthly_values(figures), "notes": _notes(figures.notes, templates)}
    passages = templates.passages("bulletin/monthly.j2", values)
    attachments = _attachments(figures, templates, passages)
    sign_off = SignOff(office=figures.office, date=figures.date, sealed=figures.sealed)
    return _document(passages, templates, sign_off, attachments)


def annual(figures: AnnualFigures, wording: Wording) -> tuple[Block, ...]:
    """年终通报 (notice 三(五), annex 1 四): totals, ranking, commended, unreported, out of the selection."""
    templates = templates_of(wording)
    values = {**_annual_values(figures), "notes": _notes(figures.notes, templates)}
    passages = templates.passages("bulletin/annual.j2", values)
    heads = templates.settings("bulletin/tables.j2")
    found = [(passages.text("summary_title"), _tables.summary(figures.units, heads))]
    if charts := (*_tables.month_chart(figures.received, heads), *_tables.charts(figures.units, heads)):
        found.append((passages.text("chart_title"), charts))
    if commended := _tables.commended(figures, heads):
        found.append((passages.text("commended_title"), commended))
    sign_off = SignOff(office=figures.office, date=figures.date, sealed=figures.sealed)
    return _document(passages, templates, sign_off, _numbered(found))


def instant(figures: InstantFigures, wording: Wording) -> tuple[Block, ...]:
    """即时通报 of typical cases (notice 三(五)): 雷同, 网络抄袭, 敷衍了事 in 约稿."""
    templates = templates_of(wording)
    values = {"office": figures.office, "year": figures.date.year, "cases": figures.cases}
    passages = templates.passages("bulletin/instant.j2", values)
    sign_off = SignOff(office=figures.office, date=figures.date, sealed=figures.sealed)
    return _document(passages, templates, sign_off, ())


def correction(figures: CorrectionFigures, wording: Wording) -> tuple[Block, ...]:
    """更正 of a month already issued: what was said, and what holds; in a table where there is much."""
    templates = templates_of(wording)
    values = {
        "office": figures.office,
        "year": figures.month.year,
        "month": figures.month.month,
        "issued": figures.issued,
        "changed": [_tables.told(one) for one in figures.changed],
        "tabled": len(figures.changed) > FEW,
        "notes": _notes(figures.notes, templates),
    }
    passages = templates.passages("bulletin/correction.j2", values)
    heads = templates.settings("bulletin/tables.j2")
    found = []
    if len(figures.changed) > FEW:
        found.append((passages.text("changed_title"), _tables.changed(figures.changed, heads)))
    sign_off = SignOff(office=figures.office, date=figures.date, sealed=figures.sealed)
    return _document(passages, templates, sign_off, _numbered(found))


def _notes(notes: Notes, templates: Templates) -> Notes:
    """As templates take them: marked, their numbers left to the program."""
    forms = templates.settings("bulletin/numbering.j2")
    return Notes(
        overview=as_typed(notes.overview, forms),
        problems=as_typed(notes.problems, forms, points=True),
        next_steps=as_typed(notes.next_steps, forms),
    )


def check(wording: Wording) -> None:
    """Word each kind of 通报, with everything and with nothing.  ConfigError 'template_error'."""
    typography_of(wording)
    for month in _specimen.MONTHS:
        monthly(month, wording)
        draft_facts(month, wording)
    for year in _specimen.YEARS:
        annual(year, wording)
    instant(_specimen.CASES, wording)
    for change in _specimen.CHANGES:
        correction(change, wording)


def _document(
    passages: Texts, templates: Templates, sign_off: SignOff, attachments: tuple[Attachment, ...]
) -> tuple[Block, ...]:
    listed = (AttachmentList(names=tuple(one.title for one in attachments)),) if attachments else ()
    return (
        Title(lines=tuple(passages.text("title").splitlines())),
        Addressees(text=passages.text("addressees")),
        *body_blocks(passages.text("body"), templates.settings("bulletin/numbering.j2")),
        *listed,
        sign_off,
        *attachments,
    )


def draft_facts(figures: MonthlyFigures, wording: Wording) -> str:
    """The paragraph of figures for the letter that brings the section its draft."""
    values = monthly_values(figures)
    return templates_of(wording).passages("bulletin/draft_facts.j2", values).text("facts")


def monthly_values(figures: MonthlyFigures) -> dict[str, object]:
    """The names that monthly.j2 and draft_facts.j2 may use; monthly.j2 explains them to who edits it."""
    return {
        **_unit_values(figures.units),
        "office": figures.office,
        "year": figures.month.year,
        "month": figures.month.month,
        "topics": len(figures.solicitations),
        "tasks": list(figures.open_tasks),
    }


def _annual_values(figures: AnnualFigures) -> dict[str, object]:
    return {
        **_unit_values(figures.units),
        "office": figures.office,
        "year": figures.year,
        "commended_units": figures.commended_units,
        "commended_persons": figures.commended_persons,
        "disqualified": figures.disqualified,
    }


def _unit_values(units: Sequence[UnitFigures]) -> dict[str, object]:
    towns = [unit for unit in units if unit.kind is not UnitKind.DEPARTMENT]
    departments = [unit for unit in units if unit.kind is UnitKind.DEPARTMENT]
    adopted = [unit.adopted for unit in units]
    return {
        "unit_count": len(units),
        "received": sum(unit.submissions for unit in units),
        "received_towns": sum(unit.submissions for unit in towns),
        "received_departments": sum(unit.submissions for unit in departments),
        "town_count": len(towns),
        "department_count": len(departments),
        "town_ranks": ranks((unit.unit, unit.submissions) for unit in towns),
        "department_ranks": ranks((unit.unit, unit.submissions) for unit in departments),
        "zero_units": [unit.unit for unit in units if _sent_nothing(unit)],
        "adopted": sum(one.total for one in adopted),
        "adopted_county": sum(one.county for one in adopted),
        "adopted_city": sum(one.city for one in adopted),
        "adopted_province": sum(one.province for one in adopted),
        "adopted_state": sum(one.state for one in adopted),
        "adopted_ranks": ranks((unit.unit, unit.adopted.total) for unit in units),
        "instructions": sum(unit.instructions for unit in units),
        "solicited": _together([unit.solicited for unit in units]),
        "punctual_units": [unit.unit for unit in units if _punctual(unit.solicited)],
        "late_units": [unit.unit for unit in units if unit.solicited.late],
        "missed_units": [unit.unit for unit in units if unit.solicited.missed],
        "leaders": {"towns": _leaders(towns), "departments": _leaders(departments)},
        "praised_units": [unit for group in (towns, departments) for unit in _praised(group)],
    }


def _punctual(solicited: Solicited) -> bool:
    """Whether everything asked of it, and not void, came in time."""
    return 0 < solicited.on_time == solicited.due - solicited.void


def _praised(units: Sequence[UnitFigures]) -> list[str]:
    """Leaders with no mark off, nothing late and nothing missed: nobody is praised and blamed at once."""
    flawless = {
        unit.unit
        for unit in units
        if not (unit.minus or unit.solicited.late or unit.solicited.missed or _sent_nothing(unit))
    }
    return [leader.unit for leader in _leaders(units) if leader.unit in flawless]


def _leaders(units: Sequence[UnitFigures]) -> list[Leader]:
    """The first ranks of a group with their marks, this month's or the year's."""
    told = ((u, u.month_marks if u.month_marks is not None else u.cumulative_marks) for u in units)
    marks = sorted(((u, points) for u, points in told if points is not None), key=lambda pair: -pair[1])
    return [
        Leader(unit.unit, _tables.shown(points))
        for unit, points in marks
        if points > 0
        and sum(other > points for _, other in marks) < LEADERS
        and sum(other >= points for _, other in marks) <= MOST_LEADERS
    ]


def ranks(counted: Iterable[tuple[str, int]]) -> list[Rank]:
    """Units by descending count, noughts left out; equal counts share a rank, in the given sequence."""
    present = sorted((pair for pair in counted if pair[1]), key=lambda pair: -pair[1])
    return [
        Rank(count, tuple(unit for unit, _ in pairs))
        for count, pairs in groupby(present, key=lambda pair: pair[1])
    ]


def _sent_nothing(unit: UnitFigures) -> bool:
    """零报送: neither of its own accord nor when asked."""
    return not (unit.submissions or unit.solicited.on_time or unit.solicited.late)


def _together(parts: Sequence[Solicited]) -> Solicited:
    return Solicited(
        due=sum(part.due for part in parts),
        on_time=sum(part.on_time for part in parts),
        late=sum(part.late for part in parts),
        missed=sum(part.missed for part in parts),
        void=sum(part.void for part in parts),
    )


def _attachments(figures: MonthlyFigures, templates: Templates, passages: Texts) -> tuple[Attachment, ...]:
    """综合表, 目录 of what came and of what was labelled later, 约稿完成情况 where anything was asked."""
    heads = templates.settings("bulletin/tables.j2")
    found = [(passages.text("summary_title"), _tables.summary(figures.units, heads))]
    if figures.items:
        items = tuple(without_contacts(item) for item in figures.items)
        found.append((passages.text("items_title"), _tables.items(figures, items, heads)))
    if figures.earlier_items:
        earlier = tuple(without_contacts(item) for item in figures.earlier_items)
        found.append((passages.text("earlier_title"), _tables.items(figures, earlier, heads)))
    if charts := _tables.charts(figures.units, heads):
        found.append((passages.text("chart_title"), charts))
    if figures.solicitations:
        found.append((passages.text("solicitations_title"), _tables.solicitations(figures, heads)))
    return _numbered(found)


def _numbered(found: Sequence[tuple[str, tuple[AttachmentBlock, ...]]]) -> tuple[Attachment, ...]:
    """附件1, 附件2; a single one has no number."""
    return tuple(
        Attachment(start=number if len(found) > 1 else 0, title=title, blocks=blocks)
        for number, (title, blocks) in enumerate(found, 1)
    )
