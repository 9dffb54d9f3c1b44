"""The office itself: its register of 信息员, and how mailbot is doing."""

from __future__ import annotations

from typing import Any

import flask

from mailbot.console import backup, forms
from mailbot.console.context import console, desk, logged_in, person, reviewer, say, say_error, to, words
from mailbot.errors import MailbotError
from mailbot.workflow.bulletins import issues
from mailbot.workflow.desk import bulletin_ref
from mailbot.workflow.office import health, people
from mailbot.workflow.office.upkeep import Check

EVENTS = 50


@logged_in
def correspondents() -> Any:
    """All of them; POST adds one, and shows the form again where it does not fit."""
    form = {key: flask.request.form.get(key, "").strip() for key in ("address", "unit", "name", "phone")}
    if flask.request.method == "POST" and _add(form):
        return to("correspondents")
    register = people.register_of(desk())
    return flask.render_template(
        "correspondents.html",
        form=form,
        register=register,
        units=[unit.name for unit in console().app.policy.roster.units],
    )


def _add(form: dict[str, str]) -> bool:
    if not person().may_review:
        flask.abort(403)
    try:
        people.add(desk(), **form, by=person().name)
    except MailbotError as error:
        say_error(error)
        return False
    say("correspondent_added")
    return True


@reviewer
def confirm_correspondent() -> Any:
    people.confirm(desk(), forms.text("address"), forms.text("unit"), by=person().name)
    say("correspondent_confirmed")
    return to("correspondents")


@reviewer
def end_correspondent() -> Any:
    people.end(desk(), forms.text("address"), forms.text("unit"), forms.text("name"), by=person().name)
    say("correspondent_ended")
    return to("correspondents")


@logged_in
def state() -> Any:
    store, config = desk().store, console().app.config
    checks = list(health.measure(store, config, desk().clock.now()))
    return flask.render_template(
        "state.html",
        checks=[(check, _told(check)) for check in checks],
        backup=backup.card(),
        letters=store.letter_counts(),
        bulletins={bulletin_ref(one.kind, one.period): one for one in store.bulletins()},
        name=lambda one: issues.name(desk(), one),
        events=[event for event in store.events(limit=EVENTS * 20) if event.who != "mailbot"][:EVENTS],
    )


def _told(check: Check) -> str:
    """What a check has seen, or what is wrong and what to do."""
    if check.problem is not None:
        return words().told(check.problem)
    return words().message(f"checks_seen.{check.name}", check.details)


ROUTES = (
    ("/correspondents", "correspondents", correspondents, ("GET", "POST")),
    ("/correspondents/confirm", "confirm_correspondent", confirm_correspondent, ("POST",)),
    ("/correspondents/end", "end_correspondent", end_correspondent, ("POST",)),
    ("/state", "state", state, ("GET",)),
)
