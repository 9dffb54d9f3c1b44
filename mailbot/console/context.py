"""What every view of the console uses: the Desk of the request, who is logged in, flashes, downloads."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, cast
from urllib.parse import quote

import flask
from flask import g, session
from werkzeug.wrappers import Response

from mailbot.app import App
from mailbot.console.held import Held
from mailbot.console.sessions import Sessions
from mailbot.console.words import Words
from mailbot.errors import ConfigError, MailbotError, NotFound
from mailbot.workflow.desk import Desk
from mailbot.workflow.mail import showing
from mailbot.workflow.mail.reading import Reader
from mailbot.workflow.marks.reckoned import Reckoned
from mailbot.workflow.marks.standings import Reckoning

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
P = ParamSpec("P")
Route = tuple[str, str, Callable[..., Any], tuple[str, ...]]
"""Rule, endpoint, view, methods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    """What one console is made of; every request finds it here."""

    app: App
    words: Words
    sessions: Sessions
    reader: Reader
    reading: threading.Lock
    """Of the one reading process: one request at a time."""
    printing: threading.Lock
    """Of LibreOffice: one file at a time."""
    reckoned: Reckoned
    held: dict[str, Held[Any]]
    """By kind, what waits for a person's word: a 约稿, a table of facts."""
    files: dict[str, str]
    """Style sheet and icon by name."""

    def close(self) -> None:
        """When nothing is asked of it any more."""
        self.reader.close()
        self.reckoned.close()


@dataclass(frozen=True, slots=True)
class Person:
    """Who is logged in."""

    name: str
    role: str

    @property
    def may_review(self) -> bool:
        return self.role in {"review", "admin"}

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


def console() -> Console:
    return cast(Console, flask.current_app.extensions["mailbot"])


def words() -> Words:
    return console().words


def desk() -> Desk:
    """The Desk of this request: opened when first asked for, closed with the request."""
    if "desk" not in g:
        g.desk = console().app.desk()
    return cast(Desk, g.desk)


def close_desk(error: BaseException | None = None) -> None:
    """SQLite wants a connection for each thread, and opening one is cheap: none outlives its request."""
    if g.pop("desk", None) is not None:
        console().app.close_thread()


def reckoned() -> Reckoning:
    """The marks as they stand now."""
    return console().reckoned.now(desk())


def person() -> Person:
    return cast(Person, g.person)


def identify() -> None:
    """Before each request: who it is, still enabled and with the password of the login."""
    g.person = None
    token = session.get("token")
    if flask.request.endpoint == "static" or not isinstance(token, str):
        return
    live = console().sessions.touch(token)
    account = desk().store.user(live[0]) if live else None
    if live and account and account[1] == live[1]:
        g.person = Person(live[0], account[0])
        return
    console().sessions.close(token)
    session.pop("token")
    g.expired = True


def logged_in(view: Callable[P, Any]) -> Callable[P, Any]:
    """Only for people who are logged in; others log in and come back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        if g.person is not None:
            return view(*args, **kwargs)
        if flask.request.method == "POST":
            flask.abort(401)
        if g.get("expired"):
            say("expired", error=True)
        wanted = flask.request.full_path.rstrip("?")
        return flask.redirect(flask.url_for("login", next=wanted if wanted != "/" else None))

    return guarded


def reviewer(view: Callable[P, Any]) -> Callable[P, Any]:
    """Only for people who may decide."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        if not person().may_review:
            flask.abort(403)
        return view(*args, **kwargs)

    return logged_in(guarded)


def admin(view: Callable[P, Any]) -> Callable[P, Any]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        if not person().is_admin:
            flask.abort(403)
        return view(*args, **kwargs)

    return logged_in(guarded)


def say(key: str, *, error: bool = False, **details: object) -> None:
    """Show a sentence of words.toml on the next page."""
    flask.flash(words().tables.flash[key].format(**details), "error" if error else "message")


def say_error(error: MailbotError) -> None:
    flask.flash(words().told(error), "error")


def status_of(error: MailbotError) -> int:
    """Of the page that tells of it: nothing there, wrongly written, or not to be done as things stand."""
    return 404 if isinstance(error, NotFound) else 400 if isinstance(error, ConfigError) else 409


def shown(mail_id: int) -> showing.Shown:
    """A mail's text, read by the console's own reading process."""
    with console().reading:
        return showing.show(desk(), desk().store.mail(mail_id), console().reader)


def is_sealed(mail_id: int) -> bool:
    """Whether a mail bears a secrecy mark, so that nothing of it is shown; asked once a request."""
    known: dict[int, bool] = g.setdefault("sealed", {})
    if mail_id not in known:
        known[mail_id] = showing.is_sealed(desk().store.verdict(mail_id))
    return known[mail_id]


def download(content: bytes, name: str, content_type: str) -> Response:
    """A file is always saved, never shown in the page: what a stranger sent must not run here.

    The name goes in both forms of RFC 6266, a plain one for programs that know no other.
    """
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    response = flask.make_response(content)
    response.headers["Content-Type"] = content_type
    response.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    return response


def to(endpoint: str, **values: Any) -> Response:
    """Where a form leads to (303: a reload does not post it again)."""
    return flask.redirect(flask.url_for(endpoint, **values), 303)
