"""`mailbot demo`: a month of sample mails in an office that is thrown away, then the console."""

from __future__ import annotations

import secrets
import tempfile
import threading
from collections import Counter
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path

import click

from mailbot.app import App
from mailbot.cli.home import Exit
from mailbot.cli.shape import Command, table
from mailbot.cli.words import label, packaged, say
from mailbot.clock import SHANGHAI, FixedClock
from mailbot.console import web
from mailbot.model import Letter, LetterState
from mailbot.worker import Worker
from mailbot.workflow import demo as playing
from mailbot.workflow.demo import Deed, Step
from mailbot.workflow.office import homes, users

START = datetime(2019, 3, 4, 8, 0, tzinfo=SHANGHAI)
DRAFT = datetime(2019, 4, 1, 8, 0, tzinfo=SHANGHAI)
PORT = 8300
WORK_SECONDS = 2


@click.command("demo", cls=Command)
@click.option("--exit", "exit_after", is_flag=True)
@click.option("--dir", "directory", type=click.Path(path_type=Path), default=None)
@click.option("--port", type=int, default=PORT)
def demo(exit_after: bool, directory: Path | None, port: int) -> int:
    """Everything mailbot does in a month, in a minute."""
    with ExitStack() as stack:
        home = directory or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mailbot-demo-")))
        app = _office(home, port)
        click.echo(say("demo_start", home=home))
        with app.lock():
            _play(app, home, kept=not (exit_after and directory is None))
            if not exit_after:
                _serve(app)
    return Exit.DONE


def _office(home: Path, port: int) -> App:
    """An office home with the demo's own config.toml and a clock that stands in March 2019."""
    homes.make(home, packaged)
    text = packaged("data/demo/config.toml").read_text("utf-8")
    (home / "config.toml").write_text(f"{text}\n[console]\nport = {port}\n", encoding="utf-8")
    return App.open(home, {}, clock=FixedClock(START))


def _play(app: App, home: Path, *, kept: bool) -> None:
    """`kept`: the home outlives the play, so that its files are worth naming."""
    clock = app.clock
    assert isinstance(clock, FixedClock)
    samples = sorted(packaged("data/demo").rglob("*.eml"))
    section = playing.section_of(packaged("data/demo/section.toml").read_text("utf-8"))
    seen: list[Step] = []
    with (
        closing(app.folder(home / "inbox")) as mailbox,
        closing(app.mailer()) as mailer,
        closing(app.reader()) as reader,
    ):
        ways = playing.Ways(mailbox=mailbox, mailer=mailer, reader=reader)
        for step in playing.play(app.desk(), clock, ways, samples, home / "inbox", section=section):
            if isinstance(step, playing.Deed):
                click.echo(_deed(step))
                continue
            seen.append(step)
            click.echo(_line(step, len(seen), len(samples)))
        drafted = playing.month_end(app.desk(), clock, mailer, DRAFT)
    _summarise(app, home, seen)
    if not kept:
        click.echo(say("demo_not_kept", drafts=len(drafted)))
        return
    for bulletin in drafted:
        path = home / bulletin.file_name
        path.write_bytes(app.desk().store.bulletin_file(bulletin.sha256))
        click.echo(say("demo_bulletin", file=path))


def _line(step: Step, number: int, total: int) -> str:
    """One mail: when it came, what it said, what became of it, and the letter that went out."""
    outcome = label("outcomes", step.mail.outcome or "")
    lines = [
        say(
            "demo_mail",
            number=number,
            total=total,
            at=f"{step.mail.arrived_at:%m-%d %H:%M}",
            sender=step.mail.sender,
        ),
        say("demo_subject", subject=step.mail.subject or say("not_stated"), outcome=outcome),
    ]
    if step.letter is not None:
        lines.append(say("demo_letter", subject=step.letter.subject))
    if step.alert is not None:
        lines.append(say("demo_alert", subject=step.alert.subject))
    return "\n".join(lines)


def _deed(deed: Deed) -> str:
    """What the section did, or the timetable, and the letters that went out with it."""
    act = "remind" if deed.act is None else type(deed.act).__name__.lower()
    lines = [say("demo_deed", at=f"{deed.at:%m-%d %H:%M}", what=say(f"demo_deed_{act}", title=deed.title))]
    lines += [_letter(one) for one in deed.letters]
    return "\n".join(lines)


def _letter(letter: Letter) -> str:
    """One that waits for a person was not sent."""
    message = "demo_letter_held" if letter.state is LetterState.HELD else "demo_letter"
    return say(message, subject=f"{letter.recipient}　{letter.subject}")


def _summarise(app: App, home: Path, seen: list[Step]) -> None:
    counts = Counter(step.mail.outcome for step in seen)
    rows = [(label("outcomes", outcome), str(count)) for outcome, count in counts.most_common() if outcome]
    sent = len(list((home / "outbox").glob("*.eml")))
    click.echo("\n".join([say("demo_summary", mails=len(seen), letters=sent), *table(rows, indent=2)]))
    example = next((s.letter for s in seen if s.letter is not None and s.name == "returned-two-faults"), None)
    if example is not None:
        click.echo(say("demo_example", subject=example.subject, body=example.body))


def _serve(app: App) -> None:
    """The console over what was played, and the worker, until Ctrl-C."""
    password, user = secrets.token_urlsafe(9), say("demo_user")
    users.add(app.desk(), user, "admin", password, by=user)
    server = web.serve(app)
    console, home = app.config.console, app.config.home
    click.echo(
        say("demo_console", host=console.host, port=console.port, user=user, password=password, home=home)
    )
    stop = threading.Event()
    worker = threading.Thread(target=_work, args=(app, stop), name="worker")
    worker.start()
    try:
        server.run()
    except KeyboardInterrupt:
        server.close()
    finally:
        stop.set()
        worker.join()


def _work(app: App, stop: threading.Event) -> None:
    """What is released goes to the outbox, what is put into the inbox is taken in; the date stands still."""
    with closing(Worker(app, stop)) as worker:
        while not stop.wait(WORK_SECONDS):
            worker.turn()
    app.close_thread()
