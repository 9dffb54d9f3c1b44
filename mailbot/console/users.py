"""Accounts of the console; for the administrator.  No password is ever shown or sent: it is typed twice."""

from __future__ import annotations

from typing import Any

import flask

from mailbot.console import forms
from mailbot.console.context import Route, admin, desk, person, say, say_error, to
from mailbot.errors import MailbotError
from mailbot.workflow.office import users as verbs


@admin
def users() -> Any:
    """All of them; POST adds one, and shows the form again where it does not fit."""
    form = {key: forms.optional(key) for key in ("name", "role")}
    refused = flask.request.method == "POST" and not _add(form)
    if flask.request.method == "POST" and not refused:
        return to("users")
    rows = desk().store.users()
    page = flask.render_template(
        "users.html",
        form=form,
        rows=rows,
        admins=sum(role == "admin" for _, role in rows),
        minimum=verbs.MIN_PASSWORD,
    )
    return page, 409 if refused else 200


def _add(form: dict[str, str]) -> bool:
    if not _typed_twice():
        return False
    try:
        verbs.add(desk(), form["name"], form["role"], flask.request.form["password"], by=person().name)
    except MailbotError as error:
        say_error(error)
        return False
    say("user_added", name=form["name"])
    return True


def _typed_twice() -> bool:
    """Whether the password is the same both times; says so where it is not."""
    if flask.request.form["password"] != flask.request.form["again"]:
        say("password_mismatch", error=True)
        return False
    return True


@admin
def change_role() -> Any:
    verbs.change_role(desk(), forms.text("name"), forms.text("role"), by=person().name)
    say("user_role_changed", name=forms.text("name"))
    return to("users")


@admin
def reset_password() -> Any:
    """Of somebody who forgot it; it ends their sessions and a lock."""
    if _typed_twice():
        password = flask.request.form["password"]
        verbs.change_password(desk(), forms.text("name"), password, by=person().name)
        say("user_password_reset", name=forms.text("name"))
    return to("users")


@admin
def disable_user() -> Any:
    verbs.disable(desk(), forms.text("name"), by=person().name)
    say("user_disabled", name=forms.text("name"))
    return to("users")


ROUTES: tuple[Route, ...] = (
    ("/users", "users", users, ("GET", "POST")),
    ("/users/role", "change_role", change_role, ("POST",)),
    ("/users/password", "reset_password", reset_password, ("POST",)),
    ("/users/disable", "disable_user", disable_user, ("POST",)),
)
