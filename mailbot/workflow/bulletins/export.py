"""Tables for the section to work on: what is on record, as .xlsx or .csv, contacts masked unless asked for.

Who takes one out is an event, and in full only under a person's name: contacts are personal data.  What has a
secrecy mark is named and never shown.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from mailbot.errors import ConfigError, StateError
from mailbot.model import Month
from mailbot.render import sheets
from mailbot.render.sheets import Sheet
from mailbot.workflow.bulletins import _table_facts, _tables
from mailbot.workflow.bulletins._tables import View
from mailbot.workflow.desk import Desk
from mailbot.workflow.letterbox import one_line
from mailbot.workflow.marks import standings


class Table(StrEnum):
    """What can be taken out."""

    SUBMISSIONS = "submissions"
    STANDINGS = "standings"
    SOLICITATIONS = "solicitations"
    FACTS = "facts"
    LETTERS = "letters"
    SELECTION = "selection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From one day to another, both counted; None for no bound."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    @classmethod
    def of_month(cls, month: Month) -> Span:
        return cls(first=date(month.year, month.month, 1), last=standings.last_day(month))

    @classmethod
    def of_year(cls, year: int) -> Span:
        return cls(first=date(year, 1, 1), last=date(year, 12, 31))


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A table as a file."""

    content: bytes
    file_name: str
    rows: int


_TABLES: Mapping[Table, Callable[[View], tuple[Sheet, ...]]] = {
    Table.SUBMISSIONS: _tables.submissions,
    Table.STANDINGS: _tables.standings_table,
    Table.SOLICITATIONS: _tables.solicitations,
    Table.FACTS: _table_facts.facts,
    Table.LETTERS: _tables.letters,
    Table.SELECTION: _tables.selection,
}


def export(
    desk: Desk, table: Table, span: Span, *, by: str, as_csv: bool = False, phones: bool = False
) -> Exported:
    """One table as a file; with `phones`, contacts in full.

    A .csv holds the first of the table's sheets.  StateError 'export_needs_name' where contacts are wanted by
    nobody; ConfigError 'export_span' for a span that ends before it begins.
    """
    if phones and not one_line(by):
        raise StateError("export_needs_name")
    if span.first and span.last and span.last < span.first:
        raise ConfigError("export_span", first=span.first, last=span.last)
    view = View(desk=desk, holds=span.holds, last=_last(desk, span), full=phones)
    found = _TABLES[table](view)
    name = _named(view, table, span)
    content = _content(desk, found, name, as_csv=as_csv)
    with desk.store.transaction():
        details = {"table": str(table), "span": f"{span.first or ''}/{span.last or ''}"}
        desk.log(
            "exported", f"export:{table}", {**details, "contacts": "full" if phones else "masked"}, who=by
        )
    return Exported(
        content=content, file_name=f"{name}.{'csv' if as_csv else 'xlsx'}", rows=len(found[0].rows)
    )


def material(desk: Desk, year: int) -> Exported:
    """What the choice of 先进单位 and 先进个人 rests on, for the letter with the annual draft."""
    span = Span.of_year(year)
    view = View(desk=desk, holds=span.holds, last=_last(desk, span), full=False)
    found, name = _tables.selection(view), _named(view, Table.SELECTION, span)
    content = _content(desk, found, name, as_csv=False)
    return Exported(content=content, file_name=f"{name}.xlsx", rows=len(found[0].rows))


def _content(desk: Desk, found: Sequence[Sheet], name: str, *, as_csv: bool) -> bytes:
    if as_csv:
        return sheets.to_csv(found[0])
    return sheets.to_xlsx(found, title=name, author=desk.config.issuer, created=desk.clock.now())


def _last(desk: Desk, span: Span) -> date:
    """The day up to which standings are reckoned: today where the span has no end, or one to come."""
    today = desk.clock.now().date()
    return min(span.last, today) if span.last and span.first and span.first <= today else today


def _named(view: View, table: Table, span: Span) -> str:
    return view.word("common.name", name=view.word(f"{table}.name"), span=_span_name(view, span))


def _span_name(view: View, span: Span) -> str:
    first, last = span.first, span.last
    if first is None and last is None:
        return view.word("common.words.all")
    if first is None:
        return view.word("common.words.until", last=last)
    if last is None:
        return view.word("common.words.since", first=first)
    if (first.month, first.day, last) == (1, 1, date(first.year, 12, 31)):
        return view.word("common.words.year", year=first.year)
    if (
        first.day == 1
        and Month.of(first) == Month.of(last)
        and last.day == monthrange(last.year, last.month)[1]
    ):
        return view.word("common.words.month", year=first.year, month=first.month)
    return view.word("common.words.days", first=first, last=last)
