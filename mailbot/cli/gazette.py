"""`mailbot gazette ...`: the section's own 信息刊物, issue by issue."""

from __future__ import annotations

import re
from pathlib import Path

import click

from mailbot.cli.bulletins import told_draft
from mailbot.cli.home import Exit, open_app
from mailbot.cli.shape import Command, Group, table
from mailbot.cli.words import label, say
from mailbot.errors import ConfigError
from mailbot.model import Bulletin, Found
from mailbot.workflow.bulletins import drafting, final
from mailbot.workflow.bulletins import gazette as verbs
from mailbot.workflow.bulletins import pdf as printing
from mailbot.workflow.desk import Desk

_YEAR = click.IntRange(1990, 2200)


@click.group(cls=Group)
def gazette() -> None:
    """信息刊物."""


def _found(desk: Desk, number: int, year: int | None) -> Bulletin:
    return drafting.of_period(desk, verbs.period(year or desk.clock.now().year, number))


@gazette.command("draft", cls=Command)
@click.option("--number", type=int, required=True)
@click.option("--year", type=_YEAR, default=None)
@click.option("--items", required=True)
@click.option("--by", required=True)
@click.option("--force", is_flag=True)
def gazette_draft(number: int, year: int | None, items: str, by: str, force: bool) -> int:
    """Draft (again) an issue out of chosen items, in the sequence given."""
    desk = open_app(complete=False).desk()
    chosen = [part for part in re.split(r"[,\uff0c\u3001\s]+", items) if part]
    told_draft(verbs.draft(desk, number, chosen, by=by, year=year, force=force))
    return Exit.DONE


@gazette.command("show", cls=Command)
@click.option("--number", type=int, required=True)
@click.option("--year", type=_YEAR, default=None)
@click.option("--to", "target", type=click.Path(path_type=Path), default=None)
@click.option("--pdf", is_flag=True)
def gazette_show(number: int, year: int | None, target: Path | None, pdf: bool) -> int:
    """An issue: its state, checksum and items; its file, where --to names one."""
    desk = open_app(complete=False).desk()
    found = _found(desk, number, year)
    click.echo(f"{found.period}  {label('bulletin_states', found.state)}  {found.sha256}")
    items = [desk.store.submission(one) for one in verbs.items_of(desk, found.period)]
    rows = [(i.number, _value(i.fields.unit), _value(i.fields.title)) for i in items]
    click.echo("\n".join(table(rows, indent=2)))
    if target is not None or pdf:
        content, path = desk.store.bulletin_file(found.sha256), target or Path()
        name = f"{Path(found.file_name).stem}.pdf" if pdf else found.file_name
        path = path / name if path.is_dir() else path
        path.write_bytes(printing.to_pdf(content) if pdf else content)
        click.echo(say("bulletin_written", file=path))
    return Exit.DONE


@gazette.command("replace", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--number", type=int, required=True)
@click.option("--year", type=_YEAR, default=None)
@click.option("--by", required=True)
def gazette_replace(file: Path, number: int, year: int | None, by: str) -> int:
    """A .docx edited in Word becomes the issue."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError("file_unreadable", file=file, cause=error.strerror) from None
    desk = open_app(complete=False).desk()
    told_draft(final.replace(desk, _found(desk, number, year), content, file.name, by=by))
    return Exit.DONE


@gazette.command("approve", cls=Command)
@click.option("--number", type=int, required=True)
@click.option("--year", type=_YEAR, default=None)
@click.option("--by", required=True)
@click.option("--sha256", required=True)
def gazette_approve(number: int, year: int | None, by: str, sha256: str) -> int:
    """Approve one exact file; each item in it is adopted from now on."""
    desk = open_app(complete=False).desk()
    entries = verbs.approve(desk, _found(desk, number, year), sha256=sha256, by=by)
    click.echo(say("gazette_approved", count=len(entries)))
    return Exit.DONE


def _value(found: Found[str] | None) -> str:
    return found.value if found else ""
