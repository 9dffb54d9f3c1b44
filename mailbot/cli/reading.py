"""`mailbot subject`: what subject lines state, for programs (--jsonl) and for a person."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

from mailbot.cli import words
from mailbot.cli.home import Exit, stated_home
from mailbot.cli.shape import Command, table, wrong_use
from mailbot.errors import ConfigError
from mailbot.intake.fields import read_subject
from mailbot.lexicon import Lexicon
from mailbot.model import SubjectReading
from mailbot.policy import Resources, load_struct
from mailbot.roster import Roster, RosterFile

Read = Callable[[str, str], SubjectReading]
"""(subject, display name of the sender or '') -> reading."""


@click.command(cls=Command)
@click.argument("line", required=False)
@click.option("--jsonl", is_flag=True)
@click.pass_context
def subject(ctx: click.Context, line: str | None, jsonl: bool) -> int:
    """One subject line for a person, or JSON lines from standard input for a program."""
    if jsonl == (line is not None):
        raise wrong_use("cli_line_or_jsonl", ctx)
    read = _reader()
    if line is not None:
        click.echo("\n".join(table(_rows(read(line, "")))))
        return Exit.DONE
    good = True
    for number, raw in enumerate(sys.stdin.buffer, 1):
        good &= _answer(number, raw, read)
    return Exit.DONE if good else Exit.WRONG_USE


def _reader() -> Read:
    """Roster and vocabulary alone: called often, and a slip in a letter's template is no matter here."""
    resources = Resources(stated_home())
    roster = Roster(load_struct(resources, "data/policy/roster.toml", RosterFile))
    lexicon = load_struct(resources, "data/policy/lexicon.toml", Lexicon)
    return lambda text, sender: read_subject(text, roster, lexicon, sender_name=sender)


# ---- for programs ------------------------------------------------------------------------------------------


def _answer(number: int, raw: bytes, read: Read) -> bool:
    """Answer one input line; a broken one is named on stderr and the rest goes on."""
    text = raw.lstrip(b"\xef\xbb\xbf") if number == 1 else raw
    if not text.strip():
        return True
    try:
        given = _given(number, text)
    except ConfigError as error:
        click.echo(words.sentence(error), err=True)
        return False
    reading = read(given["subject"], given.get("sender_name") or "")
    given |= {
        "title": reading.title,
        "unit": reading.unit,
        "submitters": list(reading.submitters),
        "contacts": list(reading.contacts),
    }
    sys.stdout.buffer.write(_encoded(given) + b"\n")
    sys.stdout.buffer.flush()
    return True


def _given(number: int, text: bytes) -> dict[str, Any]:
    """The object on an input line.  ConfigError 'subject_line_*' naming the line."""
    try:
        given = json.loads(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise ConfigError("subject_line_not_utf8", row=number) from None
    except (ValueError, RecursionError):
        raise ConfigError("subject_line_no_json", row=number) from None
    if not isinstance(given, dict) or not isinstance(given.get("subject"), str):
        raise ConfigError("subject_line_no_subject", row=number)
    if not isinstance(given.get("sender_name", ""), str | None):
        raise ConfigError("subject_line_bad_sender", row=number)
    return given


def _encoded(values: dict[str, Any]) -> bytes:
    """UTF-8; escaped where a lone surrogate, which JSON can carry and UTF-8 cannot, came in."""
    try:
        return json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(values).encode()


# ---- for a person ------------------------------------------------------------------------------------------


def _rows(reading: SubjectReading) -> Iterator[tuple[str, str]]:
    nothing = words.say("not_stated")
    for name, value in (
        ("title", reading.title or nothing),
        ("unit", _unit(reading) or nothing),
        ("submitters", "、".join(reading.submitters) or nothing),
        ("contacts", "、".join(reading.contacts) or nothing),
    ):
        yield words.label("fields", name), value
    for name, value in (
        ("co_units", "、".join(reading.co_units)),
        ("bad_contacts", "、".join(reading.bad_contacts)),
        ("reviewer", reading.reviewer or ""),
        ("signer", reading.signer or ""),
        ("tags", "、".join(reading.tags)),
    ):
        if value:
            yield words.label("fields", name), value
    yield words.label("fields", "confidence"), _confidence(reading.confidence)


def _unit(reading: SubjectReading) -> str:
    written = reading.unit_as_written
    if reading.unit is None:
        return words.say("unit_off_roster", written=written) if written else ""
    same = written in (None, reading.unit)
    return reading.unit if same else words.say("unit_written_as", unit=reading.unit, written=written)


def _confidence(share: float) -> str:
    return words.say("confidence_high" if share >= 0.5 else "confidence_low", percent=round(share * 100))
