"""通报 of every kind: the list, a page for each, and a person's approval of one exact file (promise P7).

Drafting them is in drafts.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import flask

from mailbot.console import forms
from mailbot.console.context import (
    WORD,
    console,
    desk,
    download,
    logged_in,
    person,
    reckoned,
    reviewer,
    say,
    say_error,
    status_of,
    to,
    words,
)
from mailbot.errors import MailbotError, StateError
from mailbot.model import Bulletin, BulletinKind, BulletinState, Passage, Submission
from mailbot.workflow.bulletins import final, gazette, instant, issues, pdf, report
from mailbot.workflow.desk import bulletin_ref
from mailbot.workflow.mail import showing

PDF = "application/pdf"
EVENTS = 200


# ---- the list


@logged_in
def bulletins() -> Any:
    """Drafts of any year, then what was approved in one."""
    found = desk().store.bulletins()
    years = sorted({year_of(one) for one in found}, reverse=True)
    year = _year(years)
    kind = forms.choice("kind", BulletinKind)
    approved = [
        one
        for one in found
        if one.state is BulletinState.APPROVED and year_of(one) == year and kind in (None, one.kind)
    ]
    months = showing.months(desk())
    return flask.render_template(
        "bulletins.html",
        drafts=[one for one in found if one.state is BulletinState.DRAFT],
        rows=sorted(approved, key=lambda one: str(one.approved_at), reverse=True),
        years=years,
        year=year,
        kind=kind or "",
        months=months,
        last=months[min(1, len(months) - 1)],
        of_years=sorted({month.year for month in months} | {months[0].year - 1}, reverse=True),
        proposed=len(instant.proposals(desk(), reckoned())) if person().may_review else 0,
        **naming(),
    )


def naming() -> dict[str, Any]:
    """What templates need to name 通报 and their kinds."""
    return {"kinds": words().table("bulletin_kinds"), "name": lambda one: issues.name(desk(), one)}


def year_of(found: Bulletin) -> str:
    """Every period begins with its year."""
    return found.period[:4]


def _year(years: list[str]) -> str:
    wanted = flask.request.args.get("year", "")
    return wanted if wanted in years else (years[0] if years else "")


# ---- one of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A passage on its form: as kept, and as just typed where that could not be kept."""

    code: Passage
    kept: str
    typed: str


@logged_in
def bulletin(bulletin_id: int) -> Any:
    return page(report.bulletin(desk(), bulletin_id))


def page(found: Bulletin, typed: Mapping[Passage, str] | None = None) -> str:
    """The page of one; `typed` is what of its passages could not be kept."""
    draft = found.state is BulletinState.DRAFT
    notes = desk().store.bulletin_notes(found.kind, found.period)
    return flask.render_template(
        "bulletin.html",
        bulletin=found,
        passages=[
            Written(code=one, kept=notes.get(one, ""), typed=(typed or notes).get(one, ""))
            for one in final.PASSAGES.get(found.kind, ())
        ],
        passage_names=words().table("passages"),
        seen=final.seen_by(notes),
        tasks=issues.open_tasks(desk(), found, reckoned()) if draft else (),
        outdated=report.outdated(desk(), found, reckoned()),
        sending=issues.sending(desk(), found),
        reading=_reading(found),
        can_print=pdf.program() is not None,
        items=_items(found),
        told=instant.told_by(desk(), found) if found.kind is BulletinKind.INSTANT else None,
        issued=issues.issued_of(desk(), found) if found.kind is BulletinKind.CORRECTION else None,
        corrections=_corrections(found),
        events=desk().store.events(subject=bulletin_ref(found.kind, found.period), limit=EVENTS),
        **naming(),
    )


def _reading(found: Bulletin) -> issues.Reading:
    """Nothing where the file is gone: the page itself must still open."""
    try:
        return issues.reading(desk(), found)
    except MailbotError as error:
        say_error(error)
        return issues.Reading()


def _items(found: Bulletin) -> list[Submission]:
    """Of an issue of 《普刊》, in its sequence."""
    if found.kind is not BulletinKind.GAZETTE:
        return []
    return [desk().store.submission(number) for number in gazette.items_of(desk(), found.period)]


def _corrections(found: Bulletin) -> list[Bulletin]:
    if found.kind is not BulletinKind.MONTHLY:
        return []
    return issues.corrections(desk(), issues.month_of(found))


@reviewer
def note_bulletin(bulletin_id: int) -> Any:
    """Keep what the section words itself; with 'redraft', put it into a new draft at once."""
    found = report.bulletin(desk(), bulletin_id)
    passages = final.PASSAGES.get(found.kind, ())
    typed = {one: flask.request.form[one] for one in passages}
    try:
        final.note_all(desk(), found.kind, found.period, typed, seen=forms.text("seen"), by=person().name)
    except MailbotError as error:
        say_error(error)
        return page(found, typed), status_of(error)
    say("bulletin_noted")
    if flask.request.form.get("then") == "redraft":
        return _redraft(found)
    return to("bulletin", bulletin_id=bulletin_id)


@reviewer
def redraft_bulletin(bulletin_id: int) -> Any:
    return _redraft(report.bulletin(desk(), bulletin_id))


def _redraft(found: Bulletin) -> Any:
    try:
        again = issues.redraft(desk(), found, by=person().name, force="force" in flask.request.form)
    except MailbotError as error:
        say_error(error)
        return page(found), status_of(error)
    say("redrafted" if found.kind is BulletinKind.GAZETTE else "drafted")
    return to("bulletin", bulletin_id=again.id)


@reviewer
def replace_bulletin(bulletin_id: int) -> Any:
    """The draft as a person has put it right in Word: from now on that is the file to approve."""
    found = report.bulletin(desk(), bulletin_id)
    uploaded = flask.request.files.get("file")
    if uploaded is None or not uploaded.filename:
        say("no_file", error=True)
        return to("bulletin", bulletin_id=bulletin_id)
    try:
        seen = forms.optional("seen")
        final.replace(desk(), found, uploaded.read(), uploaded.filename, by=person().name, seen=seen)
    except MailbotError as error:
        say_error(error)
        return page(report.bulletin(desk(), bulletin_id)), status_of(error)
    say("replaced")
    return to("bulletin", bulletin_id=bulletin_id)


# ---- approving


@reviewer
def approve_bulletin(bulletin_id: int) -> Any:
    found = report.bulletin(desk(), bulletin_id)
    if flask.request.method == "GET":
        recipients, without = report.recipients_of(desk(), found)
        return flask.render_template(
            "approve.html",
            bulletin=found,
            recipients=recipients,
            without=without,
            tasks=issues.open_tasks(desk(), found, reckoned()),
            outdated=report.outdated(desk(), found, reckoned()),
            items=_items(found),
            **naming(),
        )
    if "checked" not in flask.request.form:
        say("not_checked", error=True)
        return to("approve_bulletin", bulletin_id=bulletin_id)
    count = report.approve(desk(), bulletin_id, sha256=forms.text("sha256"), by=person().name)
    if found.kind is not BulletinKind.GAZETTE:
        say("approved", count=count)
        return to("bulletin", bulletin_id=bulletin_id)
    say("approved_gazette")
    if desk().config.review.feedback == "held":
        say("gazette_feedback_held")
    return to("bulletin", bulletin_id=bulletin_id)


# ---- its file


@logged_in
def bulletin_file(bulletin_id: int) -> Any:
    found = report.bulletin(desk(), bulletin_id)
    return download(desk().store.bulletin_file(found.sha256), found.file_name, WORD)


@logged_in
def bulletin_pdf(bulletin_id: int) -> Any:
    """StateError 'pdf_busy' while another one is made: a browser's thread must not wait for minutes."""
    found = report.bulletin(desk(), bulletin_id)
    content = desk().store.bulletin_file(found.sha256)
    printing = console().printing
    if not printing.acquire(blocking=False):
        raise StateError("pdf_busy")
    try:
        made = pdf.to_pdf(content)
    finally:
        printing.release()
    return download(made, f"{PurePath(found.file_name).stem}.pdf", PDF)


ROUTES = (
    ("/bulletins", "bulletins", bulletins, ("GET",)),
    ("/bulletins/<id:bulletin_id>", "bulletin", bulletin, ("GET",)),
    ("/bulletins/<id:bulletin_id>/notes", "note_bulletin", note_bulletin, ("POST",)),
    ("/bulletins/<id:bulletin_id>/redraft", "redraft_bulletin", redraft_bulletin, ("POST",)),
    ("/bulletins/<id:bulletin_id>/approve", "approve_bulletin", approve_bulletin, ("GET", "POST")),
    ("/bulletins/<id:bulletin_id>/replace", "replace_bulletin", replace_bulletin, ("POST",)),
    ("/bulletins/<id:bulletin_id>/file", "bulletin_file", bulletin_file, ("GET",)),
    ("/bulletins/<id:bulletin_id>/pdf", "bulletin_pdf", bulletin_pdf, ("GET",)),
)
