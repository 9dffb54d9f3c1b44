"""An office that has had a month of mail, its console, and a visitor who fills in forms as a browser does."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from mailbot.app import App
from mailbot.cli.words import packaged
from mailbot.clock import SHANGHAI, FixedClock
from mailbot.console import web
from mailbot.console.context import Console
from mailbot.model import Event, LedgerMail, Letter, Submission
from mailbot.workflow import demo
from mailbot.workflow.desk import Desk
from mailbot.workflow.mail import receive
from mailbot.workflow.mail.reading import DirectReader
from mailbot.workflow.office import homes

START = datetime(2019, 3, 4, 8, 0, tzinfo=SHANGHAI)
DRAFT = datetime(2019, 4, 1, 8, 0, tzinfo=SHANGHAI)
_MADE = TemporaryDirectory(prefix="mailbot-console-")
"""The offices that are copied; they go when the tests of this process are over."""
PASSWORD = "春眠不觉晓处处闻啼鸟"
PEOPLE = {"view": "钱看", "review": "孙审", "admin": "李管"}


@dataclass
class Office:
    """One office home in a folder of its own; its clock stands until it is moved."""

    home: Path
    clock: FixedClock
    app: App = field(init=False)

    def __post_init__(self) -> None:
        self.app = App.open(self.home, {}, clock=self.clock)

    @property
    def desk(self) -> Desk:
        """Of this thread; asked for anew each time, since a request served here closes it."""
        return self.app.desk()

    def configure(self, more: str) -> None:
        """Further lines of config.toml."""
        with (self.home / "config.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n{more}\n")
        self.app.close_thread()
        self.app = App.open(self.home, {}, clock=self.clock)

    def take(self, *mails: bytes) -> list[LedgerMail]:
        """Let mails arrive and be judged; their rows, in order."""
        folder = Path(mkdtemp(dir=self.home))
        for place, raw in enumerate(mails):
            (folder / f"{place:04}.eml").write_bytes(raw)
        reader = DirectReader(self.app.policy.intake.mail, self.app.policy.intake.document)
        before = {mail.id for mail in self.desk.store.mails(limit=10_000)}
        with closing(self.app.folder(folder)) as mailbox:
            receive.collect(self.desk, mailbox)
        receive.process(self.desk, reader)
        return sorted(
            (m for m in self.desk.store.mails(limit=10_000) if m.id not in before), key=lambda m: m.id
        )

    def event(self, verb: str) -> Event:
        """The newest one of this verb."""
        return self.desk.store.events(verb=verb, limit=1)[0]

    def mail(self, subject: str) -> LedgerMail:
        return next(m for m in self.desk.store.mails(limit=1000) if subject in m.subject)

    def item(self, title: str) -> Submission:
        items = self.desk.store.submissions()
        return next(i for i in items if i.fields.title is not None and title in i.fields.title.value)

    def letter(self, subject: str) -> Letter:
        return next(x for x in self.desk.store.letters(limit=1000) if subject in x.subject)


def _cheap(password: str) -> str:
    """A password's record that takes no time to check; its cost is part of the record."""
    salt = b"salt of the tests"
    key = hashlib.scrypt(password.encode(), salt=salt, n=2, r=8, p=1, dklen=32)
    return f"scrypt$2$8$1${salt.hex()}${key.hex()}"


@cache
def _empty() -> Path:
    """A home with people and no mail; made once, copied for each test."""
    home = Path(_MADE.name) / "empty"
    homes.make(home, packaged)
    shutil.copy(packaged("data/demo/config.toml"), home / "config.toml")
    office = Office(home, FixedClock(START))
    store = office.desk.store
    with store.transaction():
        for role, name in PEOPLE.items():
            store.save_user(name, role, _cheap(PASSWORD), START)
    office.app.close_thread()
    return home


@cache
def _played() -> Path:
    """A home in which the demo's mails arrived and the draft was made; played once."""
    home = Path(_MADE.name) / "played"
    shutil.copytree(_empty(), home)
    office = Office(home, FixedClock(START))
    reader = DirectReader(office.app.policy.intake.mail, office.app.policy.intake.document)
    samples = sorted(packaged("data/demo").glob("*.eml"))
    with closing(office.app.folder(home / "inbox")) as mailbox, closing(office.app.mailer()) as mailer:
        ways = demo.Ways(mailbox=mailbox, mailer=mailer, reader=reader)
        for _ in demo.play(office.desk, office.clock, ways, samples, home / "inbox"):
            pass
        demo.month_end(office.desk, office.clock, mailer, DRAFT)
    office.app.close_thread()
    return home


def empty_office(folder: Path) -> Office:
    """Nothing has arrived yet."""
    home = folder / "office"
    shutil.copytree(_empty(), home)
    return Office(home, FixedClock(START))


def played_office(folder: Path) -> Office:
    """April 1st, 08:00, after a month of the demo's mails."""
    home = folder / "office"
    shutil.copytree(_played(), home)
    return Office(home, FixedClock(DRAFT))


def put_soffice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for LibreOffice, found before the real one: at once writes a PDF beside what it is given."""
    folder.mkdir()
    program = folder / "soffice"
    program.write_text(
        '#!/bin/sh\nfor last; do :; done\nprintf "%s" "%PDF-1.4" > "${last%.docx}.pdf"\n', "utf-8"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@contextmanager
def console_of(office: Office) -> Iterator[Flask]:
    """The console of an office, without a socket."""
    flask_app = web.create(office.app)
    console: Console = flask_app.extensions["mailbot"]
    try:
        yield flask_app
    finally:
        console.close()
        office.app.close_thread()


TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """A browser at the console: keeps its cookie, sends forms with the token of the page they stand on."""

    def __init__(self, flask_app: Flask, role: str | None = None) -> None:
        self.client = flask_app.test_client()
        if role is not None:
            response = self.login(PEOPLE[role])
            assert response.status_code == 303, text_of(response)

    def login(self, name: str, password: str = PASSWORD, at: str = "/login") -> TestResponse:
        return self.post(at, at, name=name, password=password)

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def page(self, path: str) -> str:
        """A page that must be there, as text with its tags."""
        response = self.get(path)
        assert response.status_code == 200, (path, response.status_code, text_of(response))
        return response.get_data(as_text=True)

    def post(self, page: str, path: str, **form: object) -> TestResponse:
        """Send a form as `page` holds it: with the page's token."""
        return self.client.post(path, data={"csrf_token": self.token(page), **form})

    def token(self, page: str) -> str:
        found = TOKEN.search(self.get(page).get_data(as_text=True))
        assert found is not None, page
        return found[1]

    def said(self, response: TestResponse) -> str:
        """What the page says that a form leads to."""
        assert response.status_code == 303, (response.status_code, text_of(response))
        return text_of(self.get(response.location))


def text_of(response: TestResponse) -> str:
    """What a reader sees: no tags, white space closed up."""
    return plain(response.get_data(as_text=True))


def plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def hidden(page: str, name: str) -> str:
    """The value of a form's hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return unescape(found[1])
