"""Letters: the outbox, one letter beside its mail, and what a person decides about it."""

from __future__ import annotations

from typing import Any

import flask

from mailbot.console import forms
from mailbot.console.bulletins import naming
from mailbot.console.context import desk, is_sealed, logged_in, person, reviewer, say, shown, to
from mailbot.model import LetterKind, LetterState, LetterText
from mailbot.workflow.bulletins import report
from mailbot.workflow.desk import bulletin_ref
from mailbot.workflow.mail import review


@logged_in
def letters() -> Any:
    """All of them, or those that brought one 通报 to its recipients."""
    state, kind = forms.choice("state", LetterState), forms.choice("kind", LetterKind)
    bulletin_id = flask.request.args.get("bulletin", 0, type=int)
    found = report.bulletin(desk(), bulletin_id) if bulletin_id else None
    limit, offset = forms.PAGE + 1, forms.start()
    if found is None:
        rows = desk().store.letters(state=state, kind=kind, limit=limit, offset=offset)
    else:
        about, kind = bulletin_ref(found.kind, found.period), LetterKind.BULLETIN
        rows = desk().store.bulletin_letters(about, state=state, limit=limit, offset=offset)
    return flask.render_template(
        "letters.html", state=state or "", kind=kind or "", bulletin=found, **naming(), **forms.paged(rows)
    )


@logged_in
def letter(letter_id: int) -> Any:
    case = review.case(desk(), letter_id)
    return flask.render_template(
        "letter.html",
        letter=case.letter,
        files=[file.name for file in desk().store.letter_files(letter_id)],
        mail=case.mail,
        verdict=case.verdict,
        sentences=review.findings(desk(), case.verdict) if case.verdict else (),
        text=shown(case.mail.id).text if case.mail and not is_sealed(case.mail.id) else "",
        item=case.submission,
        events=case.events,
    )


@reviewer
def edit_letter(letter_id: int) -> Any:
    """Save what was changed; with 'release', let it go as it then stands."""
    by, version = person().name, forms.number("version")
    text = LetterText(subject=forms.text("subject"), body=flask.request.form["body"])
    if not text.subject or not text.body.strip():
        flask.abort(400)
    if review.differs(desk().store.letter(letter_id), text):
        review.edit(desk(), letter_id, text, by=by, version=version)
        version += 1
    if flask.request.form.get("then") != "release":
        say("saved")
        return to("letter", letter_id=letter_id)
    review.release(desk(), letter_id, by=by, version=version)
    say("released")
    return to("home")


@reviewer
def withdraw_letter(letter_id: int) -> Any:
    review.withdraw(desk(), letter_id, by=person().name, version=forms.number("version"))
    say("withdrawn")
    return to("letter", letter_id=letter_id)


@reviewer
def send_letter_again(letter_id: int) -> Any:
    review.send_again(desk(), letter_id, by=person().name)
    say("queued_again")
    return to("letter", letter_id=letter_id)


ROUTES = (
    ("/letters", "letters", letters, ("GET",)),
    ("/letters/<id:letter_id>", "letter", letter, ("GET",)),
    ("/letters/<id:letter_id>/edit", "edit_letter", edit_letter, ("POST",)),
    ("/letters/<id:letter_id>/withdraw", "withdraw_letter", withdraw_letter, ("POST",)),
    ("/letters/<id:letter_id>/send-again", "send_letter_again", send_letter_again, ("POST",)),
)
