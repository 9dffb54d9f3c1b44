"""事项: what people enter beside the mails (采用, 批示, 以干代训, faults), its worth, its withdrawal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flask

from mailbot.console import facts_add, facts_import, forms
from mailbot.console.context import (
    Route,
    desk,
    is_sealed,
    logged_in,
    person,
    reckoned,
    reviewer,
    say,
    to,
    words,
)
from mailbot.facts import Adoption, Instruction
from mailbot.model import LedgerMail, MailState
from mailbot.store import Entry
from mailbot.store.facts import KINDS
from mailbot.workflow.mail import showing
from mailbot.workflow.marks import credit, explaining, feedback
from mailbot.workflow.office import written

EVERY_MONTH = "all"
CANDIDATES = 10
"""Mails that are offered as the answer to an instruction."""


@logged_in
def facts() -> Any:
    """By day, the newest first; those that wait for an answer stand above."""
    months = showing.months(desk())
    wanted = flask.request.args.get("month")
    month = None if wanted == EVERY_MONTH else next((m for m in months if str(m) == wanted), months[0])
    kind = next((code for code in KINDS if code == flask.request.args.get("kind")), "")
    found = [
        entry
        for entry in reversed(desk().store.facts(kinds=(kind,) if kind else ()))
        if month is None or entry.fact.at.month == month
    ]
    shown = forms.paged(found[forms.start() : forms.start() + forms.PAGE + 1])
    return flask.render_template(
        "facts.html",
        month=month or EVERY_MONTH,
        months=months,
        kind=kind,
        kinds=[(code, words().message(f"fact_kinds.{code}")) for code in KINDS],
        total=len(found),
        unanswered=_told(credit.unanswered(desk())),
        today=desk().clock.now().date(),
        **{**shown, "rows": _told(shown["rows"])},
    )


def _told(entries: Sequence[Entry]) -> list[explaining.Told]:
    return [explaining.told(desk(), entry) for entry in entries]


@logged_in
def fact(fact_id: str) -> Any:
    """One fact with the marks that follow from it, and what can still be done about it."""
    entry = desk().store.fact(fact_id)
    merged = _merged(entry)
    together = [entry, *(merged or _entered_with(entry))]
    ids = {one.fact.id for one in together}
    waits = isinstance(entry.fact, Instruction) and entry.answer_by is not None
    return flask.render_template(
        "fact.html",
        told=explaining.told(desk(), entry),
        others=_told(together[1:]),
        merged=bool(merged),
        accounts=explaining.accounts(desk(), [mark for mark in reckoned().marks if mark.fact in ids]),
        letters=[one for entry in together if (one := feedback.letter_of(desk(), entry)) is not None],
        answers=[desk().store.mail(mail_id) for mail_id in entry.answers],
        candidates=_candidates(entry) if waits and person().may_review else (),
        events=desk().store.events(subject=f"fact:{entry.fact.id}"),
        again=facts_add.again(entry),
    )


def _merged(entry: Entry) -> list[Entry]:
    """What else was merged into the same adopted piece."""
    fact = entry.fact
    if not isinstance(fact, Adoption) or not fact.composite:
        return []
    return [
        one
        for one in desk().store.facts(kinds=(entry.kind,), withdrawn=False)
        if isinstance(one.fact, Adoption) and one.fact.composite == fact.composite and one.fact.id != fact.id
    ]


def _entered_with(entry: Entry) -> list[Entry]:
    """What was entered by the same form, as the address names it."""
    wanted = frozenset(written.several(flask.request.args.get(facts_add.ALSO, "")))
    return [one for one in desk().store.facts(kinds=(entry.kind,)) if one.fact.id in wanted] if wanted else []


def _candidates(entry: Entry) -> list[LedgerMail]:
    """Mails of the item's sender since the instruction, newest first: one of them may be the answer."""
    assert isinstance(entry.fact, Instruction)
    item = desk().store.submission(entry.fact.item)
    if not item.sender:
        return []
    rows = desk().store.mails(text=item.sender, limit=CANDIDATES * 3)
    return [
        row
        for row in rows
        if row.arrived_at.date() >= entry.fact.at.day
        and row.id != item.mail_id
        and row.id not in entry.answers
        and row.state is MailState.DONE
        and not is_sealed(row.id)
    ][:CANDIDATES]


@reviewer
def withdraw_fact(fact_id: str) -> Any:
    """A GET shows what would change; the POST says why, and does it."""
    entry = desk().store.fact(fact_id)
    if flask.request.method == "POST":
        credit.withdraw(desk(), entry.fact.id, forms.text("reason"), by=person().name)
        say("fact_withdrawn", fact=entry.fact.id)
        return to("fact", fact_id=entry.fact.id)
    if entry.withdrawn is not None:
        return to("fact", fact_id=entry.fact.id)
    letter = feedback.letter_of(desk(), entry)
    return flask.render_template(
        "fact_withdraw.html",
        told=explaining.told(desk(), entry),
        changes=explaining.withdrawal(desk(), entry, reckoned()),
        letter=letter,
        takes_letter=letter is not None and letter.state in feedback.STILL_HERE,
        issued=entry.fact.at.month in reckoned().issued,
    )


@reviewer
def answer_fact(fact_id: str) -> Any:
    """批示反馈: the mail chosen from the list, or another by its number."""
    mail = forms.optional("mail") or forms.optional("number")
    if not mail:
        say("no_answer_chosen", error=True)
        return to("fact", fact_id=fact_id)
    credit.note_feedback(desk(), fact_id, mail, by=person().name)
    say("fact_answered")
    return to("fact", fact_id=fact_id)


ROUTES: tuple[Route, ...] = (
    ("/facts", "facts", facts, ("GET",)),
    *facts_add.ROUTES,
    *facts_import.ROUTES,
    ("/facts/<fact_id>", "fact", fact, ("GET",)),
    ("/facts/<fact_id>/withdraw", "withdraw_fact", withdraw_fact, ("GET", "POST")),
    ("/facts/<fact_id>/answer", "answer_fact", answer_fact, ("POST",)),
)
