"""The command line: `mailbot COMMAND`.  Each command is a thin call; its module is imported when it is run.

Every MailbotError becomes one Chinese paragraph on stderr and an exit code: 0 done, 1 something needs a
person, 2 wrong use or configuration, 3 another worker holds the lock.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import TextIO

import click

from mailbot import __version__
from mailbot.cli import words
from mailbot.cli.home import Exit
from mailbot.cli.shape import Group, help_page, translated
from mailbot.errors import MailbotError

_COMMANDS = {
    "init": "mailbot.cli.office:init",
    "doctor": "mailbot.cli.doctor:doctor",
    "run": "mailbot.cli.run:run",
    "status": "mailbot.cli.work:status",
    "health": "mailbot.cli.doctor:health",
    "backup": "mailbot.cli.backup:backup",
    "restore": "mailbot.cli.backup:restore",
    "install-service": "mailbot.cli.service:install_service",
    "review": "mailbot.cli.review:review",
    "bulletin": "mailbot.cli.bulletins:bulletin",
    "gazette": "mailbot.cli.gazette:gazette",
    "export": "mailbot.cli.export:export",
    "solicit": "mailbot.cli.solicit:solicit",
    "correspondents": "mailbot.cli.people:correspondents",
    "corpus": "mailbot.cli.corpus:corpus",
    "demo": "mailbot.cli.demo:demo",
    "user": "mailbot.cli.people:user",
    "poll": "mailbot.cli.work:poll",
    "send": "mailbot.cli.work:send",
    "retry": "mailbot.cli.work:retry",
    "import": "mailbot.cli.work:import_mail",
    "subject": "mailbot.cli.reading:subject",
    "inspect": "mailbot.cli.judging:inspect",
    "facts": "mailbot.cli.facts:facts",
    "marks": "mailbot.cli.marking:marks",
    "explain": "mailbot.cli.accounts:explain",
    "rescore": "mailbot.cli.accounts:rescore",
}


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"mailbot {__version__}")
        ctx.exit()


@click.group(cls=Group, lazy=_COMMANDS)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version)
def root() -> None:
    """The program itself; what people read about it stands in help.toml."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.  Returns the exit code; nothing is raised but SystemExit by click on a broken pipe."""
    for stream in (sys.stdout, sys.stderr):
        _speak_utf8(stream)
    try:
        return int(root.main(args=argv, prog_name="mailbot", standalone_mode=False) or Exit.DONE)
    except Exception as error:  # noqa: BLE001  (the last door: a fault of ours is shown whole, never swallowed)
        text, code = _explained(error)
    click.echo(text, err=True)
    return int(code)


def _explained(error: Exception) -> tuple[str, int]:
    """What to say about an error, and the exit code it has."""
    match error:
        case MailbotError():
            told = words.sentence(error), error.exit_code
        case click.exceptions.NoArgsIsHelpError(ctx=click.Context() as ctx):
            told = help_page(ctx.command, ctx), Exit.WRONG_USE
        case click.ClickException():
            told = words.sentence(translated(error)), Exit.WRONG_USE
        case click.Abort():
            told = words.say("interrupted"), Exit.NEEDS_A_PERSON
        case OSError(filename=str(name), strerror=cause):
            told = words.say("os_error", file=name, cause=cause), Exit.NEEDS_A_PERSON
        case _:
            traceback.print_exception(error)
            told = words.say("own_fault", error=f"{type(error).__name__}: {error}"), Exit.NEEDS_A_PERSON
    return told


def _speak_utf8(stream: TextIO) -> None:
    """A pipe or file gets UTF-8 on every system; a terminal of another encoding gets what it can show."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None:
        return
    if stream.isatty() and os.name != "nt":
        reconfigure(errors="replace")
    else:
        reconfigure(encoding="utf-8", errors="backslashreplace")
