"""What a unit reads of itself in the letter with the 通报: as issued, whatever was entered since."""

from __future__ import annotations

from collections.abc import Iterator

from mailbot.render.figures import ItemFigures, UnitFigures
from mailbot.workflow.desk import Desk
from mailbot.workflow.letterbox import phrase
from mailbot.workflow.marks.standings import Kept

MOST_ITEMS = 20
TITLE = 40


def lines(desk: Desk, kept: Kept, unit: str) -> tuple[str, ...]:
    """Its counts, its marks and place, its items with their labels; () for a unit not in the 通报."""
    figures = next((one for one in kept.units if one.unit == unit), None)
    if figures is None:
        return ()
    items = [item for item in kept.items if item.unit == unit]
    return (*_counts(desk, figures), *_items(desk, items))


def _counts(desk: Desk, figures: UnitFigures) -> Iterator[str]:
    yield phrase(desk, "own.sent", count=figures.submissions, total=figures.cumulative_submissions or 0)
    if figures.solicited.due:
        one = figures.solicited
        yield phrase(
            desk, "own.solicited", due=one.due, on_time=one.on_time, late=one.late, missed=one.missed
        )
    if figures.adopted.total or figures.instructions:
        yield phrase(desk, "own.adopted", adopted=figures.adopted.total, instructions=figures.instructions)
    if figures.month_marks is not None and figures.cumulative_marks is not None:
        yield phrase(
            desk,
            "own.marks",
            marks=f"{figures.month_marks.normalize():f}",
            total=f"{figures.cumulative_marks.normalize():f}",
            rank=figures.rank or 0,
        )


def _items(desk: Desk, items: list[ItemFigures]) -> Iterator[str]:
    for number, item in enumerate(items[:MOST_ITEMS], 1):
        title = item.title if len(item.title) <= TITLE else f"{item.title[: TITLE - 1]}\u2026"
        day = phrase(desk, "own.day", month=item.date.month, day=item.date.day)
        labels = "\u3001".join(item.labels)
        yield phrase(desk, "own.item", number=number, day=day, title=title, labels=labels).rstrip()
    if len(items) > MOST_ITEMS:
        yield phrase(desk, "own.more", count=len(items) - MOST_ITEMS)
