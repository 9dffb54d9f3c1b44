"""The console's frame: Flask, CSRF, Host check, headers, and how errors look.  Served by waitress.

Nothing of a mail is ever rendered as HTML: Jinja2 escapes all of it, and the CSP allows no script at all.
GET changes nothing.
"""

from __future__ import annotations

import hmac
import logging
import threading
from dataclasses import dataclass
from typing import Any

import flask
import jinja2
from flask import Flask, g
from flask_wtf.csrf import CSRFProtect, generate_csrf
from markupsafe import Markup
from waitress.server import create_server
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.routing import IntegerConverter, Map

from mailbot.app import App
from mailbot.console import context, forms, pages
from mailbot.console.context import Console, console, desk, words
from mailbot.console.held import Held
from mailbot.console.sessions import LONGEST, Sessions
from mailbot.console.words import Words
from mailbot.errors import ConfigError, MailbotError
from mailbot.model import Passage
from mailbot.store import DATABASE, Watch
from mailbot.workflow.marks.reckoned import Reckoned
from mailbot.workflow.office import health

MAX_REQUEST = 1024 * 1024
"""Of a form without a file."""
MAX_UPLOAD = 20 * 1024 * 1024
"""Of a form with one, at the endpoints that take one."""
UPLOADS = frozenset({"replace_bulletin", "preview_solicitation", "import_facts"})
"""Their endpoints."""
READ_AWAY = 32 * MAX_REQUEST
"""What waitress still takes in, so that a page can say that it was too much."""
THREADS = 4
TYPED = ("subject", "body", "title", "reason", "number", "leader", "persons", "note", "detail", *Passage)
"""Fields whose text is given back when a form could not be carried out."""
UNAVAILABLE = frozenset({"store_busy", "store_damaged", "store_newer", "store_unwritable", "disk_full"})
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create(app: App) -> Flask:
    """The console of one office home."""
    flask_app = Flask("mailbot.console", static_folder=None)
    flask_app.config.update(
        SECRET_KEY=hmac.digest(app.desk().identity.secret, b"console sessions", "sha256"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_NAME="mailbot",
        PERMANENT_SESSION_LIFETIME=LONGEST,
        MAX_CONTENT_LENGTH=MAX_REQUEST,
        MAX_FORM_MEMORY_SIZE=MAX_REQUEST,
        TRUSTED_HOSTS=_hosts(app),
        WTF_CSRF_TIME_LIMIT=None,
    )
    flask_app.extensions["mailbot"] = Console(
        app=app,
        words=Words.load(app.resources, app.policy.wording.messages),
        sessions=Sessions(app.clock),
        reader=app.reader(),
        reading=threading.Lock(),
        printing=threading.Lock(),
        held={kind: Held(app.clock) for kind in ("solicitation", "table")},
        reckoned=Reckoned(Watch(app.config.var / DATABASE)),
        files=_texts(app, "templates/console/static", ".css", ".svg"),
    )
    _set_templates(flask_app, app)
    flask_app.before_request(context.identify)
    flask_app.before_request(_allow_upload)
    CSRFProtect(flask_app)
    flask_app.after_request(_harden)
    flask_app.teardown_request(context.close_desk)
    flask_app.register_error_handler(MailbotError, _mailbot_error)
    flask_app.register_error_handler(HTTPException, _http_error)
    flask_app.register_error_handler(Exception, _unexpected)
    flask_app.url_map.converters["id"] = _RowId
    for rule, endpoint, view, methods in pages.ROUTES:
        flask_app.add_url_rule(rule, endpoint, view, methods=methods)
    return flask_app


def _allow_upload() -> None:
    """Before anything reads the form: more may come where a file is expected, from who may decide."""
    user = g.get("person")
    if flask.request.endpoint in UPLOADS and user is not None and user.may_review:
        flask.request.max_content_length = MAX_UPLOAD


class _RowId(IntegerConverter):
    """A whole number that a row can have; any other is no page."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, min=1, max=2**31)


def _hosts(app: App) -> list[str]:
    """Names a browser may ask for; any other is a stranger's name for this machine (DNS rebinding)."""
    settings = app.config.console
    own = [] if settings.host in ("0.0.0.0", "::") else [settings.host]  # noqa: S104  (not bound here)
    return ["127.0.0.1", "localhost", *own, *settings.allowed_hosts]


def _texts(app: App, folder: str, *suffixes: str) -> dict[str, str]:
    names = app.resources.names(folder, *suffixes)
    return {name.rpartition("/")[2]: app.resources.text(name) for name in names}


def _set_templates(flask_app: Flask, app: App) -> None:
    flask_app.jinja_loader = jinja2.DictLoader(_texts(app, "templates/console", ".html"))
    flask_app.jinja_env.undefined = jinja2.StrictUndefined
    flask_app.jinja_env.trim_blocks = flask_app.jinja_env.lstrip_blocks = True
    flask_app.context_processor(_shared_values)


@dataclass(frozen=True, slots=True)
class Server:
    """The console on its address: run() serves until close()."""

    waitress: Any
    console: Console

    def run(self) -> None:
        self.waitress.run()

    def close(self) -> None:
        """What is being answered is answered first."""
        self.waitress.task_dispatcher.shutdown()
        self.waitress.close()
        self.console.close()


def serve(app: App) -> Server:
    """Bound to the configured address, not yet serving.  ConfigError 'doctor_port_taken'."""
    settings = app.config.console
    # A browser asks for several things at once: that they queue for a moment is no news.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    flask_app = create(app)
    try:
        waitress = create_server(
            flask_app,
            host=settings.host,
            port=settings.port,
            threads=THREADS,
            ident=None,
            clear_untrusted_proxy_headers=True,
            max_request_body_size=READ_AWAY,
        )
    except OSError as error:
        at = {"host": settings.host, "port": settings.port, "text": error.strerror or error}
        raise ConfigError("doctor_port_taken", **at) from None
    return Server(waitress, flask_app.extensions["mailbot"])


# ---- what every page shows


def _shared_values() -> dict[str, object]:
    user = g.get("person")
    return {
        "user": user,
        "may_review": bool(user and user.may_review),
        "is_admin": bool(user and user.is_admin),
        "words": words().tables,
        "noted": words().noted,
        "label": lambda table, code: words().message(f"{table}.{code}"),
        "office": console().app.config.office.name,
        "section": flask.request.path.split("/")[1],
        "troubles": _troubles() if user else (),
        "is_sealed": context.is_sealed,
        "page_url": forms.page_url,
        "csrf": lambda: Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf()),
    }


def _troubles() -> list[str]:
    """What the worker cannot do, in a banner on every page: mail may be the very thing that failed."""
    sentences = words().tables.trouble
    try:
        checks = list(health.troubles(desk().store, console().app.config, desk().clock.now()))
    except MailbotError:
        return []  # The page that shows this very error must not fail over it.
    return [sentences[c.name].format(detail=words().told(c.problem)) for c in checks if c.problem]


def _harden(response: flask.Response) -> flask.Response:
    response.headers.update(_HEADERS)
    return response


# ---- errors


def _page(status: int, text: str | None = None, *, key: str = "") -> tuple[str, int]:
    sentences = words().tables.error
    key = key or str(status)
    if f"heading_{key}" not in sentences:
        key = "400" if status < 500 else "500"
    page = flask.render_template(
        "error.html",
        heading=sentences[f"heading_{key}"],
        text=text or sentences[f"text_{key}"].format(host=console().app.config.console.host),
        back=_back(),
        typed=_typed() if status != 413 else (),
    )
    return page, status


def _typed() -> list[str]:
    """What was written in the form that failed: it must not be lost with it."""
    texts = (flask.request.form.get(name, "").strip() for name in TYPED)
    return [text for text in texts if text]


def _back() -> str:
    """The page a form stood on: its own path or the one above, whichever can be opened."""
    adapter = flask.globals.request_ctx.url_adapter
    path = flask.request.path
    if adapter is None or flask.request.method != "POST":
        return "/"
    places = (path, path.rpartition("/")[0])
    return next((place for place in places if place and adapter.test(place, "GET")), "/")


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.response is not None or error.code < 400:
        return error.get_response()
    response = flask.make_response(_page(error.code, key="host" if isinstance(error, SecurityError) else ""))
    response.headers.extend((k, v) for k, v in error.get_headers() if k == "Allow")
    return response


def _mailbot_error(error: MailbotError) -> Any:
    status = 503 if error.code in UNAVAILABLE else context.status_of(error)
    return _page(status, words().told(error))


def _unexpected(error: Exception) -> Any:
    flask.current_app.logger.exception("console")
    return _page(500)
