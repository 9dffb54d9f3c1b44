"""A table of facts brought in: looked through first, then entered as it was shown, all of it or nothing.

What was uploaded is held in memory until it is entered (held.py); once it is let go of, the file is chosen
once more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import flask

from mailbot.console import forms
from mailbot.console.context import Route, console, desk, person, reviewer, say, say_error, to, words
from mailbot.console.held import Held
from mailbot.errors import MailbotError
from mailbot.workflow.marks import explaining, facts_sheet
from mailbot.workflow.marks.facts_sheet import BroughtIn

SHOWN = 500
"""Rows and faults that are shown of a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An uploaded file with what would become of it."""

    name: str
    content: bytes
    rows: tuple[explaining.Told, ...] = ()
    faults: tuple[tuple[int, str], ...] = ()
    """Row and what is wrong with it."""
    count: int = 0

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def _held() -> Held[Table]:
    return console().held["table"]


@reviewer
def import_facts() -> Any:
    """A GET shows what was uploaded; a POST uploads a file, or enters the one that is shown."""
    if flask.request.method == "GET":
        table = _held().of(person().name)
        columns, kinds = words().table("facts_columns"), words().table("facts_rows")
        return flask.render_template(
            "fact_import.html", table=table, shown=SHOWN, columns=list(columns), kinds=list(kinds)
        )
    if forms.optional("sha256"):
        return _confirmed(forms.optional("sha256"))
    uploaded = flask.request.files.get("file")
    if uploaded is None or not uploaded.filename:
        say("no_table", error=True)
        return to("import_facts")
    _held().let_go(person().name)
    try:
        _held().keep(person().name, _looked_through(uploaded.filename, uploaded.read()))
    except MailbotError as error:
        say_error(error)
    return to("import_facts")


def _confirmed(sha256: str) -> Any:
    """Enter exactly what was shown; where something else came between, it is shown again with its faults."""
    name = person().name
    table = _held().of(name)
    if table is None or table.sha256 != sha256:
        say("table_gone", error=True)
        return to("import_facts")
    done = _bring_in(table.name, table.content, dry_run=False)
    if done.faults:
        _held().keep(name, _looked_through(table.name, table.content))
        return to("import_facts")
    _held().let_go(name)
    say("facts_imported", count=len(done.entries))
    return to("facts", month="all")


def _looked_through(name: str, content: bytes) -> Table:
    done = _bring_in(name, content, dry_run=True)
    return Table(
        name=name,
        content=content,
        rows=tuple(explaining.told(desk(), entry) for entry in done.entries[:SHOWN]),
        faults=tuple((fault.row, words().told(fault.error)) for fault in done.faults[:SHOWN]),
        count=len(done.faults or done.entries),
    )


def _bring_in(name: str, content: bytes, *, dry_run: bool) -> BroughtIn:
    return facts_sheet.bring_in(
        desk(),
        content,
        name,
        columns=words().table("facts_columns"),
        kinds=words().table("facts_rows"),
        by=person().name,
        dry_run=dry_run,
    )


ROUTES: tuple[Route, ...] = (("/facts/import", "import_facts", import_facts, ("GET", "POST")),)
