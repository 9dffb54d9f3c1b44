"""Mails: the ledger, one mail with what was read in it, and its bytes.  A sealed one shows nothing."""

from __future__ import annotations

from typing import Any

import flask

from mailbot.console import forms
from mailbot.console.context import (
    admin,
    desk,
    download,
    is_sealed,
    logged_in,
    person,
    reviewer,
    say,
    shown,
    to,
)
from mailbot.model import LedgerMail, MailState, Outcome
from mailbot.workflow.mail import receive, review, showing

_BYTES = "application/octet-stream"


@logged_in
def mails() -> Any:
    outcome, sought = forms.choice("outcome", Outcome), flask.request.args.get("q", "").strip()[:100]
    rows = desk().store.mails(outcome=outcome, text=sought, limit=forms.PAGE + 1, offset=forms.start())
    found = forms.paged(rows)
    found["rows"] = [row for row in found["rows"] if not sought or _may_be_found(row, sought)]
    return flask.render_template("mails.html", outcome=outcome or "", q=sought, **found)


def _may_be_found(row: LedgerMail, sought: str) -> bool:
    """A sealed mail is not found by words of its subject: that would tell what is in it."""
    return not is_sealed(row.id) or sought.lower() in f"{row.sender}\n{row.number}".lower()


@logged_in
def mail(mail_id: int) -> Any:
    store = desk().store
    row, verdict = store.mail(mail_id), store.verdict(mail_id)
    content = shown(mail_id)
    return flask.render_template(
        "mail.html",
        mail=row,
        verdict=verdict,
        sentences=review.findings(desk(), verdict) if verdict else (),
        text=content.text,
        attachments=content.attachments,
        letter=store.letter_for_mail(mail_id),
        item=showing.item_of(desk(), row),
        events=store.events(subject=f"mail:{mail_id}"),
        unread=review.is_unread_matter(desk(), row),
    )


@logged_in
def mail_file(mail_id: int) -> Any:
    row = desk().store.mail(mail_id)
    unjudged = row.state is not MailState.DONE
    if is_sealed(mail_id) or (unjudged and not person().may_review):
        # Nobody knows yet whether an unjudged one bears a secrecy mark.
        flask.abort(403)
    return download(desk().store.raw(row.sha256), f"{row.number or row.id}.eml", _BYTES)


@admin
def open_sealed(mail_id: int) -> Any:
    """A POST: it leaves a line in the record."""
    row, raw = review.open_sealed(desk(), mail_id, by=person().name)
    return download(raw, f"{row.number}.eml", _BYTES)


@reviewer
def retry_mail(mail_id: int) -> Any:
    receive.retry(desk(), mail_id, by=person().name)
    say("retried")
    return to("mail", mail_id=mail_id)


@reviewer
def read_mail(mail_id: int) -> Any:
    review.mark_read(desk(), mail_id, by=person().name)
    say("read")
    return to("home")


ROUTES = (
    ("/mails", "mails", mails, ("GET",)),
    ("/mails/<id:mail_id>", "mail", mail, ("GET",)),
    ("/mails/<id:mail_id>/file", "mail_file", mail_file, ("GET",)),
    ("/mails/<id:mail_id>/sealed", "open_sealed", open_sealed, ("POST",)),
    ("/mails/<id:mail_id>/retry", "retry_mail", retry_mail, ("POST",)),
    ("/mails/<id:mail_id>/read", "read_mail", read_mail, ("POST",)),
)
