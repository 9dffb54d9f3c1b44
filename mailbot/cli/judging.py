"""`mailbot inspect`: how mail files would be judged, in a register that is thrown away (docs/commands.md)."""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from mailbot.cli.home import Exit, stated_home
from mailbot.cli.shape import Command, table
from mailbot.cli.words import label, messages, packaged, say
from mailbot.config import load
from mailbot.errors import ConfigError
from mailbot.model import Reason
from mailbot.policy import Policy, Resources, load_policy
from mailbot.workflow.mail import inspect as judging
from mailbot.workflow.mail.inspect import Inspected
from mailbot.workflow.mail.reading import GuardedReader
from mailbot.workflow.office import register
from mailbot.workflow.office.register import Register


@click.command("inspect", cls=Command)
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True)
@click.option("--register", "register_file", type=click.Path(path_type=Path), default=None)
def inspect(files: tuple[Path, ...], as_json: bool, register_file: Path | None) -> int:
    """Judge mail files in order; nothing is sent and nothing kept."""
    home = stated_home()
    policy = load_policy(Resources(home))
    office = load((home / "config.toml") if home else packaged("config.toml"), {}, complete=False).office
    known = _register(register_file, policy)
    with (
        tempfile.TemporaryDirectory(prefix="mailbot-") as var,
        closing(GuardedReader(policy.intake.mail, policy.intake.document, fork=True)) as reader,
    ):
        for one in judging.inspect(files, known, policy=policy, office=office, reader=reader, var=Path(var)):
            click.echo(json.dumps(_fields(one), ensure_ascii=False) if as_json else _told(one))
    return Exit.DONE


def _register(file: Path | None, policy: Policy) -> Register:
    if file is None:
        return register.Register()
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError("file_unreadable", file=file, cause=error.strerror) from None
    return register.read(
        content, file.name, units=policy.roster.resolve, columns=messages()["register_columns"]
    )


def _fields(one: Inspected) -> dict[str, Any]:
    """The stable form for programs."""
    fields = one.verdict.fields if one.verdict else None
    taken, not_taken = _files(one)
    letter = one.letter
    return {
        "file": one.file,
        "outcome": one.outcome,
        "title": fields.title.value if fields and fields.title else None,
        "unit": fields.unit.value if fields and fields.unit else None,
        "co_units": list(fields.co_units) if fields else [],
        "submitters": list(fields.submitters.value) if fields and fields.submitters else [],
        "contacts": list(fields.contacts.value) if fields and fields.contacts else [],
        "document": taken,
        "not_taken": not_taken,
        "reasons": list(one.verdict.reasons) if one.verdict else [],
        "number": one.number,
        "receipt": f"{letter.subject}\n\n{letter.body}" if letter else None,
        "receipt_message_id": letter.message_id if letter else None,
    }


def _files(one: Inspected) -> tuple[str | None, list[str]]:
    """The Word file that was taken, and the rest.  Of several none is taken until a person has chosen."""
    if one.verdict is None or one.verdict.document is None:
        return None, list(one.verdict.not_taken) if one.verdict else []
    name = one.verdict.document.name
    if Reason.SEVERAL_DOCUMENTS in one.verdict.reasons:
        return None, [name, *one.verdict.not_taken]
    return name, list(one.verdict.not_taken)


def _told(one: Inspected) -> str:
    """The same for a person."""
    values = _fields(one)
    nothing = say("not_stated")
    rows = [(say("inspect_file"), one.file), (say("inspect_outcome"), label("outcomes", one.outcome))]
    rows += [(label("fields", name), values[name] or nothing) for name in ("title", "unit")]
    rows += [
        (label("fields", name), "、".join(values[name]) or nothing) for name in ("submitters", "contacts")
    ]
    rows += [
        (say("inspect_number"), values["number"] or ""),
        (say("inspect_document"), values["document"] or ""),
    ]
    return "\n".join([*table(rows), "", values["receipt"] or say("inspect_no_letter"), ""])
