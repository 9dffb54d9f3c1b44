"""`mailbot install-service`: mailbot started by the machine itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import click

from mailbot.cli.home import Exit, read_config
from mailbot.cli.shape import Command
from mailbot.cli.words import packaged, say
from mailbot.errors import StateError
from mailbot.workflow.office import service as verbs

STARTED_SECONDS = 120


@click.command("install-service", cls=Command)
@click.option("--user", is_flag=True)
@click.option("--account", default="")
@click.option("--name", default="mailbot")
@click.option("--dry-run", is_flag=True)
@click.option("--now", "start", is_flag=True)
def install_service(*, user: bool, account: str, name: str, dry_run: bool, start: bool) -> int:
    """Files for systemd or the Windows task scheduler; nothing is started without --now."""
    config = read_config(complete=False)
    program = verbs.default_program(sys.executable)
    if os.name == "nt":
        texts = {key: _template(key) for key in ("windows.bat", "windows.xml")}
        service = verbs.windows(config, program, name=name, templates=texts)
    else:
        service = verbs.systemd(
            config,
            program,
            name=name,
            user=user,
            account=account or verbs.owner_of(config.home),
            template=_template("systemd-user.service" if user else "systemd.service"),
            environ=os.environ,
        )
    commands = "\n".join("  " + subprocess.list2cmdline(command) for command in service.start)
    if dry_run:
        for path, text in service.files.items():
            click.echo(say("service_dry", file=path))
            click.echo(text.decode("utf-16" if path.suffix == ".xml" else "utf-8"))
    else:
        written = verbs.install(service)
        for path in service.files:
            click.echo(say("service_written" if path in written else "service_kept", file=path))
    sentence = "service_windows" if os.name == "nt" else "service_passwords"
    click.echo(say(sentence, environment=service.environment))
    if not start or dry_run:
        click.echo(say("service_start", commands=commands))
        return Exit.DONE
    for command in service.start:
        _start(command)
    click.echo(say("service_started", name=name))
    return Exit.DONE


def _template(name: str) -> str:
    return packaged(f"templates/service/{name}").read_text("utf-8")


def _start(command: tuple[str, ...]) -> None:
    """One command of the system's own; what it says goes to the terminal."""
    program = shutil.which(command[0])
    shown = subprocess.list2cmdline(command)
    if program is None:
        raise StateError("service_not_started", command=shown, detail="not found")
    done = subprocess.run([program, *command[1:]], check=False, timeout=STARTED_SECONDS)
    if done.returncode:
        raise StateError("service_not_started", command=shown, detail=done.returncode)
