"""`mailbot init`: making an office home."""

from __future__ import annotations

from pathlib import Path

import click

from mailbot.cli.home import Exit
from mailbot.cli.shape import Command
from mailbot.cli.words import packaged, say
from mailbot.workflow.office import homes


@click.command(cls=Command)
@click.argument("directory", type=click.Path(path_type=Path))
def init(directory: Path) -> int:
    """A new office home from the packaged resources; what is there already stays as it is."""
    made = homes.make(directory, packaged)
    for name in made.kept:
        click.echo(say("init_kept", name=name))
    click.echo(say("init_done", directory=directory, created=len(made.created), kept=len(made.kept)))
    return Exit.DONE
