"""`mailbot bulletin ...`: the 通报 from the command line: drafts, a look at one, approving one exact file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from mailbot.cli.home import Exit, open_app
from mailbot.cli.people import at_the_keyboard
from mailbot.cli.shape import Command, Group, table
from mailbot.cli.words import label, say
from mailbot.errors import ConfigError
from mailbot.model import Bulletin, Month
from mailbot.workflow.bulletins import drafting, report
from mailbot.workflow.bulletins import pdf as printing
from mailbot.workflow.desk import Desk
from mailbot.workflow.letterbox import NAMED_UNITS

_MORE = ("annual", "instant", "correct", "note", "replace")


@click.group(cls=Group, lazy={name: f"mailbot.cli.drafts:{name}" for name in _MORE})
def bulletin() -> None:
    """The 通报."""


def month_of(desk: Desk, written: str | None) -> Month:
    """As written, or last month.  ConfigError 'bad_month'."""
    if written is None:
        return Month.of(desk.clock.now()).previous()
    try:
        return Month.parse(written)
    except ValueError:
        raise ConfigError("bad_month", month=written) from None


def bulletin_of(desk: Desk, month: str | None, period: str | None) -> Bulletin:
    """The one of a period as `bulletin list` shows it, else the monthly one.  NotFound 'bulletin_unknown'."""
    if period is not None:
        return drafting.of_period(desk, period)
    return report.of_month(desk, month_of(desk, month))


def told_draft(drafted: Bulletin) -> None:
    click.echo(say("bulletin_drafted", period=drafted.period, drafts=drafted.drafts, sha256=drafted.sha256))


@bulletin.command("draft", cls=Command)
@click.option("--month", default=None)
@click.option("--by", default=None)
@click.option("--dry-run", is_flag=True)
@click.option("--force", is_flag=True)
def bulletin_draft(month: str | None, by: str | None, dry_run: bool, force: bool) -> int:
    """Draft (again) the 通报 on a month and mail it to the section."""
    desk = open_app(complete=False).desk()
    wanted = month_of(desk, month)
    if dry_run:
        content = report.compose_month(desk, wanted)
        path = Path(content.file_name)
        path.write_bytes(content.content)
        click.echo(say("bulletin_dry", file=path.resolve()))
        return Exit.DONE
    told_draft(report.draft_month(desk, wanted, by=by or at_the_keyboard(), force=force))
    return Exit.DONE


@bulletin.command("list", cls=Command)
def bulletin_list() -> int:
    """All of them, newest first."""
    rows = [_row(b) for b in open_app(complete=False).desk().store.bulletins()]
    click.echo("\n".join(table(rows)) if rows else say("bulletin_none"))
    return Exit.DONE


def _row(one: Bulletin) -> tuple[str, ...]:
    return (
        one.period,
        label("bulletin_kinds", one.kind),
        label("bulletin_states", one.state) + (say("bulletin_uploaded") if one.uploaded_by else ""),
        f"{one.drafted_at:%Y-%m-%d %H:%M}",
        one.sha256,
        one.approved_by or "",
    )


@bulletin.command("show", cls=Command)
@click.option("--month", default=None)
@click.option("--period", default=None)
@click.option("--to", "target", type=click.Path(path_type=Path), default=None)
@click.option("--pdf", is_flag=True)
def bulletin_show(month: str | None, period: str | None, target: Path | None, pdf: bool) -> int:
    """A 通报: its state and checksum; its file, where --to names one."""
    desk = open_app(complete=False).desk()
    found = bulletin_of(desk, month, period)
    click.echo("\n".join(table([_row(found)])))
    recipients, without = report.recipients_of(desk, found)
    click.echo(say("bulletin_recipients", count=len(recipients), without=_few(without) or say("nobody")))
    if target is not None or pdf:
        path = target or Path()
        content = desk.store.bulletin_file(found.sha256)
        name = f"{Path(found.file_name).stem}.pdf" if pdf else found.file_name
        path = path / name if path.is_dir() else path
        path.write_bytes(printing.to_pdf(content) if pdf else content)
        click.echo(say("bulletin_written", file=path))
    return Exit.DONE


def _few(units: Sequence[str]) -> str:
    """All of a handful; of more the first ones, and how many they are."""
    if len(units) <= NAMED_UNITS:
        return "、".join(units)
    return say("bulletin_few", names="、".join(units[:NAMED_UNITS]), count=len(units))


@bulletin.command("approve", cls=Command)
@click.option("--month", default=None)
@click.option("--period", default=None)
@click.option("--by", required=True)
@click.option("--sha256", required=True)
@click.option("--dry-run", is_flag=True)
def bulletin_approve(month: str | None, period: str | None, by: str, sha256: str, dry_run: bool) -> int:
    """Approve one exact file; it is then sent to every valid correspondent."""
    desk = open_app(complete=False).desk()
    found = bulletin_of(desk, month, period)
    if dry_run:
        recipients, _ = report.recipients_of(desk, found)
        rows = [(r.unit, r.name, r.address) for r in recipients]
        click.echo("\n".join([say("bulletin_would_send", count=len(rows)), *table(rows, indent=2)]))
        return Exit.DONE
    count = report.approve(desk, found.id, sha256=sha256, by=by)
    click.echo(say("bulletin_approved", count=count))
    return Exit.DONE
