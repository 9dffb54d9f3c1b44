"""The console's frame: Flask, sessions, CSRF, Host check, headers, log in and out, and how errors look.

Nothing of a mail is ever rendered as HTML: Jinja2 escapes all of it, and the CSP allows no script at all.
GET changes nothing.  Served by waitress.
"""

from __future__ import annotations

import hmac
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, cast

import flask
import jinja2
import msgspec
from flask import Flask, g, session
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from markupsafe import Markup
from waitress.server import create_server
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from mailbot.app import App
from mailbot.errors import MailbotError, NotFound
from mailbot.model import LedgerMail
from mailbot.policy import load_struct
from mailbot.workflow import login as logins
from mailbot.workflow.desk import Desk
from mailbot.workflow.showing import Shown, show

IDLE = timedelta(minutes=30)
MAX_REQUEST = 20 * 1024 * 1024
_TONES = {
    "accepted": "good", "accepted_with_remarks": "good", "returned": "warn", "held": "warn", "duplicate": "",
    "ignored": "", "parked": "bad", "ready": "", "sending": "", "sent": "good", "uncertain": "bad",
    "failed": "bad", "withdrawn": "", "declined": "",
}  # fmt: skip
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}
P = ParamSpec("P")
_READING = threading.Lock()


class ConsoleWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """templates/console/words.toml: tables of a code and the word shown for it."""

    outcome: dict[str, str]
    letter_state: dict[str, str]
    letter_kind: dict[str, str]
    item_state: dict[str, str]
    source: dict[str, str]
    verb: dict[str, str]
    flash: dict[str, str]
    error: dict[str, str]
    trouble: dict[str, str]

    def tables(self) -> dict[str, dict[str, str]]:
        return {name: getattr(self, name) for name in self.__struct_fields__}


@dataclass(frozen=True, slots=True)
class Person:
    """Who is logged in."""

    name: str
    role: str

    @property
    def may_review(self) -> bool:
        return self.role in {"review", "admin"}


def create(app: App) -> Flask:
    """The console of one office home."""
    from mailbot.console import pages  # noqa: PLC0415  (pages registers its routes on what is made here)

    flask_app = Flask("mailbot.console", static_folder=None)
    console = app.config.console
    flask_app.config.update(
        SECRET_KEY=hmac.digest(app.desk().identity.secret, b"console sessions", "sha256"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_NAME="mailbot",
        PERMANENT_SESSION_LIFETIME=IDLE,
        MAX_CONTENT_LENGTH=MAX_REQUEST,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        TRUSTED_HOSTS=["127.0.0.1", "localhost", *console.allowed_hosts],
        WTF_CSRF_TIME_LIMIT=None,
        MAILBOT=app,
        WORDS=console_words(app),
        STYLE={name.rpartition("/")[2]: app.resources.text(name) for name in _files(app, "static", ".css")},
        READER=app.reader(),
    )
    pages_text = {name.rpartition("/")[2]: app.resources.text(name) for name in _files(app, "", ".html")}
    flask_app.jinja_loader = jinja2.DictLoader(pages_text)
    flask_app.jinja_env.undefined = jinja2.StrictUndefined
    flask_app.jinja_env.trim_blocks = flask_app.jinja_env.lstrip_blocks = True
    CSRFProtect(flask_app)
    flask_app.context_processor(_shared_values)
    flask_app.after_request(_harden)
    flask_app.teardown_request(_close)
    flask_app.register_error_handler(MailbotError, _mailbot_error)
    flask_app.register_error_handler(CSRFError, _http_error)
    flask_app.register_error_handler(HTTPException, _http_error)
    flask_app.register_error_handler(Exception, _unexpected)
    for rule, endpoint, view, methods in (*_ROUTES, *pages.ROUTES):
        flask_app.add_url_rule(rule, endpoint, view, methods=methods)
    return flask_app


def serve(app: App) -> Any:
    """A waitress server on the configured address; .run() serves, .close() ends it."""
    console = app.config.console
    return create_server(
        create(app),
        host=console.host,
        port=console.port,
        threads=4,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )


# ---- what every view uses


def current_app() -> App:
    return cast(App, flask.current_app.config["MAILBOT"])


def desk() -> Desk:
    """The Desk of this request: opened when first asked for, closed with the request."""
    if "desk" not in g:
        g.desk = current_app().desk()
    return cast(Desk, g.desk)


def shown(row: LedgerMail) -> Shown:
    """A mail's text, read by the console's own reading process, one request at a time."""
    with _READING:
        return show(desk(), row, flask.current_app.config["READER"])


def words() -> dict[str, dict[str, str]]:
    return cast(dict[str, dict[str, str]], flask.current_app.config["WORDS"])


def person() -> Person:
    return cast(Person, g.person)


def say(key: str, *, error: bool = False, **details: object) -> None:
    """Show a sentence of words.toml on the next page."""
    flask.flash(words()["flash"][key].format(**details), "error" if error else "message")


def logged_in(view: Callable[P, Any]) -> Callable[P, Any]:
    """Only for people who are logged in and still enabled."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        name = session.get("name")
        account = desk().store.user(name) if isinstance(name, str) else None
        if account is None:
            session.clear()
            return flask.redirect(flask.url_for("login"))
        g.person = Person(cast(str, name), account[0])
        return view(*args, **kwargs)

    return guarded


def reviewer(view: Callable[P, Any]) -> Callable[P, Any]:
    """Only for people who may decide."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        if not person().may_review:
            flask.abort(403)
        return view(*args, **kwargs)

    return logged_in(guarded)


def download(content: bytes, name: str, content_type: str) -> Response:
    """A file is always saved, never shown in the page: what a stranger sent must not run here."""
    response = flask.make_response(content)
    response.headers["Content-Type"] = content_type
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


# ---- log in and out, the style sheet


def login() -> Any:
    name = flask.request.form.get("name", "").strip()
    if flask.request.method == "POST":
        result = logins.log_in(desk(), name, flask.request.form.get("password", ""))
        if result is logins.Login.OK:
            session.clear()
            session.permanent = True
            session["name"] = name
            return flask.redirect(flask.url_for("home"))
        say("login_locked" if result is logins.Login.LOCKED else "login_failed", error=True)
    return flask.render_template("login.html", name=name)


@logged_in
def logout() -> Any:
    session.clear()
    say("logged_out")
    return flask.redirect(flask.url_for("login"))


def static(filename: str) -> Any:
    """Style sheets from templates/console/static: a name that is not there is 404, no path is opened."""
    text = flask.current_app.config["STYLE"].get(filename)
    if text is None:
        flask.abort(404)
    response = flask.make_response(text)
    response.headers["Content-Type"] = "text/css; charset=utf-8"
    return response


_ROUTES: tuple[tuple[str, str, Callable[..., Any], tuple[str, ...]], ...] = (
    ("/login", "login", login, ("GET", "POST")),
    ("/logout", "logout", logout, ("POST",)),
    ("/static/<filename>", "static", static, ("GET",)),
)

# ---- the frame


def _shared_values() -> dict[str, object]:
    user = g.get("person")
    return {
        "user": user,
        "may_review": bool(user and user.may_review),
        "words": words(),
        "tones": _TONES,
        "office": current_app().config.office.name,
        "section": (flask.request.endpoint or ""),
        "troubles": _troubles() if user else (),
        "csrf": lambda: Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf()),
    }


def _troubles() -> list[str]:
    """What the worker could not do, in a banner on every page: mail may be the very thing that failed."""
    found = []
    for lane, sentence in words()["trouble"].items():
        error = desk().store.note(f"{lane}_error")
        if error:
            found.append(sentence.format(detail=error))
    return found


def _harden(response: flask.Response) -> flask.Response:
    response.headers.update(_HEADERS)
    return response


def _close(error: BaseException | None) -> None:
    if g.pop("desk", None) is not None:
        current_app().close_thread()


def _page(status: int, text: str | None = None) -> tuple[str, int]:
    sentences = words()["error"]
    key = status if f"heading_{status}" in sentences else (400 if status < 500 else 500)
    shown = text or sentences[f"text_{key}"]
    return flask.render_template("error.html", heading=sentences[f"heading_{key}"], text=shown), status


def _http_error(error: HTTPException) -> Any:
    return _page(error.code or 500)


def _mailbot_error(error: MailbotError) -> Any:
    return _page(404 if isinstance(error, NotFound) else 409, _told(error))


def _told(error: MailbotError) -> str:
    """The sentence of messages.toml for an error: what is wrong, and what to do."""
    messages = current_app().policy.wording.messages
    details = defaultdict(str, error.details)
    parts = (messages.get(f"errors.{error.code}.{part}", "") for part in ("what", "do"))
    return "".join(part.format_map(details) for part in parts) or str(error)


def console_words(app: App) -> Mapping[str, Mapping[str, str]]:
    """templates/console/words.toml."""
    return load_struct(app.resources, "templates/console/words.toml", ConsoleWords).tables()


def _files(app: App, folder: str, suffix: str) -> tuple[str, ...]:
    return app.resources.names(f"templates/console/{folder}".rstrip("/"), suffix)


def _unexpected(error: Exception) -> Any:
    flask.current_app.logger.exception("console")
    return _page(500)
