"""`mailbot facts`: what people enter beside the mails: 采用, 批示, 以干代训, faults; and its withdrawal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mailbot.cli import words
from mailbot.cli.home import Exit, open_app
from mailbot.cli.people import at_the_keyboard
from mailbot.cli.shape import Command, Group, table
from mailbot.cli.words import label, messages, say
from mailbot.errors import ConfigError

if TYPE_CHECKING:
    from mailbot.model import Submission
    from mailbot.store import Entry
    from mailbot.workflow.desk import Desk
    from mailbot.workflow.marks.facts_sheet import BroughtIn

SHOWN_TITLE = 30


@click.group(cls=Group, lazy={"add": "mailbot.cli.facts_add:add"})
def facts() -> None:
    """What people enter."""


def this_desk() -> Desk:
    return open_app(complete=False).desk()


# ---- showing -----------------------------------------------------------------------------------------------


def told(desk: Desk, entry: Entry) -> tuple[str, ...]:
    """One fact on one line: id, day, kind, what it names, who entered it, how it stands."""
    return (
        entry.fact.id,
        str(entry.fact.at),
        label("fact_kinds", entry.kind),
        "　".join(part for part in _about(desk, entry) if part),
        say("fact_by", by=entry.fact.by, day=f"{entry.entered_at:%Y-%m-%d}"),
        _standing(entry),
    )


def _about(desk: Desk, entry: Entry) -> Iterator[str]:
    from mailbot.workflow.marks import explaining  # noqa: PLC0415

    one = explaining.told(desk, entry)
    yield from (one.unit, one.what, one.detail) if one.unit else (f"{one.what}{one.detail}",)
    for item in one.items:
        yield item_name(item) + (say("fact_exempt") if item.number in one.exempt else "")
    yield entry.note if len(entry.note) <= SHOWN_TITLE else f"{entry.note[:SHOWN_TITLE]}…"


def item_name(item: Submission) -> str:
    """Number, unit and title."""
    title = item.fields.title.value if item.fields.title else ""
    short = title if len(title) <= SHOWN_TITLE else f"{title[:SHOWN_TITLE]}…"
    return " ".join(
        part for part in (item.number, item.fields.unit.value if item.fields.unit else "", short) if part
    )


def _standing(entry: Entry) -> str:
    if entry.withdrawn is not None:
        gone = entry.withdrawn
        return say("fact_gone", by=gone.by, day=f"{gone.at:%Y-%m-%d}", reason=gone.reason)
    if entry.answer_by is None:
        return ""
    if entry.answers:
        return say("fact_answered", mails="、".join(map(str, entry.answers)))
    return say("fact_answer_by", day=entry.answer_by)


def tell_entered(desk: Desk, entries: Iterable[Entry]) -> None:
    """What was entered, and what it is worth as things stand."""
    from mailbot.cli.accounts import account  # noqa: PLC0415
    from mailbot.workflow.marks import standings  # noqa: PLC0415

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
    from mailbot.workflow.marks import credit, naming  # noqa: PLC0415
    from mailbot.workflow.office import written  # noqa: PLC0415

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


def _kind(written: str) -> str:
    """Its code; by code or by its Chinese name."""
    known: dict[str, str] = messages()["fact_kinds"]
    for code, name in known.items():
        if written in (code, name):
            return code
    raise ConfigError("sheet_unknown_kind", word=written, choices=" ".join(known), hint="")


@facts.command("withdraw", cls=Command)
@click.argument("fact")
@click.option("--reason", required=True)
@click.option("--by", default=None)
def facts_withdraw(fact: str, reason: str, by: str | None) -> int:
    """A fact that counts no more; it stays on record with the reason."""
    from mailbot.workflow.marks import credit  # noqa: PLC0415

    entry = credit.withdraw(this_desk(), fact, reason, by=by or at_the_keyboard())
    click.echo(say("fact_withdrawn", fact=entry.fact.id))
    return Exit.DONE


@facts.command("answered", cls=Command)
@click.argument("fact")
@click.argument("mail")
@click.option("--by", default=None)
def facts_answered(fact: str, mail: str, by: str | None) -> int:
    """批示反馈: the mail that answers an instruction."""
    from mailbot.workflow.marks import credit  # noqa: PLC0415

    entry = credit.note_feedback(this_desk(), fact, mail, by=by or at_the_keyboard())
    click.echo(say("fact_answer_noted", fact=entry.fact.id, mail=entry.answers[-1]))
    return Exit.DONE


@facts.command("import", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True)
@click.option("--by", default=None)
def facts_import(file: Path, dry_run: bool, by: str | None) -> int:
    """A table of past facts: all of it, or nothing where any row is wrong."""
    from mailbot.workflow.marks import facts_sheet  # noqa: PLC0415

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
