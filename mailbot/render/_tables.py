"""The tables attached to a 通报.  Column heads come from templates/bulletin/tables.j2."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from mailbot.render._ooxml import width_of
from mailbot.render.blocks import (
    Align,
    AttachmentBlock,
    Chart,
    GroupRow,
    HeadCell,
    Heading,
    Paragraph,
    Row,
    Table,
)
from mailbot.render.figures import (
    AnnualFigures,
    Changed,
    ItemFigures,
    MonthlyFigures,
    SolicitationFigures,
    UnitFigures,
)
from mailbot.render.wording import Texts
from mailbot.roster import UnitKind

_PORTRAIT_MM = 156.0
_LANDSCAPE_MM = 225.0
_NAME_MM = 52.0
"""What names are given where there is so much."""
_MM_PER_POINT = 25.4 / 72
_PADDING = 2.1
"""Left and right of a cell's text, in mm."""
_NUMBER_CHARACTERS = 2.2
_LEAST_CHARACTERS = 1.6
_ENDS = 5
"""Units shown at either end of a chart."""
_MANY_ITEMS = 60
"""From here on the list is set in 五号, to save a third of its pages."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the 综合表: its head, the head over it, value and, where it adds up, sum."""

    key: str
    over: str
    value: Callable[[UnitFigures], int | Decimal | None]
    sums: bool = True


_SUBMITTED = (
    _Column("submissions", "", lambda unit: unit.submissions),
    _Column("cumulative_submissions", "", lambda unit: unit.cumulative_submissions),
)
_SOLICITED = (
    _Column("due", "solicited", lambda unit: unit.solicited.due),
    _Column("on_time", "solicited", lambda unit: unit.solicited.on_time),
    _Column("late", "solicited", lambda unit: unit.solicited.late),
    _Column("missed", "solicited", lambda unit: unit.solicited.missed),
    _Column("void", "solicited", lambda unit: unit.solicited.void),
)
_ADOPTED = (
    _Column("county", "adopted", lambda unit: unit.adopted.county),
    _Column("city", "adopted", lambda unit: unit.adopted.city),
    _Column("province", "adopted", lambda unit: unit.adopted.province),
    _Column("state", "adopted", lambda unit: unit.adopted.state),
    _Column("instructions", "", lambda unit: unit.instructions),
)
_MARKS = (
    _Column("plus", "", lambda unit: unit.plus),
    _Column("minus", "", lambda unit: unit.minus),
    _Column("month_marks", "", lambda unit: unit.month_marks, sums=False),
    _Column("cumulative_marks", "", lambda unit: unit.cumulative_marks, sums=False),
    _Column("rank", "", lambda unit: unit.rank, sums=False),
)


def summary(units: Sequence[UnitFigures], heads: Texts) -> tuple[AttachmentBlock, ...]:
    """综合表: every unit in two groups, noughts too; turned sideways when it has more than nine columns."""
    columns = _columns(units)
    landscape = len(columns) + 2 > 9
    size = 10.5 if landscape else 12
    room = _LANDSCAPE_MM if landscape else _PORTRAIT_MM
    table = Table(
        head=_summary_head(columns, heads),
        rows=tuple(_summary_rows(units, columns, heads)),
        widths=_summary_widths(columns, units, heads, size=size, room=room),
        landscape=landscape,
        size=size,
    )
    return (table,)


def _summary_widths(
    columns: Sequence[_Column], units: Sequence[UnitFigures], heads: Texts, *, size: float, room: float
) -> tuple[float, ...]:
    """Each column takes what stands in it; names get room to spare first, the figures share the rest."""
    character = size * _MM_PER_POINT
    number = _PADDING + _NUMBER_CHARACTERS * character
    needs = [_PADDING + character * _characters(column, units, heads) for column in columns]
    longest = max((width_of(unit.unit) for unit in units), default=0)
    rest = room - number - sum(needs)
    name = min(rest, max(_NAME_MM if rest > 2 * _NAME_MM else 0, _PADDING + character * longest))
    share = (rest - name) / len(columns)
    return (number, name, *(need + share for need in needs))


def _characters(column: _Column, units: Sequence[UnitFigures], heads: Texts) -> float:
    """A head of more than two characters is set in two lines; a figure in one."""
    head = len(heads.text(column.key))
    shown_ones = [shown(column.value(unit)) for unit in units]
    return max(
        _LEAST_CHARACTERS,
        head if head <= 2 else (head + 1) // 2,
        *map(width_of, (*shown_ones, _total(units, column))),
    )


def marked(units: Sequence[UnitFigures]) -> bool:
    """Whether marks were reckoned at all."""
    return any(unit.month_marks is not None or unit.cumulative_marks is not None for unit in units)


def _columns(units: Sequence[UnitFigures]) -> list[_Column]:
    """The columns that have anything to tell; once marks are reckoned, all that were."""
    reckoned = marked(units)
    columns = [_SUBMITTED[0]]
    if any(unit.cumulative_submissions is not None for unit in units):
        columns.append(_SUBMITTED[1])
    if reckoned or any(unit.solicited.due for unit in units):
        columns += _SOLICITED
    if reckoned or any(unit.adopted.total or unit.instructions for unit in units):
        columns += _ADOPTED
    columns += [column for column in _MARKS if any(column.value(unit) is not None for unit in units)]
    return columns


def _summary_head(columns: Sequence[_Column], heads: Texts) -> tuple[tuple[HeadCell, ...], ...]:
    depth = 2 if any(column.over for column in columns) else 1
    first = [HeadCell(text=heads.text(key), rows=depth) for key in ("number", "unit")]
    second = []
    for over, group in groupby(columns, key=lambda column: column.over):
        members = list(group)
        if over:
            first.append(HeadCell(text=heads.text(over), columns=len(members)))
            second += [HeadCell(text=heads.text(column.key)) for column in members]
        else:
            first += [HeadCell(text=heads.text(column.key), rows=depth) for column in members]
    return (tuple(first), tuple(second)) if second else (tuple(first),)


def groups(units: Sequence[UnitFigures]) -> Iterator[tuple[str, list[UnitFigures]]]:
    """The two groups that are ranked apart, by rank where there is one, else in the official sequence."""
    for key, kinds in (("towns", {UnitKind.TOWN, UnitKind.ZONE}), ("departments", {UnitKind.DEPARTMENT})):
        members = [unit for unit in units if unit.kind in kinds]
        if members:
            yield key, sorted(members, key=lambda unit: unit.rank or len(units))


def _summary_rows(
    units: Sequence[UnitFigures], columns: Sequence[_Column], heads: Texts
) -> Iterator[Row | GroupRow]:
    for key, members in groups(units):
        yield GroupRow(text=heads.text(key))
        for number, unit in enumerate(members, 1):
            yield (str(number), unit.unit, *(shown(column.value(unit)) for column in columns))
    totals = (_total(units, column) for column in columns)
    yield ("", heads.text("total"), *totals)


def _total(units: Sequence[UnitFigures], column: _Column) -> str:
    if not column.sums:
        return ""
    return shown(sum(column.value(unit) or 0 for unit in units))


def shown(value: int | Decimal | None) -> str:
    """Points as they are, without noughts behind the point; what is not known is blank."""
    if value is None:
        return ""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def charts(units: Sequence[UnitFigures], heads: Texts) -> tuple[Chart, ...]:
    """The marks of each group's first and last units, the month's or the year's; none where all are equal."""
    monthly = any(unit.month_marks is not None for unit in units)
    found = []
    for key, members in groups(units):
        marks = [(u.unit, u.month_marks if monthly else u.cumulative_marks) for u in members]
        ranked = sorted(((n, m) for n, m in marks if m is not None), key=lambda pair: -pair[1])
        shown_ones = ranked if len(ranked) <= 2 * _ENDS else [*ranked[:_ENDS], *ranked[-_ENDS:]]
        ends, whole = heads.text(f"{key}_chart"), heads.text(f"{key}_chart_whole")
        if len({points for _, points in ranked}) > 1 or len(ranked) == 1:
            names, values = zip(*shown_ones, strict=True)
            series = heads.text("month_marks" if monthly else "cumulative_marks")
            title = ends if len(shown_ones) < len(ranked) else whole
            found.append(Chart(title=title, names=names, values=values, series=series))
    return tuple(found)


def month_chart(received: Sequence[int], heads: Texts) -> tuple[Chart, ...]:
    """报送条数 month by month, where there was any."""
    if not any(received):
        return ()
    names = tuple(heads.filled("month", month=month) for month in range(1, len(received) + 1))
    values = tuple(Decimal(count) for count in received)
    title = heads.text("months_chart")
    series = heads.text("submissions")
    return (Chart(title=title, names=names, values=values, series=series, upright=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldChange:
    """A correction as templates name it; '' where a figure did not change."""

    unit: str
    submissions_before: str = ""
    submissions_after: str = ""
    marks_before: str = ""
    marks_after: str = ""


def told(change: Changed) -> ToldChange:
    before, after = change.submissions
    counts = {"submissions_before": str(before), "submissions_after": str(after)} if before != after else {}
    marks = change.marks
    points = (
        {"marks_before": shown(marks[0]), "marks_after": shown(marks[1])}
        if change.difference and marks
        else {}
    )
    return ToldChange(unit=change.unit, **counts, **points)


def changed(found: Sequence[Changed], heads: Texts) -> tuple[AttachmentBlock, ...]:
    """更正情况表, with the kinds of figures that any unit had changed."""
    figures: dict[str, Callable[[Changed], Sequence[int | Decimal | None]]] = {}
    if any(one.submissions[0] != one.submissions[1] for one in found):
        figures["submissions"] = lambda one: one.submissions
    if any(one.difference for one in found):
        figures["month_marks"] = lambda one: one.marks or (None, None)
    first = [HeadCell(text=heads.text(key), rows=2) for key in ("number", "unit")]
    first += [HeadCell(text=heads.text(key), columns=2) for key in figures]
    second = [HeadCell(text=heads.text(key)) for key in ("before", "after") * len(figures)]
    rows = tuple(
        (str(number), one.unit, *(shown(value) for pair in figures.values() for value in pair(one)))
        for number, one in enumerate(found, 1)
    )
    widths = (14, 54, *[88 / (2 * len(figures))] * (2 * len(figures)))
    return (Table(head=(tuple(first), tuple(second)), rows=rows, widths=widths),)


def commended(figures: AnnualFigures, heads: Texts) -> tuple[AttachmentBlock, ...]:
    """先进单位 and 先进个人, as the office chose them."""
    found: list[AttachmentBlock] = []
    if figures.commended_units:
        rows = tuple((str(number), unit) for number, unit in enumerate(figures.commended_units, 1))
        found += [
            Heading(level=1, text=heads.text("commended_units")),
            _list(("number", "unit"), rows, heads),
        ]
    if figures.commended_persons:
        people = enumerate(figures.commended_persons, 1)
        named = tuple((str(number), person.unit, person.name) for number, person in people)
        found += [Heading(level=1, text=heads.text("commended_persons"))]
        found += [_list(("number", "unit", "name"), named, heads)]
    return tuple(found)


def _list(keys: Sequence[str], rows: tuple[Row, ...], heads: Texts) -> Table:
    rest = (_PORTRAIT_MM - 16) / (len(keys) - 1)
    head = tuple(HeadCell(text=heads.text(key)) for key in keys)
    return Table(head=(head,), rows=rows, widths=(16, *(rest for _ in keys[1:])))


def items(figures: MonthlyFigures, found: Sequence[ItemFigures], heads: Texts) -> tuple[AttachmentBlock, ...]:
    """报送信息目录: units in the official sequence, under each its items by date, with any 标注."""
    labelled = any(item.labels for item in found)
    keys = ("number", "title", "date", *(("labels",) if labelled else ()))
    widths = (12.0, 90.0, 24.0, 30.0) if labelled else (12.0, 118.0, 26.0)
    aligns = (Align.CENTER, Align.LEFT, Align.CENTER, *((Align.CENTER,) if labelled else ()))
    table = Table(
        head=(tuple(HeadCell(text=heads.text(key)) for key in keys),),
        rows=tuple(_item_rows(figures, found, heads, labelled=labelled)),
        widths=widths,
        aligns=aligns,
        size=12 if len(found) < _MANY_ITEMS else 10.5,
    )
    legend = (Paragraph(text=_legend(figures, heads)),) if figures.legend and labelled else ()
    return (table, *legend)


def _item_rows(
    figures: MonthlyFigures, found: Sequence[ItemFigures], heads: Texts, *, labelled: bool
) -> Iterator[Row | GroupRow]:
    order = {unit.unit: place for place, unit in enumerate(figures.units)}
    ordered = sorted(
        found, key=lambda item: (order.get(item.unit, len(order)), item.unit, item.date, item.number)
    )
    for unit, group in groupby(ordered, key=lambda item: item.unit):
        members = list(group)
        yield GroupRow(text=heads.filled("unit_group", unit=unit, count=len(members)))
        for number, item in enumerate(members, 1):
            day = heads.filled("day", month=item.date.month, day=item.date.day)
            labels = ("\u3001".join(item.labels),) if labelled else ()
            yield (str(number), item.title, day, *labels)


def _legend(figures: MonthlyFigures, heads: Texts) -> str:
    entries = "\uff1b".join(heads.filled("legend_entry", label=a, meaning=b) for a, b in figures.legend)
    return heads.filled("legend", entries=entries)


def solicitations(figures: MonthlyFigures, heads: Texts) -> tuple[AttachmentBlock, ...]:
    """约稿完成情况: one row per 约稿."""
    keys = ("number", "topic", "source", "deadline", "due", "on_time", "late", "missed", "void", "poor")
    table = Table(
        head=(tuple(HeadCell(text=heads.text(key)) for key in keys),),
        rows=tuple(_solicitation_row(n, one, heads) for n, one in enumerate(figures.solicitations, 1)),
        widths=(12, 87, 26, 26, 12, 12, 12, 12, 12, 14),
        aligns=(Align.CENTER, Align.LEFT, *(Align.CENTER,) * 8),
        landscape=True,
        size=10.5,
    )
    return (table,)


def _solicitation_row(number: int, one: SolicitationFigures, heads: Texts) -> Row:
    day = heads.filled("day", month=one.deadline.month, day=one.deadline.day)
    counts = one.counts
    figures = (counts.due, counts.on_time, counts.late, counts.missed, counts.void, one.poor)
    return (str(number), one.topic, one.source, day, *map(str, figures))
