"""`poll`, `send`, `status`, `retry`, `import`: single rounds of the worker."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import click

from mailbot.app import App
from mailbot.cli.home import Exit, open_app
from mailbot.cli.people import at_the_keyboard
from mailbot.cli.shape import Command, table
from mailbot.cli.words import label, say
from mailbot.errors import ConfigError, LockHeld
from mailbot.model import Letter, LetterState, MailState
from mailbot.workflow.desk import Desk, note_collected
from mailbot.workflow.mail import deliver, receive
from mailbot.workflow.mail.old_mail import OldMail
from mailbot.workflow.mail.receive import Processed


@click.command("poll", cls=Command)
@click.option("--dry-run", is_flag=True)
def poll(dry_run: bool) -> int:
    """One round of taking mail in."""
    app = open_app(complete=True)
    if dry_run:
        return _list_new(app)
    with app.lock():
        done = _poll(app)
    _say_outcomes(done)
    return Exit.NEEDS_A_PERSON if done.failed else Exit.DONE


def _poll(app: App) -> Processed:
    desk = app.desk()
    deliver.recover(desk)
    with desk.store.transaction():
        desk.store.adopt_orphans(desk.clock.now())
    with closing(app.mailbox()) as mailbox, closing(app.reader()) as reader:
        began = desk.clock.now()
        try:
            receive.collect(desk, mailbox)
            note_collected(desk, began)
        finally:
            done = receive.process(desk, reader)
        receive.settle(desk, mailbox)
    return done


def _list_new(app: App) -> int:
    """What a poll would take in."""
    desk = app.desk()
    with closing(app.mailbox()) as mailbox:
        rows = [
            (f"{a.arrived_at:%Y-%m-%d %H:%M}", f"{a.size / 1024:.0f} KB")
            for a in mailbox.new(desk.store.knows)
        ]
    click.echo("\n".join([say("poll_dry", count=len(rows)), *table(rows, indent=2)]))
    return Exit.DONE


def _say_outcomes(done: Processed) -> None:
    rows = [(label("outcomes", outcome), str(count)) for outcome, count in sorted(done.outcomes.items())]
    click.echo(say("poll_done", count=sum(done.outcomes.values())))
    click.echo("\n".join(table(rows, indent=2)), nl=bool(rows))


@click.command("send", cls=Command)
@click.option("--dry-run", is_flag=True)
def send(dry_run: bool) -> int:
    """One round of sending what is due."""
    app = open_app(complete=True)
    desk = app.desk()
    if dry_run:
        ready = desk.store.letters(state=LetterState.READY, limit=1000)
        rows = [(x.recipient, label("letter_kinds", x.kind), x.subject) for x in reversed(ready)]
        click.echo("\n".join([say("send_dry", count=len(rows)), *table(rows, indent=2)]))
        return Exit.DONE

    def tell(letter: Letter) -> None:
        click.echo(say("sent_one", recipient=letter.recipient, subject=letter.subject))

    with app.lock():
        deliver.recover(desk)
        with closing(app.mailer()) as mailer:
            result = deliver.send_due(desk, mailer, sent=tell)
    click.echo(
        say("send_done", sent=result.sent, deferred=result.deferred, failed=result.failed + result.uncertain)
    )
    return Exit.NEEDS_A_PERSON if result.failed or result.uncertain else Exit.DONE


@click.command("status", cls=Command)
def status() -> int:
    """What came, what waits, when the rounds last went well."""
    desk = open_app(complete=False).desk()
    now = desk.clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = desk.store.outcome_counts(midnight, midnight + timedelta(days=1))
    letters = desk.store.letter_counts()
    parked = desk.store.mails(state=MailState.PARKED)
    lines = [say("status_today", count=sum(today.values()))]
    lines += table([(label("outcomes", o), str(c)) for o, c in today.items()], indent=2)
    lines += [say("status_letters")]
    lines += table([(label("letter_states", s), str(c)) for s, c in letters.items()], indent=2)
    lines += [_lane(desk, lane) for lane in ("intake", "sending", "timetable")]
    lines += [
        say("status_parked", count=len(parked)),
        *table([(str(m.id), m.subject) for m in parked], indent=2),
    ]
    click.echo("\n".join(lines))
    needed = parked or letters.get(LetterState.FAILED) or letters.get(LetterState.UNCERTAIN)
    return Exit.NEEDS_A_PERSON if needed else Exit.DONE


def _lane(desk: Desk, lane: str) -> str:
    at, error = desk.store.note(f"{lane}_ok_at"), desk.store.note(f"{lane}_error")
    when = f"{datetime.fromisoformat(at):%Y-%m-%d %H:%M:%S}" if at else say("never")
    return say(f"status_{lane}", at=when) + (say("status_error", error=error) if error else "")


@click.command("retry", cls=Command)
@click.argument("mail_id", type=int, required=False)
@click.option("--by", default=None)
def retry(mail_id: int | None, by: str | None) -> int:
    """Parked mails, tried again: here, or by the worker where one is running."""
    app = open_app(complete=False)
    desk = app.desk()
    ids = [mail_id] if mail_id is not None else [m.id for m in desk.store.mails(state=MailState.PARKED)]
    for one in ids:
        receive.retry(desk, one, by=by or at_the_keyboard())
    try:
        with app.lock(), closing(app.reader()) as reader:
            done = receive.process(desk, reader)
    except LockHeld:
        click.echo(say("retry_by_worker", count=len(ids)))
        return Exit.DONE
    _say_outcomes(done)
    return Exit.NEEDS_A_PERSON if done.failed else Exit.DONE


@click.command("import", cls=Command)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--answer", is_flag=True)
def import_mail(path: Path, answer: bool) -> int:
    """Old mail from files: registered, and answered only if told so."""
    if not path.exists():
        raise ConfigError("file_unreadable", file=path, cause="")
    app = open_app(complete=False)
    with app.lock():
        desk = app.desk()
        source = app.folder(path)
        mailbox = source if answer else OldMail(source)
        with closing(mailbox), closing(app.reader()) as reader:
            collected = receive.collect(desk, mailbox)
            click.echo(say("import_collected", count=collected.new), err=True)
            done = receive.process(desk, reader)
    _say_outcomes(done)
    return Exit.NEEDS_A_PERSON if done.failed else Exit.DONE
