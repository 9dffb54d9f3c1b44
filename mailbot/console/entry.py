"""Coming and going: log in, log out, one's own password; and the style sheet."""

from __future__ import annotations

from typing import Any

import flask
from flask import g, session

from mailbot.console.context import console, desk, logged_in, person, say, say_error, to
from mailbot.errors import MailbotError
from mailbot.workflow.office import login as logins
from mailbot.workflow.office import users

_TYPES = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml"}


def login() -> Any:
    if g.person is not None:
        return to("home")
    name = flask.request.form.get("name", "").strip()
    if flask.request.method == "GET":
        return flask.render_template("login.html", name=name)
    result = logins.log_in(desk(), name, flask.request.form.get("password", ""))
    if result is logins.Login.OK:
        _open_session(name)
        return flask.redirect(_wanted(), 303)
    say("login_locked" if result is logins.Login.LOCKED else "login_failed", error=True)
    return flask.render_template("login.html", name=name), 403


def _open_session(name: str) -> None:
    """Nothing of the session before is kept: whoever knew it knows nothing now (fixation)."""
    account = desk().store.user(name)
    assert account is not None
    session.clear()
    session["token"] = console().sessions.open(name, account[1])


def _wanted() -> str:
    """Where the person was going: a path of this console, never another site's address."""
    wanted = flask.request.args.get("next", "")
    local = wanted.startswith("/") and wanted[1:2] not in ("/", "\\") and wanted.isprintable()
    return wanted if local else "/"


@logged_in
def logout() -> Any:
    console().sessions.close(session["token"])
    session.clear()
    say("logged_out")
    return to("login")


@logged_in
def account() -> Any:
    if flask.request.method == "POST" and _change_password():
        say("password_changed")
        return to("home")
    return flask.render_template("account.html", minimum=users.MIN_PASSWORD)


def _change_password() -> bool:
    """Whether it was changed; says why not."""
    name, new = person().name, flask.request.form["new"]
    if new != flask.request.form["again"]:
        say("password_mismatch", error=True)
        return False
    result = logins.log_in(desk(), name, flask.request.form["password"])
    if result is not logins.Login.OK:
        say("login_locked" if result is logins.Login.LOCKED else "password_wrong", error=True)
        return False
    try:
        users.change_password(desk(), name, new, by=name)
    except MailbotError as error:
        say_error(error)
        return False
    console().sessions.close(session["token"])
    _open_session(name)
    return True


def static(filename: str) -> Any:
    """Files of templates/console/static: a name that is not there is 404, no path is opened."""
    content = console().files.get(filename)
    if content is None:
        flask.abort(404)
    response = flask.make_response(content)
    response.headers["Content-Type"] = _TYPES[filename.rpartition(".")[2]]
    return response


ROUTES = (
    ("/login", "login", login, ("GET", "POST")),
    ("/logout", "logout", logout, ("POST",)),
    ("/account", "account", account, ("GET", "POST")),
    ("/static/<filename>", "static", static, ("GET",)),
)
