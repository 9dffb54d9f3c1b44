"""`mailbot facts`: what people enter beside the mails: 采用, 批示, 以干代训, faults; and its withdrawal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from mailbot.cli import words
from mailbot.cli.home import Exit
from mailbot.cli.people import at_the_keyboard
from mailbot.cli.shape import Command, Group, table
from mailbot.cli.told import account, this_desk, told
from mailbot.cli.words import messages, say
from mailbot.errors import ConfigError
from mailbot.store import Entry
from mailbot.workflow.desk import Desk
from mailbot.workflow.marks import credit, facts_sheet, naming, standings
from mailbot.workflow.marks.facts_sheet import BroughtIn
from mailbot.workflow.office import written


@click.group(cls=Group, lazy={"add": "mailbot.cli.facts_add:add"})
def facts() -> None:
    """What people enter."""


# ---- showing -----------------------------------------------------------------------------------------------


def tell_entered(desk: Desk, entries: Iterable[Entry]) -> None:
    """What was entered, and what it is worth as things stand."""
    entered = list(entries)
    click.echo(say("facts_entered", count=len(entered)))
    click.echo("\n".join(table([told(desk, entry)[:4] for entry in entered], indent=2)))
    ids = {entry.fact.id for entry in entered}
    reckoning = standings.reckon(desk)
    marks = [mark for mark in reckoning.marks if mark.fact in ids]
    if marks:
        click.echo("\n".join(account(desk, marks)))


# ---- commands ----------------------------------------------------------------------------------------------


@facts.command("list", cls=Command)
@click.option("--kind", default=None)
@click.option("--item", default=None)
@click.option("--month", default=None)
@click.option("--unanswered", is_flag=True)
@click.option("--standing", is_flag=True)
def facts_list(
    kind: str | None, item: str | None, month: str | None, unanswered: bool, standing: bool
) -> int:
    """Facts by day; withdrawn ones are shown as such."""
    desk = this_desk()
    if unanswered:
        found = credit.unanswered(desk)
    else:
        found = desk.store.facts(
            kinds=(_kind(kind),) if kind else (),
            item=naming.tidied(item) if item else None,
            withdrawn=False if standing else None,
        )
    if month:
        wanted = written.month(month)
        found = [entry for entry in found if entry.fact.at.month == wanted]
    click.echo("\n".join(table(told(desk, entry) for entry in found)) if found else say("facts_none"))
    return Exit.DONE


def _kind(word: str) -> str:
    """Its code; by code or by its Chinese name."""
    known: dict[str, str] = messages()["fact_kinds"]
    for code, name in known.items():
        if word in (code, name):
            return code
    raise ConfigError("sheet_unknown_kind", word=word, choices=" ".join(known), hint="")


@facts.command("withdraw", cls=Command)
@click.argument("fact")
@click.option("--reason", required=True)
@click.option("--by", default=None)
def facts_withdraw(fact: str, reason: str, by: str | None) -> int:
    """A fact that counts no more; it stays on record with the reason."""
    entry = credit.withdraw(this_desk(), fact, reason, by=by or at_the_keyboard())
    click.echo(say("fact_withdrawn", fact=entry.fact.id))
    return Exit.DONE


@facts.command("answered", cls=Command)
@click.argument("fact")
@click.argument("mail")
@click.option("--by", default=None)
def facts_answered(fact: str, mail: str, by: str | None) -> int:
    """批示反馈: the mail that answers an instruction."""
    entry = credit.note_feedback(this_desk(), fact, mail, by=by or at_the_keyboard())
    click.echo(say("fact_answer_noted", fact=entry.fact.id, mail=entry.answers[-1]))
    return Exit.DONE


@facts.command("import", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True)
@click.option("--by", default=None)
def facts_import(file: Path, dry_run: bool, by: str | None) -> int:
    """A table of past facts: all of it, or nothing where any row is wrong."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError("file_unreadable", file=file, cause=error.strerror) from None
    desk = this_desk()
    done = facts_sheet.bring_in(
        desk,
        content,
        file.name,
        columns=messages()["facts_columns"],
        kinds=messages()["facts_rows"],
        by=by or at_the_keyboard(),
        dry_run=dry_run,
    )
    if done.faults:
        click.echo("\n".join(_faults(done)), err=True)
        return Exit.WRONG_USE
    if dry_run:
        rows = [told(desk, entry)[1:4] for entry in done.entries]
        click.echo("\n".join([say("facts_dry", count=len(rows)), *table(rows, indent=2)]))
    else:
        click.echo(say("facts_entered", count=len(done.entries)))
    return Exit.DONE


def _faults(done: BroughtIn) -> Iterator[str]:
    yield say("facts_refused", count=len(done.faults))
    for fault in done.faults:
        yield say("facts_row", row=fault.row, what=words.sentence(fault.error))
