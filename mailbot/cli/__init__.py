"""The command line: `mailbot COMMAND`.  Each command is a thin call; its modules are imported when it runs.

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
    "run": "mailbot.cli.work:run",
    "status": "mailbot.cli.work:status",
    "health": "mailbot.cli.doctor:health",
    "review": "mailbot.cli.review:review",
    "bulletin": "mailbot.cli.bulletins:bulletin",
    "correspondents": "mailbot.cli.people:correspondents",
    "demo": "mailbot.cli.demo:demo",
    "user": "mailbot.cli.people:user",
    "poll": "mailbot.cli.work:poll",
    "send": "mailbot.cli.work:send",
    "retry": "mailbot.cli.work:retry",
    "import": "mailbot.cli.work:import_mail",
    "subject": "mailbot.cli.reading:subject",
    "inspect": "mailbot.cli.judging:inspect",
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
    except click.exceptions.NoArgsIsHelpError as error:
        assert error.ctx is not None
        return _complain(help_page(error.ctx.command, error.ctx), Exit.WRONG_USE)
    except click.ClickException as error:
        return _complain(words.sentence(translated(error)), Exit.WRONG_USE)
    except click.Abort:
        return _complain(words.say("interrupted"), Exit.NEEDS_A_PERSON)
    except MailbotError as error:
        return _complain(words.sentence(error), error.exit_code)
    except Exception as error:  # noqa: BLE001  (the last door: a fault of ours is shown whole, never swallowed)
        traceback.print_exc()
        return _complain(
            words.say("own_fault", error=f"{type(error).__name__}: {error}"), Exit.NEEDS_A_PERSON
        )


def _complain(text: str, code: int) -> int:
    click.echo(text, err=True)
    return int(code)


def _speak_utf8(stream: TextIO) -> None:
    """A pipe or file gets UTF-8 on every system; a terminal of another encoding gets what it can show."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None:
        return
    if stream.isatty() and os.name != "nt":
        reconfigure(errors="replace")
    else:
        reconfigure(encoding="utf-8", errors="backslashreplace")
