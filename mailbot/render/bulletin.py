"""Figures -> the blocks of a 通报 (notice 三(五), annex 1 四), in the wording of templates/bulletin/.

Pure: figures and wording in, blocks out.  What is nought is left unsaid in the text and kept in the table;
marks that were not reckoned have no column.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from mailbot.policy import Wording
from mailbot.render import _tables
from mailbot.render._passages import body_blocks, without_contacts
from mailbot.render.blocks import Addressees, Attachment, AttachmentList, Block, SignOff, Title
from mailbot.render.figures import MonthlyFigures, Solicited, UnitFigures
from mailbot.render.wording import Templates, Texts, templates_of
from mailbot.roster import UnitKind


@dataclass(frozen=True, slots=True)
class Rank:
    """Units that share a count."""

    count: int
    units: tuple[str, ...]


def monthly(figures: MonthlyFigures, wording: Wording) -> tuple[Block, ...]:
    """月通报 with its attachments.  ConfigError 'template_error' where a template is wrong."""
    templates = templates_of(wording)
    passages = templates.passages("bulletin/monthly.j2", monthly_values(figures))
    attachments = _attachments(figures, templates, passages)
    return (
        Title(lines=tuple(passages.text("title").splitlines())),
        Addressees(text=passages.text("addressees")),
        *body_blocks(passages.text("body"), templates.settings("bulletin/numbering.j2")),
        AttachmentList(names=tuple(attachment.title for attachment in attachments)),
        SignOff(office=figures.office, date=figures.date, sealed=figures.sealed),
        *attachments,
    )


def draft_facts(figures: MonthlyFigures, wording: Wording) -> str:
    """The paragraph of figures for the letter that brings the section its draft."""
    values = monthly_values(figures)
    return templates_of(wording).passages("bulletin/draft_facts.j2", values).text("facts")


def monthly_values(figures: MonthlyFigures) -> dict[str, object]:
    """The names that monthly.j2 and draft_facts.j2 may use; monthly.j2 explains them to who edits it."""
    towns = [unit for unit in figures.units if unit.kind is not UnitKind.DEPARTMENT]
    departments = [unit for unit in figures.units if unit.kind is UnitKind.DEPARTMENT]
    adopted = [unit.adopted for unit in figures.units]
    return {
        "office": figures.office,
        "year": figures.month.year,
        "month": figures.month.month,
        "unit_count": len(figures.units),
        "received": sum(unit.submissions for unit in figures.units),
        "received_towns": sum(unit.submissions for unit in towns),
        "received_departments": sum(unit.submissions for unit in departments),
        "town_ranks": ranks((unit.unit, unit.submissions) for unit in towns),
        "department_ranks": ranks((unit.unit, unit.submissions) for unit in departments),
        "zero_units": [unit.unit for unit in figures.units if _sent_nothing(unit)],
        "adopted": sum(one.total for one in adopted),
        "adopted_county": sum(one.county for one in adopted),
        "adopted_city": sum(one.city for one in adopted),
        "adopted_province": sum(one.province for one in adopted),
        "adopted_state": sum(one.state for one in adopted),
        "adopted_ranks": ranks((unit.unit, unit.adopted.total) for unit in figures.units),
        "instructions": sum(unit.instructions for unit in figures.units),
        "topics": len(figures.solicitations),
        "solicited": _together([unit.solicited for unit in figures.units]),
        "late_units": [unit.unit for unit in figures.units if unit.solicited.late],
        "missed_units": [unit.unit for unit in figures.units if unit.solicited.missed],
        "tasks": list(figures.open_tasks),
    }


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
    """综合表, 信息目录 where anything came, 约稿完成情况 where anything was asked."""
    heads = templates.settings("bulletin/tables.j2")
    found = [(passages.text("summary_title"), _tables.summary(figures, heads))]
    if figures.items:
        items = tuple(without_contacts(item) for item in figures.items)
        found.append((passages.text("items_title"), _tables.items(figures, items, heads)))
    if figures.solicitations:
        found.append((passages.text("solicitations_title"), _tables.solicitations(figures, heads)))
    first = 1 if len(found) > 1 else 0
    return tuple(
        Attachment(start=first + place if first else 0, title=title, blocks=blocks)
        for place, (title, blocks) in enumerate(found)
    )
