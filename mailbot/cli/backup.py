"""`mailbot backup` and `mailbot restore`: one archive out, one archive in."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from mailbot.cli.home import Exit, open_app, stated_home
from mailbot.cli.people import at_the_keyboard
from mailbot.cli.shape import Command, wrong_use
from mailbot.cli.words import label, say
from mailbot.clock import Clock
from mailbot.errors import StateError
from mailbot.store.archive import Manifest
from mailbot.workflow.office import backup as verbs
from mailbot.workflow.office import restoring

TOLD_FROM = 100 * 1024**2
"""Bytes from which it takes long enough for a word on the way."""
_YES = "yes"


@click.command("backup", cls=Command)
@click.option("--to", "directory", type=click.Path(path_type=Path), default=None)
@click.option("--dry-run", is_flag=True)
@click.option("--by", default=None)
def backup(directory: Path | None, dry_run: bool, by: str | None) -> int:
    """One verified archive of the office, beside a running worker."""
    app = open_app(complete=False)
    without = verbs.password_files(os.environ)
    to = directory.absolute() if directory else None
    if dry_run:
        plan = verbs.plan(app.config, directory=to, without=without)
        click.echo(
            say("backup_dry", directory=plan.directory, files=len(plan.sources) + 1, size=_size(plan.size))
        )
        return Exit.DONE
    taken = verbs.back_up(
        app.desk(),
        by=by or at_the_keyboard(),
        directory=to,
        without=without,
        progress=_told("backup_progress"),
    )
    click.echo(say("backup_done", file=taken.path, files=len(taken.manifest.members), size=_size(taken.size)))
    if taken.removed:
        click.echo(say("backup_removed", count=len(taken.removed), keep=app.config.backup.keep))
    if taken.path.parent == app.config.var / "backups":
        click.echo(say("backup_same_disk"))
    return Exit.DONE


@click.command("restore", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", "directory", type=click.Path(path_type=Path), default=None)
@click.option("--dry-run", is_flag=True)
@click.option("--yes", "confirmed", is_flag=True)
@click.option("--by", default=None)
def restore(file: Path, directory: Path | None, dry_run: bool, confirmed: bool, by: str | None) -> int:
    """An office from an archive: into an empty folder, or in place of the one that lies there."""
    if dry_run:
        click.echo(_contents(restoring.examine(file, _told("restore_checking"))))
        return Exit.DONE
    home = _home(directory)
    occupied = restoring.is_occupied(home)
    if occupied and not confirmed:
        _confirm(restoring.examine(file), home)
    done = restoring.restore(
        file,
        home,
        now=Clock().now(),
        by=by or at_the_keyboard(),
        replace=occupied,
        progress=_told("restore_progress"),
    )
    click.echo(_contents(done.manifest))
    click.echo(say("restore_done", home=done.home))
    if done.aside is not None:
        click.echo(say("restore_aside", folder=done.aside))
    if done.var_moved:
        click.echo(say("restore_var_moved", var=done.var_moved))
    click.echo(say("restore_next", home=done.home, held=done.held, taken=_when(done.manifest)))
    return Exit.DONE


def _home(directory: Path | None) -> Path:
    """Where it goes: as stated, else the office home of the current directory."""
    home = directory or stated_home() or Path.cwd()
    if directory is None and stated_home() is None and not (home / "config.toml").is_file():
        raise wrong_use("restore_where", click.get_current_context())
    return home.absolute()


def _confirm(manifest: Manifest, home: Path) -> None:
    """Ask the person at the keyboard; a script says --yes."""
    if not sys.stdin.isatty():
        raise StateError("restore_occupied", path=home)
    click.echo(_contents(manifest))
    typed = click.prompt(say("restore_confirm", home=home), default="", show_default=False, prompt_suffix="")
    if typed.strip().lower() != _YES:
        raise click.Abort


def _contents(manifest: Manifest) -> str:
    """What an archive holds, in words."""
    names = [member.name for member in manifest.members]

    def count(folder: str) -> int:
        return sum(name.startswith(folder) for name in names)

    return say(
        "archive_holds",
        office=manifest.office or label("archive", "no_office"),
        taken=_when(manifest),
        version=manifest.mailbot,
        files=len(names),
        size=_size(manifest.size),
        mails=count("var/mail/"),
        bulletins=count("var/bulletins/"),
        policy=count("data/"),
        templates=count("templates/"),
    )


def _when(manifest: Manifest) -> str:
    return f"{manifest.taken_at:%Y-%m-%d %H:%M}"


def _size(count: int) -> str:
    return f"{count / 1024**2:.1f} MB"


def _told(sentence: str) -> Callable[[int, int], None]:
    """A line on stderr for each tenth, or for each GB where the whole is not known."""
    last = 0

    def progress(done: int, total: int) -> None:
        nonlocal last
        step = done * 10 // total if total else done // 1024**3
        if step > last and (total or done) >= TOLD_FROM:
            last = step
            click.echo(say(sentence, percent=step * 10, size=_size(done)), err=True)

    return progress
