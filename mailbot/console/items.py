"""报送信息: the items of a month, one item beside those it resembles, and the decision on a held one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import flask

from mailbot.console import facts_add, forms
from mailbot.console.context import (
    console,
    desk,
    download,
    is_sealed,
    logged_in,
    person,
    reckoned,
    reviewer,
    say,
    to,
)
from mailbot.model import Document, LedgerMail, Letter, Submission, SubmissionState
from mailbot.workflow.mail import choosing, correct, review, showing
from mailbot.workflow.marks import explaining, naming

EVERY_MONTH = "all"


@logged_in
def items() -> Any:
    months = showing.months(desk())
    wanted = flask.request.args.get("month")
    month = None if wanted == EVERY_MONTH else next((m for m in months if str(m) == wanted), months[0])
    state, units = forms.choice("state", SubmissionState), _units()
    unit = next((one for one in units if one == flask.request.args.get("unit")), None)
    store = desk().store
    rows = store.submissions(month=month, state=state, unit=unit, limit=forms.PAGE + 1, offset=forms.start())
    return flask.render_template(
        "items.html",
        month=month or EVERY_MONTH,
        months=months,
        unit=unit,
        units=units,
        state=state or "",
        total=store.count_submissions(month=month, state=state, unit=unit),
        **forms.paged(rows),
    )


def _units() -> list[str]:
    return [unit.name for unit in console().app.policy.roster.units]


@logged_in
def item(number: str) -> Any:
    store = desk().store
    found = store.submission(number)
    verdict = store.verdict(found.mail_id)
    sealed = is_sealed(found.mail_id)
    return flask.render_template(
        "item.html",
        item=found,
        sealed=sealed,
        solicited=store.solicitation_reply(number),
        verdict=verdict,
        sentences=review.findings(desk(), verdict) if verdict else (),
        text="" if sealed else showing.text_of(desk(), found),
        comparisons=showing.comparisons(desk(), found),
        references=showing.corpus_comparisons(desk(), found),
        exchange=_exchange(number, sealed=sealed),
        units=_units(),
        files=() if sealed else _files(found),
        promised=review.promised(desk(), found),
        events=store.events(subject=f"item:{number}"),
        **_accounting(found),
    )


def _exchange(number: str, *, sealed: bool) -> list[LedgerMail | Letter]:
    """The mails that came about an item and the letters that were written, in turn."""
    store = desk().store
    letters = [] if sealed else store.letters_of(number)
    return sorted([*store.mails_of(number), *letters], key=_when)


def _when(one: LedgerMail | Letter) -> datetime:
    return one.arrived_at if isinstance(one, LedgerMail) else one.created_at


def _accounting(found: Submission) -> dict[str, object]:
    """What was entered about an item, the marks it has, and the forms to enter more."""
    if found.state is not SubmissionState.ACCEPTED or is_sealed(found.mail_id):
        return {"facts": (), "accounts": (), "scheme": None}
    today = desk().clock.now().date()
    marks = reckoned().marks
    return {
        "facts": [explaining.told(desk(), entry) for entry in desk().store.facts(item=found.number)],
        "accounts": explaining.accounts(desk(), [mark for mark in marks if mark.item == found.number]),
        "scheme": naming.scheme(desk(), today) if desk().policy.schemes else None,
        "faults": facts_add.faults_of(found.number),
        "typed": {**dict.fromkeys(facts_add.FIELDS, ""), "day": str(today)},
        "today": today,
    }


def _files(found: Submission) -> tuple[Document, ...]:
    """The Word files that a held item could be, where there are several."""
    if found.state is not SubmissionState.HELD or not person().may_review:
        return ()
    with console().reading:
        return choosing.candidates(desk(), found, console().reader)


@logged_in
def item_file(number: str) -> Any:
    found = desk().store.submission(number)
    if is_sealed(found.mail_id):
        flask.abort(403)
    with console().reading:
        file = showing.document(desk(), found, console().reader)
    return download(file.content, file.name, file.content_type)


@reviewer
def accept_item(number: str) -> Any:
    unit = forms.text("unit")
    if not unit:
        say("no_unit", error=True)
        return to("item", number=number)
    found = desk().store.submission(number)
    with console().reading:
        choice = choosing.choose(desk(), found, forms.optional("file"), console().reader)
    review.accept(
        desk(),
        number,
        by=person().name,
        unit=unit,
        title=forms.text("title"),
        submitters=forms.names("submitters"),
        contacts=forms.names("contacts"),
        choice=choice,
        row_version=forms.number("version"),
    )
    say("accepted")
    return to("item", number=number)


@reviewer
def decline_item(number: str) -> Any:
    reason = forms.text("reason")
    if not reason:
        say("no_reason", error=True)
        return to("item", number=number)
    told = review.decline(
        desk(),
        number,
        by=person().name,
        reason=reason,
        tell="tell" in flask.request.form,
        row_version=forms.number("version"),
    )
    say("declined_told" if told else "declined")
    return to("item", number=number)


@reviewer
def correct_item(number: str) -> Any:
    """Empty fields stay as they are."""
    tell = "tell" in flask.request.form
    correct.correct(
        desk(),
        number,
        by=person().name,
        title=forms.text("title"),
        unit=forms.text("unit"),
        submitters=forms.names("submitters"),
        contacts=forms.names("contacts"),
        tell=tell,
        row_version=forms.number("version"),
    )
    say("corrected_told" if tell else "corrected")
    return to("item", number=number)


ROUTES = (
    ("/items", "items", items, ("GET",)),
    ("/items/<number>", "item", item, ("GET",)),
    ("/items/<number>/file", "item_file", item_file, ("GET",)),
    ("/items/<number>/accept", "accept_item", accept_item, ("POST",)),
    ("/items/<number>/correct", "correct_item", correct_item, ("POST",)),
    ("/items/<number>/decline", "decline_item", decline_item, ("POST",)),
)
