"""`mailbot bulletin annual|instant|correct|note|replace`: other drafts, and the section's own hand."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mailbot.cli.bulletins import bulletin_of, month_of, told_draft
from mailbot.cli.home import Exit, open_app
from mailbot.cli.people import at_the_keyboard
from mailbot.cli.shape import Command, table
from mailbot.cli.solicit import coded
from mailbot.cli.words import label, say
from mailbot.errors import ConfigError
from mailbot.model import BulletinKind, Month, Passage
from mailbot.workflow.bulletins import amend, final
from mailbot.workflow.bulletins import annual as yearly
from mailbot.workflow.bulletins import instant as cases
from mailbot.workflow.desk import Desk

_YEAR = click.IntRange(1990, 2200)


@click.command("annual", cls=Command)
@click.option("--year", type=_YEAR, default=None)
@click.option("--by", default=None)
@click.option("--force", is_flag=True)
def annual(year: int | None, by: str | None, force: bool) -> int:
    """Draft (again) the 通报 on a year and mail it to the section."""
    desk = open_app(complete=False).desk()
    wanted = year if year is not None else desk.clock.now().year - 1
    told_draft(yearly.draft(desk, wanted, by=by or at_the_keyboard(), force=force))
    return Exit.DONE


@click.command("instant", cls=Command)
@click.option("--solicitation", default=None)
@click.option("--unit", "units", multiple=True)
@click.option("--kind", default=None)
@click.option("--detail", default="")
@click.option("--by", default=None)
@click.option("--force", is_flag=True)
def instant(  # noqa: PLR0917  (click hands options over by name)
    solicitation: str | None,
    units: tuple[str, ...],
    kind: str | None,
    detail: str,
    by: str | None,
    force: bool,
) -> int:
    """Draft the 即时通报 on a fault in a 约稿; without naming one, list what is proposed."""
    desk = open_app(complete=False).desk()
    if solicitation is None:
        rows = [(p.solicitation, p.label, "、".join(p.units), p.topic) for p in cases.proposals(desk)]
        click.echo("\n".join(table(rows)) if rows else say("instant_none"))
        return Exit.DONE
    if kind is None or by is None:
        raise ConfigError("instant_needs", parameter="--kind" if kind is None else "--by")
    told_draft(cases.draft(desk, solicitation, units, kind, by=by, detail=detail, force=force))
    return Exit.DONE


@click.command("correct", cls=Command)
@click.option("--month", default=None)
@click.option("--by", required=True)
@click.option("--dry-run", is_flag=True)
@click.option("--force", is_flag=True)
def correct(month: str | None, by: str, dry_run: bool, force: bool) -> int:
    """Draft the correction of an issued month; --dry-run lists what has changed."""
    desk = open_app(complete=False).desk()
    wanted = month_of(desk, month)
    if dry_run:
        click.echo("\n".join(_changes(desk, wanted)))
        return Exit.DONE
    told_draft(amend.draft(desk, wanted, by=by, force=force))
    return Exit.DONE


def _changes(desk: Desk, month: Month) -> list[str]:
    rows = [
        (one.unit, *map(str, one.submissions), *(f"{m.normalize():f}" for m in one.marks or ()))
        for one in amend.changes(desk, month)
    ]
    return table(rows) if rows else [say("correction_none")]


@click.command("note", cls=Command)
@click.option("--month", default=None)
@click.option("--year", type=_YEAR, default=None)
@click.option("--correction", is_flag=True)
@click.option("--section", required=True)
@click.option("--by", default=None)
@click.option("--show", is_flag=True)
def note(  # noqa: PLR0917  (click hands options over by name)
    month: str | None, year: int | None, correction: bool, section: str, by: str | None, show: bool
) -> int:
    """Word a passage of a 通报: the text comes from standard input and stands in every later draft."""
    desk = open_app(complete=False).desk()
    kind, period = _which(desk, month, year, correction=correction)
    passage = coded(Passage, "passages", section, "--section")
    if show:
        click.echo(desk.store.bulletin_notes(kind, period).get(passage, say("note_none")))
        return Exit.DONE
    text = sys.stdin.read()
    final.note(desk, kind, period, passage, text, by=by or at_the_keyboard())
    word = "note_kept" if text.strip() else "note_removed"
    click.echo(say(word, period=period, passage=label("passages", passage)))
    return Exit.DONE


def _which(desk: Desk, month: str | None, year: int | None, *, correction: bool) -> tuple[BulletinKind, str]:
    if year is not None:
        return BulletinKind.ANNUAL, str(year)
    wanted = month_of(desk, month)
    if correction:
        return BulletinKind.CORRECTION, amend.next_period(desk, wanted)
    return BulletinKind.MONTHLY, str(wanted)


@click.command("replace", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--month", default=None)
@click.option("--period", default=None)
@click.option("--by", required=True)
def replace(file: Path, month: str | None, period: str | None, by: str) -> int:
    """A .docx edited in Word becomes the draft."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError("file_unreadable", file=file, cause=error.strerror) from None
    desk = open_app(complete=False).desk()
    found = bulletin_of(desk, month, period)
    told_draft(final.replace(desk, found, content, file.name, by=by))
    return Exit.DONE
