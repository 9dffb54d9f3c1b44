"""`mailbot corpus ...`: reference texts for 网络抄袭."""

from __future__ import annotations

import click

from mailbot.cli.home import Exit, open_app
from mailbot.cli.people import at_the_keyboard
from mailbot.cli.shape import Command, Group
from mailbot.cli.words import say
from mailbot.workflow.mail import corpus as verbs


@click.group(cls=Group)
def corpus() -> None:
    """What items are compared with."""


@corpus.command("index", cls=Command)
@click.option("--by", default=None)
def corpus_index(by: str | None) -> int:
    """Read the texts of data/corpus; exit code 1 where one of them is no text."""
    done = verbs.index(open_app(complete=False).desk(), by=by or at_the_keyboard())
    click.echo(say("corpus_indexed", total=done.total, new=done.new, changed=done.changed, gone=done.gone))
    for name in done.refused:
        click.echo(say("corpus_refused", name=name))
    return Exit.NEEDS_A_PERSON if done.refused else Exit.DONE
