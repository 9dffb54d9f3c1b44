"""`mailbot export ...`: tables for Excel, contacts masked unless a named person asks for them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from mailbot.cli.home import Exit, open_app
from mailbot.cli.people import at_the_keyboard
from mailbot.cli.shape import Command
from mailbot.cli.words import say
from mailbot.errors import ConfigError
from mailbot.model import Month
from mailbot.workflow.bulletins import export as verbs
from mailbot.workflow.bulletins.export import Span

_TABLES = click.Choice(["submissions", "standings", "solicitations", "facts", "letters", "selection"])
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("export", cls=Command)
@click.argument("table", type=_TABLES)
@click.option("--month", default=None)
@click.option("--year", type=click.IntRange(1990, 2200), default=None)
@click.option("--from", "first", type=_DAY, default=None)
@click.option("--to", "target", type=click.Path(path_type=Path), default=None)
@click.option("--until", "last", type=_DAY, default=None)
@click.option("--csv", "as_csv", is_flag=True)
@click.option("--phones", is_flag=True)
@click.option("--by", default=None)
def export(  # noqa: PLR0917  (click hands options over by name)
    table: str,
    month: str | None,
    year: int | None,
    first: datetime | None,
    target: Path | None,
    last: datetime | None,
    as_csv: bool,
    phones: bool,
    by: str | None,
) -> int:
    """One table, written to a file."""
    span = _span(month, year, first.date() if first else None, last.date() if last else None)
    desk = open_app(complete=False).desk()
    who = by or ("" if phones else at_the_keyboard())
    as_csv = as_csv or (target is not None and target.suffix.lower() == ".csv")
    done = verbs.export(desk, verbs.Table(table), span, by=who, as_csv=as_csv, phones=phones)
    path = target or Path()
    path = path / done.file_name if path.is_dir() else path
    path.write_bytes(done.content)
    click.echo(say("export_written", file=path.resolve(), rows=done.rows))
    return Exit.DONE


def _span(month: str | None, year: int | None, first: date | None, last: date | None) -> Span:
    """One way of naming it; ConfigError 'export_spans' for two."""
    if sum((month is not None, year is not None, bool(first or last))) > 1:
        raise ConfigError("export_spans")
    if year is not None:
        return Span.of_year(year)
    if month is None:
        return Span(first=first, last=last)
    try:
        return Span.of_month(Month.parse(month))
    except ValueError:
        raise ConfigError("bad_month", month=month) from None
