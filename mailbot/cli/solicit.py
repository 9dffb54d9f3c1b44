"""`mailbot solicit ...`: 约稿 from opening to closing, and what persons decide on replies."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import click

from mailbot.cli.home import Exit, open_app
from mailbot.cli.shape import Command, Group, table
from mailbot.cli.words import label, messages, say
from mailbot.clock import SHANGHAI
from mailbot.errors import ConfigError
from mailbot.model import LetterFile, Solicitation, SolicitationState, Submission, Superior
from mailbot.roster import UnitKind
from mailbot.workflow.desk import Desk, collected_until
from mailbot.workflow.solicitations import answered, asking, remind, replies
from mailbot.workflow.solicitations import solicit as verbs
from mailbot.workflow.solicitations.answered import Cell
from mailbot.workflow.solicitations.asking import Draft, Preview

E = TypeVar("E", bound="StrEnum")


@click.group(
    cls=Group,
    lazy={name: f"mailbot.cli.ruling:{name}" for name in ("match", "late", "invalidate", "fault")},
)
def solicit() -> None:
    """约稿."""


def _desk() -> Desk:
    return open_app(complete=False).desk()


def coded(kind: type[E], words: str, written: str, parameter: str) -> E:
    """A code, or what people call it."""
    named = messages()[words]
    for code in kind:
        if written.strip() in (code, named[code]):
            return code
    raise ConfigError("cli_not_a_choice", parameter=parameter, choices=" ".join(named.values()))


def moment(written: str, parameter: str, *, end: bool = False) -> datetime:
    """2019-04-10 or '2019-04-10 18:00'; a day alone is its last minute where `end`, else its first."""
    try:
        if len(written.strip()) > len("2019-04-10"):
            return datetime.fromisoformat(written.strip()).replace(tzinfo=SHANGHAI)
        of_day = time(23, 59) if end else time()
        return datetime.combine(date.fromisoformat(written.strip()), of_day, tzinfo=SHANGHAI)
    except ValueError:
        raise ConfigError("bad_moment", parameter=parameter, written=written) from None


def _bytes(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise ConfigError("file_unreadable", file=file, cause=error.strerror) from None


# ---- opening -----------------------------------------------------------------------------------------------


@solicit.command("open", cls=Command)
@click.option("--title", default="")
@click.option("--text", "text_file", type=click.Path(path_type=Path), default=None)
@click.option("--source", required=True)
@click.option("--deadline", required=True)
@click.option("--all", "everyone", is_flag=True)
@click.option("--group", "groups", multiple=True)
@click.option("--unit", "units", multiple=True)
@click.option("--attach", type=click.Path(path_type=Path), default=None)
@click.option("--reminders", default=None)
@click.option("--again", default="")
@click.option("--same-topic-as", default="")
@click.option("--confirm", is_flag=True)
@click.option("--by", default=None)
@click.option("--sha256", default="")
def solicit_open(*, confirm: bool, by: str | None, sha256: str, **asked: Any) -> int:
    """Show what would go to whom and when it would be reminded; with --confirm, send it."""
    if confirm and not by:
        raise ConfigError("cli_missing", parameter="--by", command_path="mailbot solicit open")
    desk = _desk()
    draft = _draft(desk, **asked)
    if not confirm:
        _show_preview(verbs.preview(desk, draft))
        return Exit.DONE
    opened = verbs.open_(desk, draft, by=by or "", sha256=sha256)
    click.echo(say("solicit_opened", code=opened.code, count=len(opened.letters)))
    return Exit.DONE


def _draft(
    desk: Desk,
    *,
    title: str,
    text_file: Path | None,
    source: str,
    deadline: str,
    everyone: bool,
    groups: tuple[str, ...],
    units: tuple[str, ...],
    attach: Path | None,
    reminders: str | None,
    again: str,
    same_topic_as: str,
) -> Draft:
    kinds = [coded(UnitKind, "unit_groups", written, "--group") for written in groups]
    return asking.Draft(
        source=coded(Superior, "sources", source, "--source"),
        deadline=moment(deadline, "--deadline", end=True),
        title=title,
        text=_text(text_file),
        units=asking.units_of(desk, kinds=kinds, names=units, everyone=everyone),
        file=_attached(attach),
        again=again,
        same_topic_as=same_topic_as,
        ladder=_ladder(reminders),
    )


def _text(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return _bytes(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError("config_not_utf8", file=file) from None


def _attached(path: Path | None) -> LetterFile | None:
    if path is None:
        return None
    return LetterFile(name=path.name, content=_bytes(path), content_type="application/octet-stream")


def _ladder(written: str | None) -> tuple[int, ...] | None:
    """'48,24,2', or '' for none."""
    if written is None:
        return None
    try:
        hours = tuple(int(part) for part in written.replace("\uff0c", ",").split(",") if part.strip())
    except ValueError:
        raise ConfigError("cli_bad_value", parameter="--reminders") from None
    if any(not 1 <= hour <= 720 for hour in hours):
        raise ConfigError("cli_bad_value", parameter="--reminders")
    return hours


def _show_preview(seen: Preview) -> None:
    """Whom it goes to, how it reads, when it is reminded, and what it is approved by."""
    click.echo(say("solicit_would", code=seen.code, count=len(seen.letters)))
    rows = [(one.unit, one.name, one.address) for one in seen.letters]
    click.echo("\n".join(table(rows, indent=2)), nl=bool(rows))
    if seen.without:
        click.echo(say("solicit_without", count=len(seen.without), units=_listed(seen.without)))
    for one in seen.letters[:1]:
        click.echo(say("solicit_reads", unit=one.unit, subject=one.text.subject, body=one.text.body))
    steps = [say("solicit_step", hours=hours, at=f"{at:%Y-%m-%d %H:%M}") for hours, at in seen.reminders]
    click.echo(say("solicit_ladder", steps=_listed(steps)) if steps else say("solicit_no_ladder"))
    if steps:
        click.echo(say("solicit_reminder", subject=seen.sample.subject, body=seen.sample.body))
    click.echo(say("solicit_confirm", sha256=seen.sha256))


def _listed(words: tuple[str, ...] | list[str]) -> str:
    return str(say("list_comma")).join(words)


# ---- looking -----------------------------------------------------------------------------------------------


@solicit.command("list", cls=Command)
@click.option("--open", "only_open", is_flag=True)
def solicit_list(only_open: bool) -> int:
    """All of them with their counts; replies in doubt and late ones that wait give exit code 1."""
    desk = _desk()
    found = desk.store.solicitations(state=SolicitationState.OPEN if only_open else None)
    rows = [_summary(desk, one) for one in found]
    click.echo("\n".join(table(rows)) if rows else say("solicit_none"))
    doubtful, late = replies.doubts(desk), answered.late_undecided(desk)
    if doubtful:
        click.echo(say("solicit_doubts", count=len(doubtful)))
        told = [
            (
                one.item.number,
                _unit_of(one.item),
                _title_of(one.item),
                label("reply_doubts", one.reply.doubt or ""),
                " ".join(one.reply.candidates),
            )
            for one in doubtful
        ]
        click.echo("\n".join(table(told, indent=2)))
    if late:
        click.echo(say("solicit_late", count=len(late)))
        click.echo("\n".join(table([(one.code, cell.unit, _when(cell)) for one, cell in late], indent=2)))
    return Exit.NEEDS_A_PERSON if doubtful or late else Exit.DONE


def _summary(desk: Desk, one: Solicitation) -> tuple[str, ...]:
    counts = answered.matrix(desk, one.code).counts
    return (
        one.code,
        label("solicitation_states", one.state),
        f"{max(ask.deadline for ask in one.asks):%Y-%m-%d %H:%M}",
        say(
            "solicit_counts",
            due=counts.due,
            on_time=counts.on_time,
            late=counts.late,
            missed=counts.missed,
            void=counts.void,
        ),
        one.title,
    )


def _unit_of(item: Submission) -> str:
    return item.fields.unit.value if item.fields.unit else item.fields.unit_as_written or ""


def _title_of(item: Submission) -> str:
    return item.fields.title.value if item.fields.title else ""


def _when(cell: Cell) -> str:
    return f"{cell.answered_at:%Y-%m-%d %H:%M}" if cell.answered_at else ""


@solicit.command("show", cls=Command)
@click.argument("code")
def solicit_show(code: str) -> int:
    """One 约稿: what was asked, and each unit with all that is on record about it."""
    desk = _desk()
    found = answered.matrix(desk, code)
    one = found.solicitation
    click.echo(
        say("solicit_head", code=one.code, title=one.title, state=label("solicitation_states", one.state))
    )
    for ask in one.asks:
        click.echo(
            say(
                "solicit_ask",
                round=ask.round,
                source=label("sources", ask.source),
                at=f"{ask.asked_at:%Y-%m-%d %H:%M}",
                by=ask.by,
                deadline=f"{ask.deadline:%Y-%m-%d %H:%M}",
                units=len(ask.units),
            )
        )
    rows = [(cell.unit, label("answer_states", cell.state), _when(cell), _told(cell)) for cell in found.cells]
    click.echo("\n".join(table(rows, indent=2)))
    for likely in answered.likely_faults(desk, code):
        click.echo(
            say(
                "solicit_alike",
                number=likely.number,
                other=likely.other,
                unit=likely.other_unit,
                share=likely.share,
            )
        )
    return Exit.DONE


def _told(cell: Cell) -> str:
    """The trail of one unit in a line."""
    return say("list_semicolon").join(_trail(cell))


def _trail(cell: Cell) -> Iterator[str]:
    if cell.items:
        yield " ".join(item.number for item in cell.items)
    if cell.waiting:
        yield say("solicit_waiting", numbers=" ".join(item.number for item in cell.waiting))
    if cell.ruling:
        yield say("solicit_ruled", ruling=label("rulings", cell.ruling.ruling), by=cell.ruling.by)
    if cell.reminders:
        at = [f"{one.at:%m-%d %H:%M}" for one in cell.reminders]
        yield say("solicit_reminded", count=len(at), at=_listed(at))
    if cell.mails:
        yield say("solicit_mails", ids=" ".join(str(mail.id) for mail in cell.mails))
    if cell.invalidation:
        yield say(
            "solicit_void" if cell.invalidation.complete else "solicit_void_half",
            caller=cell.invalidation.caller,
            at=f"{cell.invalidation.phoned_at:%Y-%m-%d %H:%M}",
            signer=cell.invalidation.signer,
            on=cell.invalidation.paper_on or "",
        )
    if not cell.letters:
        yield say("solicit_no_letter")


# ---- closing and reminding ---------------------------------------------------------------------------------


@solicit.command("close", cls=Command)
@click.argument("code")
@click.option("--by", required=True)
@click.option("--cancel", is_flag=True)
@click.option("--reason", default="")
def solicit_close(code: str, by: str, cancel: bool, reason: str) -> int:
    """Close one whose deadline is over; or take one back that should not have been asked."""
    desk = _desk()
    if cancel:
        click.echo(say("solicit_cancelled", code=code, count=verbs.cancel(desk, code, by=by, reason=reason)))
        return Exit.DONE
    verbs.close(desk, code, by=by)
    click.echo(say("solicit_closed", code=code))
    return Exit.DONE


@solicit.command("remind", cls=Command)
@click.option("--dry-run", is_flag=True)
def solicit_remind(dry_run: bool) -> int:
    """What the ladder says is due now; `mailbot run` does it by itself."""
    desk = _desk()
    if dry_run:
        due = remind.reminders_due(desk)
        click.echo(say("solicit_remind_dry", count=len(due)))
    else:
        read = collected_until(desk)
        if read is None:
            raise ConfigError("solicit_unread")
        due = remind.remind_due(desk, read=read)
        remind.close_due(desk, read=read)
        click.echo(say("solicit_reminding", count=len(due)))
    rows = [
        (one.solicitation.code, one.unit, say("solicit_hours", hours=one.step), _people(one.recipients))
        for one in due
    ]
    click.echo("\n".join(table(rows, indent=2)), nl=bool(rows))
    return Exit.DONE


def _people(recipients: tuple[object, ...]) -> str:
    addresses = [str(getattr(person, "address", "")) for person in recipients]
    return " ".join(addresses) or say("solicit_no_letter")
