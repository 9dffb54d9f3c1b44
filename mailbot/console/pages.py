"""The pages and where they lie: a form becomes a verb of the workflow, then a redirect; a GET only shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import flask

from mailbot.console import (
    backup,
    bulletins,
    drafts,
    entry,
    exports,
    facts,
    items,
    letters,
    mails,
    marks,
    office,
    solicitations,
    users,
)
from mailbot.console.context import Route, desk, logged_in
from mailbot.model import BulletinState, LetterState, MailState, Outcome
from mailbot.workflow.mail import review
from mailbot.workflow.marks import credit
from mailbot.workflow.office import people, restored

SHOWN = 30
"""Of each list of what waits; the rest is a link away."""


@logged_in
def home() -> Any:
    """What waits for a person."""
    store, now = desk().store, desk().clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = store.outcome_counts(midnight, midnight + timedelta(days=1))
    return flask.render_template(
        "home.html",
        today={
            "total": sum(today.values()),
            "accepted": today.get(Outcome.ACCEPTED, 0) + today.get(Outcome.ACCEPTED_WITH_REMARKS, 0),
            "returned": today.get(Outcome.RETURNED, 0),
        },
        ready=store.letter_counts().get(LetterState.READY, 0),
        waiting=review.waiting(desk()),
        held=review.held_items(desk()),
        others=review.unread_matters(desk()),
        parked=store.mails(state=MailState.PARKED),
        drafts=[b for b in store.bulletins() if b.state is BulletinState.DRAFT],
        restored=restored.standing(desk()),
        restored_open=restored.is_open(desk()),
        proposed=people.register_of(desk()).proposed,
        solicited=solicitations.waiting(),
        instructed=credit.unanswered(desk()),
        now=now,
        shown=SHOWN,
    )


ROUTES: tuple[Route, ...] = (
    ("/", "home", home, ("GET",)),
    *entry.ROUTES,
    *letters.ROUTES,
    *mails.ROUTES,
    *items.ROUTES,
    *solicitations.ROUTES,
    *facts.ROUTES,
    *marks.ROUTES,
    *bulletins.ROUTES,
    *drafts.ROUTES,
    *exports.ROUTES,
    *office.ROUTES,
    *backup.ROUTES,
    *users.ROUTES,
)
