"""One function per page: a form becomes a verb of the workflow, then a redirect; a GET only shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar

import flask

from mailbot.console.web import current_app, desk, download, logged_in, person, reviewer, say, shown
from mailbot.model import (
    Letter,
    LetterKind,
    LetterState,
    LetterText,
    MailState,
    Month,
    Outcome,
    Verdict,
)
from mailbot.workflow import receive, report, review

E = TypeVar("E", bound=StrEnum)
PAGE = 50
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _page_number() -> int:
    return max(1, flask.request.args.get("page", 1, type=int))


def _paged(rows: list[Any]) -> dict[str, Any]:
    """A page of rows that were asked for with one more than fits."""
    args = {**(flask.request.view_args or {}), **flask.request.args.to_dict()}
    endpoint = flask.request.endpoint or "home"
    return {
        "rows": rows[:PAGE],
        "page": _page_number(),
        "more": len(rows) > PAGE,
        "page_url": lambda number: flask.url_for(endpoint, **{**args, "page": number}),
    }


def _choice(name: str, kind: type[E]) -> E | None:
    """A filter's value as the enum it is, or None."""
    value = flask.request.args.get(name, "")
    return next((one for one in kind if one == value), None)


def _sentences(verdict: Verdict | None) -> list[str]:
    """What was found, as the section reads it."""
    if verdict is None:
        return []
    return list(review.findings(desk(), verdict))


def _months() -> list[Month]:
    """This month and the eleven before it, newest first."""
    month = Month.of(desk().clock.now())
    months = [month]
    while len(months) < 12:
        months.append(months[-1].previous())
    return months


# ---- what waits


@logged_in
def home() -> Any:
    store, now = desk().store, desk().clock.now()
    today = store.outcome_counts(
        now.replace(hour=0, minute=0, second=0, microsecond=0), now + timedelta(days=1)
    )
    accepted = today.get(Outcome.ACCEPTED, 0) + today.get(Outcome.ACCEPTED_WITH_REMARKS, 0)
    return flask.render_template(
        "home.html",
        today={
            "total": sum(today.values()),
            "accepted": accepted,
            "returned": today.get(Outcome.RETURNED, 0),
        },
        ready=store.letter_counts().get(LetterState.READY, 0),
        waiting=review.waiting(desk()),
        held=review.held_items(desk()),
        others=review.unread_matters(desk(), now - timedelta(days=30)),
        parked=store.mails(state=MailState.PARKED),
    )


# ---- letters


@logged_in
def letters() -> Any:
    state, kind = _choice("state", LetterState), _choice("kind", LetterKind)
    rows = desk().store.letters(state=state, kind=kind, limit=PAGE + 1, offset=(_page_number() - 1) * PAGE)
    return flask.render_template("letters.html", state=state or "", kind=kind or "", **_paged(rows))


@logged_in
def letter(letter_id: int) -> Any:
    case = review.case(desk(), letter_id)
    text = shown(case.mail).text if case.mail else ""
    return flask.render_template(
        "letter.html",
        letter=case.letter,
        mail=case.mail,
        verdict=case.verdict,
        sentences=_sentences(case.verdict),
        text=text,
        events=case.events,
    )


@reviewer
def edit_letter(letter_id: int) -> Any:
    form = flask.request.form
    version = form.get("version", type=int)
    text = LetterText(subject=form["subject"], body=form["body"])
    review.edit(desk(), letter_id, text, by=person().name, version=version)
    if form.get("then") == "release":
        review.release(desk(), letter_id, by=person().name)
        say("released")
        return flask.redirect(flask.url_for("home"))
    say("saved")
    return flask.redirect(flask.url_for("letter", letter_id=letter_id))


@reviewer
def withdraw_letter(letter_id: int) -> Any:
    review.withdraw(desk(), letter_id, by=person().name, version=flask.request.form.get("version", type=int))
    say("withdrawn")
    return flask.redirect(flask.url_for("letter", letter_id=letter_id))


@reviewer
def send_letter_again(letter_id: int) -> Any:
    review.send_again(desk(), letter_id, by=person().name)
    say("queued_again")
    return flask.redirect(flask.url_for("letter", letter_id=letter_id))


# ---- mails


@logged_in
def mails() -> Any:
    outcome, text = _choice("outcome", Outcome), flask.request.args.get("q", "").strip()
    rows = desk().store.mails(outcome=outcome, text=text, limit=PAGE + 1, offset=(_page_number() - 1) * PAGE)
    return flask.render_template("mails.html", outcome=outcome or "", q=text, **_paged(rows))


@logged_in
def mail(mail_id: int) -> Any:
    store = desk().store
    row, verdict = store.mail(mail_id), store.verdict(mail_id)
    answer: Letter | None = store.letter_for_mail(mail_id)
    content = shown(row)
    return flask.render_template(
        "mail.html",
        mail=row,
        verdict=verdict,
        sentences=_sentences(verdict),
        text=content.text,
        attachments=content.attachments,
        letter=answer,
        events=(events := store.events(subject=f"mail:{mail_id}")),
        read=any(event.verb == "read" for event in events),
    )


@logged_in
def mail_file(mail_id: int) -> Any:
    row = desk().store.mail(mail_id)
    return download(desk().store.raw(row.sha256), f"{row.number or row.id}.eml", "application/octet-stream")


@reviewer
def retry_mail(mail_id: int) -> Any:
    receive.retry(desk(), mail_id, by=person().name)
    say("retried")
    return flask.redirect(flask.url_for("mail", mail_id=mail_id))


@reviewer
def read_mail(mail_id: int) -> Any:
    review.mark_read(desk(), mail_id, by=person().name)
    say("read")
    return flask.redirect(flask.url_for("home"))


# ---- items


@logged_in
def items() -> Any:
    months = _months()
    month = next((m for m in months if str(m) == flask.request.args.get("month")), months[0])
    unit = flask.request.args.get("unit") or None
    rows = desk().store.submissions(month=month, unit=unit)
    units = [u.name for u in current_app().policy.roster.units]
    return flask.render_template("items.html", rows=rows, month=month, months=months, unit=unit, units=units)


@logged_in
def item(number: str) -> Any:
    store = desk().store
    found = store.submission(number)
    verdict = store.verdict(found.mail_id)
    return flask.render_template(
        "item.html",
        item=found,
        verdict=verdict,
        sentences=_sentences(verdict),
        text=store.document_text(found.document_sha256) if found.document_sha256 else "",
        units=[u.name for u in current_app().policy.roster.units],
        events=store.events(subject=f"item:{number}"),
    )


@reviewer
def accept_item(number: str) -> Any:
    unit = flask.request.form.get("unit", "")
    if not unit:
        say("no_unit", error=True)
        return flask.redirect(flask.url_for("item", number=number))
    before = desk().store.submission(number).fields.unit
    changed = unit if before is None or before.value != unit else None
    review.accept(desk(), number, by=person().name, unit=changed)
    say("accepted")
    return flask.redirect(flask.url_for("item", number=number))


@reviewer
def decline_item(number: str) -> Any:
    review.decline(desk(), number, by=person().name, reason=flask.request.form["reason"].strip())
    say("declined")
    return flask.redirect(flask.url_for("item", number=number))


# ---- bulletins


@logged_in
def bulletins() -> Any:
    return flask.render_template("bulletins.html", rows=desk().store.bulletins(), months=_months())


@reviewer
def draft_bulletin() -> Any:
    report.draft_month(desk(), Month.parse(flask.request.form["month"]), by=person().name)
    say("drafted")
    return flask.redirect(flask.url_for("bulletins"))


@reviewer
def approve_bulletin(bulletin_id: int) -> Any:
    bulletin = report.bulletin(desk(), bulletin_id)
    if flask.request.method == "POST":
        count = report.approve(desk(), bulletin_id, sha256=flask.request.form["sha256"], by=person().name)
        say("approved", count=count)
        return flask.redirect(flask.url_for("bulletins"))
    recipients, without = report.recipients(desk())
    return flask.render_template("approve.html", bulletin=bulletin, recipients=recipients, without=without)


@logged_in
def bulletin_file(bulletin_id: int) -> Any:
    bulletin = report.bulletin(desk(), bulletin_id)
    return download(desk().store.bulletin_file(bulletin.sha256), bulletin.file_name, WORD)


ROUTES: tuple[tuple[str, str, Callable[..., Any], tuple[str, ...]], ...] = (
    ("/", "home", home, ("GET",)),
    ("/letters", "letters", letters, ("GET",)),
    ("/letters/<int:letter_id>", "letter", letter, ("GET",)),
    ("/letters/<int:letter_id>/edit", "edit_letter", edit_letter, ("POST",)),
    ("/letters/<int:letter_id>/withdraw", "withdraw_letter", withdraw_letter, ("POST",)),
    ("/letters/<int:letter_id>/send-again", "send_letter_again", send_letter_again, ("POST",)),
    ("/mails", "mails", mails, ("GET",)),
    ("/mails/<int:mail_id>", "mail", mail, ("GET",)),
    ("/mails/<int:mail_id>/file", "mail_file", mail_file, ("GET",)),
    ("/mails/<int:mail_id>/retry", "retry_mail", retry_mail, ("POST",)),
    ("/mails/<int:mail_id>/read", "read_mail", read_mail, ("POST",)),
    ("/items", "items", items, ("GET",)),
    ("/items/<number>", "item", item, ("GET",)),
    ("/items/<number>/accept", "accept_item", accept_item, ("POST",)),
    ("/items/<number>/decline", "decline_item", decline_item, ("POST",)),
    ("/bulletins", "bulletins", bulletins, ("GET",)),
    ("/bulletins/draft", "draft_bulletin", draft_bulletin, ("POST",)),
    ("/bulletins/<int:bulletin_id>/approve", "approve_bulletin", approve_bulletin, ("GET", "POST")),
    ("/bulletins/<int:bulletin_id>/file", "bulletin_file", bulletin_file, ("GET",)),
)
