"""The console in Chromium: what is drawn, what is in the DOM, and what the keyboard reaches."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import build
import pytest
from conftest import need
from console_kit import PASSWORD, PEOPLE, Office
from devtools import Chromium
from test_console_security import all_pages, hostile_office

from mailbot.console import web
from mailbot.model import Correspondent

pytestmark = pytest.mark.slow
WIDTHS = (1280, 390)


@dataclass
class Seen:
    """A console that is served, and a browser that is logged in there."""

    office: Office
    browser: Chromium
    url: str

    def open(self, path: str, width: int = 1280) -> None:
        self.browser.size(width)
        self.browser.open(self.url + path)

    def log_in(self, role: str = "admin") -> None:
        """By the form, as a person does."""
        self.open("/login")
        self.browser.value("document.getElementById('name').focus()")
        self.browser.write(PEOPLE[role])
        self.browser.press("Tab")
        self.browser.write(PASSWORD)
        self.browser.press("Enter")
        self.browser.loaded()
        assert self.browser.value("location.pathname") == "/"


def serve(office: Office, tmp_path: Path) -> Iterator[Seen]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    office.configure(f"[console]\nport = {port}")
    server = web.serve(office.app)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        with Chromium(need("chromium"), tmp_path / "profile") as browser:
            yield Seen(office, browser, f"http://127.0.0.1:{port}")
    finally:
        server.close()
        thread.join(10)
        office.app.close_thread()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """An office with long and hostile mails, and letters that wait."""
    need("chromium")
    folder = tmp_path_factory.mktemp("browser")
    office = hostile_office(folder)
    long = "关于进一步加强全县" + "高标准农田建设和管护" * 12
    address = f"{'very-long-address-' * 4}@{'department.' * 8}tancheng.example"
    office.take(
        build.mail(
            subject=f"{long}-县农业农村局-欧阳震华、司马相如-13900000001",
            sender=f"<{address}>",
            text="https://www.example.gov.cn/" + "a" * 300,
            files=[(f"{long}.docx", build.docx("正文" * 300, "B" * 400, title=long))],
        )
    )
    with office.desk.store.transaction():
        person = Correspondent(address=address, unit="县农业农村局", name="欧阳震华", phone="0539-6100000")
        office.desk.store.save_correspondent(person)
    for seen in serve(office, folder):
        seen.log_in()
        yield seen


def paths(office: Office) -> list[str]:
    return [*all_pages(office), "/account", "/nowhere", "/mails?q=nothing", "/letters?state=held"]


def test_no_page_is_wider_than_the_screen(hostile: Seen) -> None:
    """At a desk and on a telephone, however long titles, addresses and words are."""
    for width in WIDTHS:
        for path in paths(hostile.office):
            hostile.open(path, width)
            overflow = hostile.browser.value("document.documentElement.scrollWidth - innerWidth")
            assert overflow <= 0, (path, width, overflow)
            outside = hostile.browser.value(
                "[...document.querySelectorAll('td,a,h1,p,button,pre,input,select,dd,li')]"
                ".filter(e => { const at = e.getBoundingClientRect();"
                " return at.width && at.right > innerWidth + 1 })"
                ".map(e => e.outerHTML.slice(0, 80))"
            )
            assert outside == [], (path, width)


def test_nothing_of_a_mail_became_an_element_or_ran(hostile: Seen) -> None:
    """The DOM that Chromium built holds only our elements; nothing was blocked since nothing was there."""
    hostile.browser.messages.clear()
    for path in paths(hostile.office):
        hostile.open(path)
        found = hostile.browser.value(
            "[...document.querySelectorAll('*')].filter(e =>"
            " /^(script|img|svg|iframe|object|embed|style|base|b)$/i.test(e.tagName)"
            " && !e.closest('.count, .history')"
            " || [...e.attributes].some(a => /^on|^style$/.test(a.name) || /^javascript:/i.test(a.value)))"
            ".map(e => e.outerHTML.slice(0, 100))"
        )
        assert found == [], path
    complaints = [c for c in hostile.browser.complaints() if "404" not in c]
    assert complaints == []


def test_every_field_has_a_label_and_every_button_a_name(hostile: Seen) -> None:
    """Told by a screen reader as by the eye; no id twice; one heading of the first order."""
    for path in paths(hostile.office):
        hostile.open(path)
        nameless = hostile.browser.value(
            "[...document.querySelectorAll('input,select,textarea')]"
            ".filter(e => !e.hidden && e.type != 'hidden' && !e.labels.length && !e.ariaLabel)"
            ".concat([...document.querySelectorAll('button,a')].filter(e => !e.innerText.trim()"
            " && !e.ariaLabel && e.checkVisibility()))"
            ".map(e => e.outerHTML)"
        )
        assert nameless == [], path
        ids = hostile.browser.value("[...document.querySelectorAll('[id]')].map(e => e.id)")
        assert len(ids) == len(set(ids)), path
        assert hostile.browser.value("document.querySelectorAll('h1').length") == 1, path


def test_what_is_written_can_be_read(hostile: Seen) -> None:
    """Contrast of at least 4.5 to 1 (WCAG 2.1 AA) and no text under 14 pixels."""
    luminance = (
        "c => { const [r,g,b] = c.match(/[\\d.]+/g).map(Number).map(v => v/255)"
        ".map(v => v <= .03928 ? v/12.92 : ((v+.055)/1.055)**2.4); return .2126*r+.7152*g+.0722*b }"
    )
    ground = (
        "e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;"
        " if (!/, 0\\)$/.test(c)) return c } return 'rgb(255,255,255)' }"
    )
    for path in ("/", "/items?month=all", "/state", "/letters", "/bulletins", "/correspondents", "/login"):
        hostile.open(path)
        poor = hostile.browser.value(
            f"(() => {{ const L = {luminance}, G = {ground};"
            " return [...document.querySelectorAll('main *, header *')]"
            ".filter(e => e.checkVisibility()"
            " && [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))"
            ".map(e => { const s = getComputedStyle(e), a = L(s.color), b = L(G(e)),"
            " ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);"
            " return [ratio, parseFloat(s.fontSize), e.outerHTML.slice(0, 80)] })"
            ".filter(([ratio, size]) => ratio < 4.5 || size < 14) })()"
        )
        assert poor == [], path


def test_the_keyboard_alone_suffices(hostile: Seen) -> None:
    """Tab goes first to the way past the menu, then through the menu, and what has the focus is seen."""
    hostile.open("/mails")
    hostile.browser.press("Tab")
    assert hostile.browser.value("document.activeElement.className") == "skip"
    assert hostile.browser.value("document.activeElement.getBoundingClientRect().top") >= 0
    hostile.browser.press("Tab")
    hostile.browser.press("Tab")
    assert hostile.browser.value("document.activeElement.innerText") == "待办"
    assert hostile.browser.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    reached = set()
    for _ in range(60):
        hostile.browser.press("Tab")
        reached.add(hostile.browser.value("document.activeElement.id || document.activeElement.tagName"))
    assert {"outcome", "q", "BUTTON", "A"} <= reached


def test_a_letter_is_released_in_the_browser(hostile: Seen) -> None:
    """The whole way with a mouse: open, edit, send; the version read is the version sent."""
    letter = next(x for x in hostile.office.desk.store.letters(limit=100) if x.state == "held")
    hostile.open(f"/letters/{letter.id}")
    hostile.browser.value("document.getElementById('body').value += '\\n附言'")
    hostile.browser.value("document.querySelector('button[value=release]').click()")
    hostile.browser.loaded()
    assert "已同意发出" in hostile.browser.value("document.body.innerText")
    now = hostile.office.desk.store.letter(letter.id)
    assert now.state == "ready"
    assert now.body == letter.body + "\n附言"


def test_a_downloaded_file_has_its_chinese_name(hostile: Seen, tmp_path: Path) -> None:
    """As Chromium writes it to disk."""
    hostile.browser.call(
        "Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path), eventsEnabled=True
    )
    bulletin = hostile.office.desk.store.bulletins()[0]
    hostile.open(f"/bulletins/{bulletin.id}")
    hostile.browser.value(f"document.querySelector('a[href=\"/bulletins/{bulletin.id}/file\"]').click()")
    while not any(
        m.get("method") == "Browser.downloadProgress" and m["params"]["state"] == "completed"
        for m in hostile.browser.messages
    ):
        hostile.browser.value("1")
    (file,) = tmp_path.iterdir()
    assert file.name == bulletin.file_name
    assert file.read_bytes() == hostile.office.desk.store.bulletin_file(bulletin.sha256)


def test_the_icon_and_the_style_sheet_are_found(hostile: Seen) -> None:
    """Nothing on a page is missing, so that the browser's console stays empty."""
    hostile.browser.messages.clear()
    hostile.open("/")
    asked = [
        m["params"]["response"]
        for m in hostile.browser.messages
        if m.get("method") == "Network.responseReceived"
    ]
    assert {re.sub(r".*/", "", one["url"]) for one in asked} >= {"console.css"}
    assert all(one["status"] == 200 for one in asked)
