"""The console under attack: who may do what, and what a stranger's mail, page or guess can bring about."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from datetime import timedelta
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import unquote, urlencode

import build
import pytest
from console_kit import (
    PASSWORD,
    PEOPLE,
    Office,
    Visitor,
    console_of,
    empty_office,
    played_office,
    put_soffice,
    text_of,
)
from flask import Flask
from flask.testing import FlaskClient

from mailbot.clock import FixedClock
from mailbot.console import web
from mailbot.errors import StateError
from mailbot.model import (
    Fields,
    Found,
    LedgerMail,
    LetterFile,
    LetterKind,
    LetterState,
    Source,
    SubmissionState,
    Superior,
)
from mailbot.workflow.marks import credit
from mailbot.workflow.office import people, users
from mailbot.workflow.solicitations import solicit


@pytest.fixture(autouse=True)
def _printing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_soffice(tmp_path / "bin", monkeypatch)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = played_office(tmp_path)
    enter_a_fact(made)
    ask_for_one(made)
    return made


def enter_a_fact(made: Office) -> None:
    """F1: an instruction that waits for its answer."""
    item = next(i for i in made.desk.store.submissions() if i.state is SubmissionState.ACCEPTED)
    day = item.arrived_at.date()
    credit.instruct(
        made.desk,
        item.number,
        "县政府",
        day=day,
        who=credit.Who(by="孙审"),
        answer_by=day + timedelta(days=9),
    )


def ask_for_one(made: Office, words: str = "请认真撰写。") -> None:
    """约稿2019-001 to 县民政局, with a file; its letter waits to be sent."""
    people.add(made.desk, address="ms@x.example", unit="县民政局", name="张一鸣", phone="", by="孙审")
    draft = solicit.Draft(
        source=Superior.CITY,
        deadline=made.clock.now() + timedelta(days=3),
        title=f"夏粮收购情况{words}",
        text=words,
        units=("县民政局",),
        file=LetterFile(name=f"{words}.txt", content=b"x"),
    )
    solicit.open_(made.desk, draft, by="孙审")


# ---- who may do what

GETS = {
    "home": "view", "account": "view", "letters": "view", "letter": "view", "mails": "view", "mail": "view",
    "mail_file": "view", "items": "view", "item": "view", "item_file": "view", "bulletins": "view",
    "bulletin_file": "view", "correspondents": "view", "state": "view", "approve_bulletin": "review",
    "bulletin": "view", "bulletin_pdf": "view", "draft_instant": "review", "draft_gazette": "review",
    "correct_bulletin": "review", "exports": "view",
    "facts": "view", "fact": "view", "add_fact": "review", "withdraw_fact": "review",
    "import_facts": "review", "marks": "view", "unit_marks": "view", "users": "admin",
    "solicitations": "view", "solicitation": "view", "solicitation_unit": "view", "solicitation_file": "view",
    "new_solicitation": "review", "preview_solicitation": "review", "match_item": "review",
    "fault_solicitation": "review",
    "login": "nobody", "static": "nobody",
}  # fmt: skip
POSTS = {
    "logout": "view", "account": "view", "edit_letter": "review", "withdraw_letter": "review",
    "send_letter_again": "review", "open_sealed": "admin", "retry_mail": "review", "read_mail": "review",
    "accept_item": "review", "decline_item": "review",
    "back_up": "admin", "settle_restore": "review", "release_restored": "review",
    "withdraw_restored": "review",
    "correct_item": "review", "draft_bulletin": "review", "replace_bulletin": "review",
    "approve_bulletin": "review", "note_bulletin": "review", "redraft_bulletin": "review",
    "draft_annual": "review", "draft_instant": "review", "draft_gazette": "review",
    "correct_bulletin": "review", "exports": "view",
    "correspondents": "review", "confirm_correspondent": "review", "end_correspondent": "review",
    "add_fact": "review", "withdraw_fact": "review", "answer_fact": "review", "import_facts": "review",
    "preview_solicitation": "review", "open_solicitation": "review", "discard_solicitation": "review",
    "match_item": "review", "fault_solicitation": "review", "close_solicitation": "review",
    "cancel_solicitation": "review", "rule_late": "review", "note_call": "review", "note_paper": "review",
    "withdraw_invalidation": "review",
    "users": "admin", "change_role": "admin", "reset_password": "admin", "disable_user": "admin",
    "login": "nobody",
}  # fmt: skip
RANK = {"nobody": 0, "view": 1, "review": 2, "admin": 3}
FORMS = {
    "login": {"name": "x", "password": "y"},
    "account": {"password": "x", "new": "a", "again": "b"},
    "edit_letter": {"subject": "主题", "body": "正文", "version": "1"},
    "withdraw_letter": {"version": "1"},
    "accept_item": {"unit": "李庄镇", "title": "题", "version": "1"},
    "correct_item": {"unit": "李庄镇", "title": "题", "version": "99"},
    "decline_item": {"reason": "理由", "version": "99"},
    "draft_bulletin": {"month": "2019-03"},
    "approve_bulletin": {"sha256": "0" * 64, "checked": "1"},
    "note_bulletin": {"seen": "x", "overview": "一", "problems": "二", "next_steps": "三"},
    "draft_annual": {"year": "2018"},
    "draft_instant": {"solicitation": "2019-999", "kind": "x", "unit": "李庄镇"},
    "draft_gazette": {"year": "2019", "number": "1", "item": "20190301-AAAAAA"},
    "correct_bulletin": {"reason": "更正", "seen": "x"},
    "exports": {"table": "submissions", "span": "month", "month": "2019-03"},
    "correspondents": {"address": "x", "unit": "李庄镇"},
    "confirm_correspondent": {"address": "x@x.example", "unit": "李庄镇"},
    "end_correspondent": {"address": "x@x.example", "unit": "李庄镇", "name": ""},
    "release_restored": {"seen": "1"},
    "withdraw_restored": {"seen": "1"},
    "preview_solicitation": {"title": "题", "text": "文", "unit": "县民政局", "source": "city"},
    "open_solicitation": {"sha256": "0" * 64, "checked": "1"},
    "match_item": {"code": "2019-999"},
    "fault_solicitation": {"kind": "poor", "item": "20190301-AAAAAA"},
    "cancel_solicitation": {"reason": ""},
    "rule_late": {"ruling": "missed"},
    "note_call": {"caller": "", "day": "2019-04-01", "time": "07:00"},
    "note_paper": {"on": "2019-04-01", "signer": "李某", "sealed": "1"},
    "withdraw_invalidation": {"reason": ""},
    "add_fact": {"number": "20190301-AAAAAA", "publication": "county_journal", "day": "2019-03-05"},
    "withdraw_fact": {"reason": ""},
    "answer_fact": {"number": "20190301-AAAAAA"},
    "users": {"name": "赵某", "role": "view", "password": "short", "again": "short"},
    "change_role": {"name": "无此人", "role": "review"},
    "reset_password": {"name": "无此人", "password": "x", "again": "x"},
    "disable_user": {"name": "无此人"},
}


def paths_of(office: Office, console: Flask) -> dict[str, str]:
    """A path of each endpoint, with things that are there."""
    values = {
        "letter_id": office.letter("回执").id,
        "mail_id": office.mail("办公家具特价促销").id,
        "number": office.item("农业信息两篇").number,
        "bulletin_id": 1,
        "fact_id": "F1",
        "kind": "adoption",
        "code": "2019-001",
        "round_": 1,
        "unit": "县民政局",
        "filename": "console.css",
    }
    found = {}
    for rule in console.url_map.iter_rules():
        path = rule.rule
        for name in rule.arguments:
            path = re.sub(rf"<(\w+:)?{name}>", str(values[name]), path)
        found[rule.endpoint] = path
    return found


def test_the_table_of_rights_names_every_page(console: Flask) -> None:
    """A new page has to be entered here before it is reached by anybody."""
    for method, table in (("GET", GETS), ("POST", POSTS)):
        served = {r.endpoint for r in console.url_map.iter_rules() if method in (r.methods or ())}
        assert served == set(table), method


@pytest.mark.parametrize("role", RANK)
def test_each_role_reaches_what_it_may_and_nothing_else(office: Office, console: Flask, role: str) -> None:
    """Nobody is sent to log in (401 for a form), a role that is too low gets 403 in Chinese."""
    paths = paths_of(office, console)
    for method, table in (("GET", GETS), ("POST", POSTS)):
        for endpoint, needed in table.items():
            visitor = Visitor(console, None if role == "nobody" else role)
            form = {
                "csrf_token": visitor.token("/login" if role == "nobody" else "/account"),
                **FORMS.get(endpoint, {}),
            }
            path = paths[endpoint]
            response = visitor.client.open(path, method=method, data=form if method == "POST" else None)
            case = (role, method, path, response.status_code)
            if RANK[role] >= RANK[needed]:
                assert response.status_code in (200, 303, 400, 404, 409) or endpoint == "login", case
                if method == "GET" and endpoint != "login":
                    assert response.status_code == 200, case
            elif role == "nobody":
                assert response.status_code == (401 if method == "POST" else 302), case
            else:
                assert response.status_code == 403, case
                assert "没有权限" in text_of(response), case


def test_forbidden_acts_leave_no_trace(office: Office, console: Flask) -> None:
    """A viewer's forms change nothing, whatever they hold; no buttons for them are shown."""
    paths, viewer = paths_of(office, console), Visitor(console, "view")
    before = dump(office)
    for endpoint, needed in POSTS.items():
        if RANK[needed] > RANK["view"]:
            viewer.post("/account", paths[endpoint], **FORMS.get(endpoint, {}))
    assert dump(office) == before
    for path in (paths["item"], paths["mail"], paths["letter"], "/bulletins", "/correspondents"):
        actions = re.findall(r'<form[^>]*action="([^"]+)"', viewer.page(path))
        assert set(actions) <= {"/logout"}, path


def dump(office: Office) -> list[tuple[object, ...]]:
    """All that the database holds."""
    import sqlite3

    with sqlite3.connect(f"file:{office.home}/data/var/mailbot.sqlite?mode=ro", uri=True) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [(name, *row) for name in names for row in connection.execute(f'SELECT * FROM "{name}"')]


def test_looking_changes_nothing(office: Office, console: Flask) -> None:
    """Every page and file, fetched, leaves the database as it was."""
    admin, paths = Visitor(console, "admin"), paths_of(office, console)
    before = dump(office)
    for endpoint in GETS:
        admin.get(paths[endpoint])
    assert dump(office) == before


# ---- forged forms


@pytest.mark.parametrize("token", [None, "", "forged", "foreign"])
def test_a_form_without_this_sessions_token_is_refused(
    office: Office, console: Flask, token: str | None
) -> None:
    """400 in Chinese and nothing changed, for every form; another session's token is no better than none."""
    paths, admin = paths_of(office, console), Visitor(console, "admin")
    if token == "foreign":
        token = Visitor(console, "review").token("/account")
    extra = {} if token is None else {"csrf_token": token}
    before = dump(office)
    for endpoint in POSTS:
        response = admin.client.post(paths[endpoint], data={**FORMS.get(endpoint, {}), **extra})
        assert response.status_code == 400, endpoint
        assert "请返回后刷新页面" in text_of(response)
    assert dump(office) == before
    assert admin.get("/").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8300", "127.0.0.1.evil.example", "localhost.", "a b"]
)
@pytest.mark.parametrize("path", ["/login", "/", "/static/console.css"])
def test_a_strangers_name_for_this_machine_is_refused(console: Flask, host: str, path: str) -> None:
    """DNS rebinding: a page of evil.example must not be this console."""
    response = console.test_client().get(path, headers={"Host": host})
    assert response.status_code == 400
    assert "地址不对" in text_of(response)
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("host", ["127.0.0.1:8300", "localhost", "localhost:8300", "xxk.tancheng.example"])
def test_names_of_this_machine_are_served(office: Office, host: str) -> None:
    """Loopback always, others where config.toml names them."""
    office.configure('[console]\nallowed_hosts = ["xxk.tancheng.example"]')
    with console_of(office) as flask_app:
        assert flask_app.test_client().get("/login", headers={"Host": host}).status_code == 200


# ---- headers


def test_every_response_forbids_scripts_sniffing_framing_and_keeping(office: Office, console: Flask) -> None:
    """Pages, files, redirects and errors alike."""
    admin, paths = Visitor(console, "admin"), paths_of(office, console)
    responses = [
        admin.get(paths["home"]), admin.get(paths["mail_file"]), admin.get(paths["static"]),
        admin.get("/nowhere"),
        console.test_client().get("/"), admin.client.post("/logout"), admin.get("/logout"),
        console.test_client().get("/login", headers={"Host": "evil.example"}),
    ]  # fmt: skip
    assert [r.status_code for r in responses] == [200, 200, 200, 404, 302, 400, 405, 400]
    for response in responses:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src" not in policy and "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Referrer-Policy"] == "no-referrer"


def test_pages_hold_nothing_that_the_policy_would_stop(office: Office, console: Flask) -> None:
    """No inline style, no script, no address of another host."""
    admin, paths = Visitor(console, "admin"), paths_of(office, console)
    for endpoint in set(GETS) - {
        "static",
        "mail_file",
        "item_file",
        "bulletin_file",
        "bulletin_pdf",
        "login",
    }:
        page = admin.page(paths[endpoint])
        assert not re.search(r"<script|<iframe|\sstyle=|\son\w+=|javascript:", page), endpoint
        assert not re.search(r'(src|href|action)="(?!/|\?|#)[^"]', page), endpoint


def test_the_cookie_is_for_this_site_and_no_script(console: Flask) -> None:
    """HttpOnly, SameSite=Strict, gone when the browser closes."""
    response = console.test_client().get("/login")
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    assert "Expires" not in cookie and "Max-Age" not in cookie


# ---- sessions


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("mailbot")
    assert cookie is not None
    return cookie.value


def test_log_in_begins_a_new_session(console: Flask) -> None:
    """A cookie planted before the login opens nothing after it."""
    visitor = Visitor(console)
    visitor.get("/login")
    planted = cookie_of(visitor.client)
    visitor.login(PEOPLE["admin"])
    assert cookie_of(visitor.client) != planted
    thief = console.test_client()
    thief.set_cookie("mailbot", planted)
    assert thief.get("/").status_code == 302
    token = Visitor(console).token("/login")
    assert visitor.client.post("/logout", data={"csrf_token": token}).status_code == 400


def test_a_copied_cookie_is_worth_nothing_after_log_out(console: Flask) -> None:
    """Leaving ends the session itself, not only the browser's memory of it."""
    visitor = Visitor(console, "admin")
    copied = cookie_of(visitor.client)
    assert "已退出" in visitor.said(visitor.post("/account", "/logout"))
    thief = console.test_client()
    thief.set_cookie("mailbot", copied)
    assert thief.get("/").status_code == 302


def test_half_an_hour_without_a_page_ends_the_session(office: Office, console: Flask) -> None:
    """Each page keeps it alive; the thirty-first minute ends it, and says so."""
    visitor = Visitor(console, "admin")
    for _ in range(3):
        office.clock.sleep(29 * 60)
        assert visitor.get("/").status_code == 200
    office.clock.sleep(31 * 60)
    response = visitor.get("/mails?outcome=held")
    assert response.status_code == 302
    assert "请重新登录" in text_of(visitor.get(response.location))
    assert visitor.get("/").status_code == 302


def test_no_session_lasts_longer_than_a_working_day(office: Office, console: Flask) -> None:
    """Twelve hours, however busy."""
    visitor = Visitor(console, "admin")
    for _ in range(12 * 3 + 1):
        office.clock.sleep(20 * 60)
        last = visitor.get("/")
    assert last.status_code == 302


def test_a_form_sent_too_late_gives_back_what_was_typed(office: Office, console: Flask) -> None:
    """Nothing is done, and nothing that was written is lost."""
    visitor = Visitor(console, "review")
    letter = office.letter("回执")
    token = visitor.token("/account")
    office.clock.sleep(31 * 60)
    form = {"csrf_token": token, "subject": "主题", "body": "写了很久的文字", "version": "1"}
    response = visitor.client.post(f"/letters/{letter.id}/edit", data=form)
    assert response.status_code == 401
    assert "写了很久的文字" in text_of(response)


@pytest.mark.parametrize("how", ["disabled", "password", "role"])
def test_what_the_administrator_does_holds_at_once(office: Office, console: Flask, how: str) -> None:
    """A disabled person is out, so is one with a new password; a lower role holds from the next click."""
    visitor = Visitor(console, "review")
    desk, name = office.desk, PEOPLE["review"]
    if how == "disabled":
        users.disable(desk, name, by="tests")
    elif how == "password":
        users.change_password(desk, name, "夜来风雨声花落知多少", by="tests")
    else:
        account = desk.store.user(name)
        assert account is not None
        with desk.store.transaction():
            desk.store.save_user(name, "view", account[1], office.clock.now())
    if how == "role":
        assert visitor.post("/account", "/bulletins/draft", month="2019-03").status_code == 403
    else:
        assert visitor.get("/").status_code == 302


def test_a_restart_logs_everybody_out(office: Office) -> None:
    """Sessions live in the process; the same cookie finds none in the next."""
    with console_of(office) as first:
        visitor = Visitor(first, "admin")
        kept = cookie_of(visitor.client)
    with console_of(office) as second:
        client = second.test_client()
        client.set_cookie("mailbot", kept)
        assert client.get("/").status_code == 302


# ---- passwords


def test_five_wrong_passwords_lock_the_name_for_a_quarter_of_an_hour(office: Office, console: Flask) -> None:
    """The right one does not help meanwhile; others are not locked; it is on record."""
    name, visitor = PEOPLE["admin"], Visitor(console)
    for _ in range(4):
        assert "姓名或密码不正确" in text_of(visitor.login(name, "错的密码"))
        office.clock.sleep(60)
    assert visitor.login(name, "错的密码").status_code == 403
    assert "十五分钟" in text_of(visitor.login(name))
    assert Visitor(console).login(PEOPLE["view"]).status_code == 303
    office.clock.sleep(15 * 60 - 1)
    assert "十五分钟" in text_of(visitor.login(name))
    office.clock.sleep(2)
    assert visitor.login(name).status_code == 303
    assert len(office.desk.store.events(verb="login_failed")) == 5
    assert [e.subject for e in office.desk.store.events(verb="login_locked")] == [f"user:{name}"]


def test_a_new_password_from_the_administrator_unlocks(office: Office, console: Flask) -> None:
    """And a slip right after it does not lock again."""
    name, visitor = PEOPLE["view"], Visitor(console)
    for _ in range(5):
        visitor.login(name, "错的密码")
    new = "夜来风雨声花落知多少"
    office.clock.sleep(1)
    users.change_password(office.desk, name, new, by="tests")
    assert visitor.login(name, "错的密码").status_code == 403
    assert visitor.login(name, new).status_code == 303


def test_guessing_at_the_present_password_is_locked_as_well(office: Office, console: Flask) -> None:
    """Whoever finds a screen unlocked cannot try passwords at the account page for ever."""
    visitor = Visitor(console, "view")
    form = {"new": "夜来风雨声花落知多少", "again": "夜来风雨声花落知多少"}
    for _ in range(5):
        visitor.post("/account", "/account", password="错的密码", **form)
    assert "十五分钟" in text_of(visitor.post("/account", "/account", password=PASSWORD, **form))


def test_a_name_that_is_not_there_is_refused_like_a_wrong_password(console: Flask) -> None:
    """Same words, same work, no names given away; any text as a name is just a name."""
    for name in ("无此人", "' OR 1=1 --", "x" * 5000, "\x00", "{{7*7}}", "<b>"):
        response = Visitor(console).login(name, "错的密码")
        assert response.status_code == 403
        assert "姓名或密码不正确" in text_of(response)
    assert Visitor(console).login(PEOPLE["view"], "x" * 100_000).status_code == 403


def test_the_module_does_no_hashing_before_anybody_logs_in() -> None:
    """Commands that never log in must not pay for it at their start."""
    import subprocess
    import sys

    code = "import hashlib; hashlib.scrypt = None; import mailbot.workflow.office.login, mailbot.console.web"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/mails?outcome=held", "/mails?outcome=held"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("", "/"),
    ],
)
def test_log_in_leads_back_to_this_console_only(console: Flask, wanted: str, leads_to: str) -> None:
    """`next` is a path here, never another site."""
    response = Visitor(console).login(PEOPLE["view"], at="/login?" + urlencode({"next": wanted}))
    assert (response.status_code, response.location) == (303, leads_to)


def test_who_was_going_somewhere_gets_there_after_log_in(console: Flask) -> None:
    """With the filter that was chosen."""
    visitor = Visitor(console)
    response = visitor.get("/mails?outcome=held")
    assert unquote(response.location) == "/login?next=/mails?outcome=held"
    assert visitor.login(PEOPLE["view"], at=response.location).location == "/mails?outcome=held"


# ---- what a stranger's mail can bring about

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea></pre><svg/onload=alert(1)>",
    "{{7*191}}${7*191}<%=7*191%>",
    "\u202e<b>txt",
)


def hostile_office(tmp_path: Path) -> Office:
    """Payloads in subject, sender, unit, title, submitter, body, file name and document; letters held."""
    office = played_office(tmp_path)
    office.configure('[review]\nreceipts = "all"')
    ask_for_one(office, "".join(PAYLOADS)[:60])
    for place, payload in enumerate(PAYLOADS):
        good = build.docx(f"{payload}正文在此，内容具体翔实，请审阅。{place}", title=f"题{payload}")
        sender = f'"{payload.replace(chr(34), "")}" <x{place}@evil.example>'
        office.take(
            build.mail(
                subject=f"关于{payload}的报告-县民政局-{payload}-13900000001", sender=sender, text=payload,
                files=[(f"{payload}稿.docx", good)],
            ),
            build.mail(
                subject=f"标题-{payload}局-张三-13900000001", sender=sender, text=payload,
                files=[("稿.docx", good), (f"{payload}.pdf", b"%PDF-1.4")],
            ),
            build.mail(subject=f"{payload}", sender=sender, text=f"{payload}\n请问何时开会？"),
            build.mail(subject=f"没有附件{payload}-县民政局-张三-13900000001", sender=sender, text=payload),
        )  # fmt: skip
    return office


def all_pages(office: Office) -> list[str]:
    store = office.desk.store
    paths = [
        "/",
        "/items?month=all",
        "/mails",
        "/letters",
        "/bulletins",
        "/bulletins/1",
        "/bulletins/1/approve",
        "/bulletins/1/correct",
        "/bulletins/instant",
        "/bulletins/gazette?month=2019-03",
        "/exports",
        "/correspondents",
        "/state",
        "/users",
        "/facts?month=all",
        *(f"/facts/{entry.fact.id}" for entry in store.facts()),
        *(f"/facts/add/{kind}" for kind in ("adoption", "instruction", "demerit", "secondment", "failure")),
        "/facts/add/adjustment",
        "/facts/add/adoption?of_month=2019-03",
        "/facts/import",
        *("/solicitations", "/solicitations/new", "/solicitations/new?again=2019-001"),
        *("/solicitations/2019-001", "/solicitations/2019-001/县民政局", "/solicitations/2019-001/fault"),
        *(f"/solicitations/match/{i.number}" for i in store.submissions()[:3]),
        "/marks?month=2019-03",
        "/marks?month=2019",
        "/marks/县民政局?month=2019",
    ]
    paths += [f"/mails/{m.id}" for m in store.mails(limit=1000)]
    paths += [f"/letters/{x.id}" for x in store.letters(limit=1000)]
    return paths + [f"/items/{i.number}" for i in store.submissions()]


ALLOWED = re.compile(
    r"</?(a|b|bdi|body|button|dd|details|div|dl|dt|fieldset|footer|form|h1|h2|h3|head|header|html|input|label"
    r"|legend|li|link|main"
    r"|mark|meta|nav|ol|optgroup|option|p|pre|section|select|span|summary|table|tbody|td|textarea|th|thead|title|tr|ul)\b"
    r'(\s+(?!on|style)[a-z-]+(="[^"<>]*")?)*\s*/?>|<!doctype html>'
)


def test_nothing_of_a_mail_is_ever_markup(tmp_path: Path) -> None:
    """Every tag of every page is one of ours with our attributes; a payload is only ever text."""
    office = hostile_office(tmp_path)
    seen = ""
    with console_of(office) as flask_app:
        admin = Visitor(flask_app, "admin")
        for path in all_pages(office):
            page = admin.page(path)
            assert "<" not in ALLOWED.sub("", page), (
                path,
                re.findall("<[^>]{0,60}", ALLOWED.sub("", page))[:3],
            )
            assert not re.search(r"<(script|img|svg|iframe)", page), path
            assert "1337" not in page
            seen += page
        errors = [admin.get(f"/items/{p}") for p in ("<script>alert(1)<script>", "{{7*191}}")]
        searched = admin.page("/mails?" + urlencode({"q": PAYLOADS[1]}))
    for payload in PAYLOADS[:3]:
        assert payload in unescape(seen)
    assert all(r.status_code == 404 and "<script>alert" not in r.get_data(as_text=True) for r in errors)
    assert "<img" not in searched


def test_a_letter_with_markup_stays_text_when_edited(tmp_path: Path) -> None:
    """What a reviewer or a mail puts into a held letter comes back into the form as it was."""
    office = hostile_office(tmp_path)
    letter = next(x for x in office.desk.store.letters(state=LetterState.HELD))
    body = "</textarea><script>alert(1)</script>\n\n　　缩进\n"
    with console_of(office) as flask_app:
        visitor = Visitor(flask_app, "review")
        path = f"/letters/{letter.id}"
        form = {"subject": '"><b>', "body": body, "version": letter.version, "then": ""}
        assert visitor.post(path, f"{path}/edit", **form).status_code == 303
        page = visitor.page(path)
    shown = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.S)
    assert shown is not None and unescape(shown[1]) == body
    assert 'value="&#34;&gt;&lt;b&gt;"' in page


SECRET = "绝密★2019年第七号行动方案"


def make_an_item(office: Office, mail: LedgerMail) -> None:
    """No rule makes one of a sealed mail; should one be there all the same, it is sealed too."""
    store, found = office.desk.store, Source.SUBJECT
    with store.transaction():
        store.save_submission(
            number=mail.number or "",
            state=SubmissionState.HELD,
            fields=Fields(
                title=Found(SECRET, found),
                unit=Found("县公安局", found),
                submitters=Found(("林某",), found),
                contacts=Found(("13900000009",), found),
            ),
            sender=mail.sender,
            arrived_at=mail.arrived_at,
            mail_id=mail.id,
            document=None,
            now=mail.arrived_at,
        )


def sealed_office(tmp_path: Path) -> Office:
    """One sealed by its subject and file, one by its text alone."""
    office = played_office(tmp_path)
    office.take(
        build.mail(
            subject=f"{SECRET}-县公安局-林某-13900000009", text="行动方案见附件",
            files=[("第七号行动方案.docx", build.docx("第七号行动于凌晨开始。", title=SECRET))],
        ),
        build.mail(subject="第八号行动方案-县公安局-林某-13900000009", text="机密★一年\n第八号行动开始",
                   files=[("第八号行动方案.docx", build.docx("第八号行动于凌晨开始。"))]),
    )  # fmt: skip
    for mail in office.desk.store.mails(limit=2):
        make_an_item(office, mail)
    return office


def test_a_sealed_mail_shows_nothing_of_itself(tmp_path: Path) -> None:
    """On no page, to no role, in no search: neither subject, title, text, file name nor people in it."""
    office = sealed_office(tmp_path)
    ids = [m.id for m in office.desk.store.mails(limit=2)]
    with console_of(office) as flask_app:
        for role in PEOPLE:
            visitor = Visitor(flask_app, role)
            for path in all_pages(office):
                page = visitor.get(path).get_data(as_text=True)
                for secret in ("第七号", "第八号", "行动方案", "林某", "13900000009"):
                    assert secret not in page, (role, path, secret)
            assert "有密级标志，已封存" in visitor.page("/")
            assert "号行动" not in visitor.page("/mails?q=第七").replace('value="第七"', "")
            assert "没有符合条件" in visitor.page("/mails?q=第七号行动")
            for mail_id in ids:
                assert visitor.get(f"/mails/{mail_id}/file").status_code == 403
            for item in office.desk.store.submissions():
                if item.mail_id in ids:
                    assert visitor.get(f"/items/{item.number}/file").status_code == 403


def test_a_sealed_item_named_in_a_form_shows_nothing_of_itself(tmp_path: Path) -> None:
    """Its number is no secret; whoever writes it into a form of another page learns nothing by that."""
    office = sealed_office(tmp_path)
    ask_for_one(office)
    ids = {m.id for m in office.desk.store.mails(limit=2)}
    with console_of(office) as flask_app:
        visitor = Visitor(flask_app, "review")
        items = [i for i in office.desk.store.submissions() if i.mail_id in ids]
        assert len(items) == 2
        for item in items:
            named: dict[str, object] = {"item": item.number, "number": item.number}
            gazette = {"year": "2019", "number": "1", "item": item.number}
            answers = [
                visitor.get(f"/solicitations/match/{item.number}"),
                visitor.get(f"/solicitations/2019-001/fault?items={item.number}"),
                visitor.get(f"/facts/add/adoption?number={item.number}"),
                visitor.post("/account", "/facts/add/demerit", **named, then="choose"),
                visitor.post("/account", "/facts/add/adoption", **named, publication="县普刊"),
                visitor.post("/account", "/solicitations/2019-001/fault", **named, kind="poor"),
                visitor.post("/account", "/bulletins/gazette", **gazette),
                visitor.post("/account", f"/solicitations/match/{item.number}", code="2019-999"),
            ]
            for answer in answers:
                assert answer.status_code in (200, 400, 404, 409), answer.request.path
                page = answer.get_data(as_text=True)
                for secret in ("第七号", "第八号", "行动方案", "林某", "13900000009", "向县公安局约稿"):
                    assert secret not in page, (answer.request.path, secret)


def test_a_sealed_original_goes_to_an_administrator_and_on_record(tmp_path: Path) -> None:
    """By a form, never by a link; reviewers are refused; an ordinary mail is not opened this way."""
    office = sealed_office(tmp_path)
    mail = office.desk.store.mails(limit=1)[0]
    path = f"/mails/{mail.id}"
    with console_of(office) as flask_app:
        assert Visitor(flask_app, "review").post("/account", f"{path}/sealed").status_code == 403
        admin = Visitor(flask_app, "admin")
        response = admin.post(path, f"{path}/sealed")
        assert response.data == office.desk.store.raw(mail.sha256)
        assert response.headers["Content-Disposition"].startswith("attachment")
        other = office.mail("办公家具特价促销")
        assert admin.post("/account", f"/mails/{other.id}/sealed").status_code == 409
    assert [(e.who, e.subject) for e in office.desk.store.events(verb="sealed_opened")] == [
        (PEOPLE["admin"], f"mail:{mail.id}")
    ]


def test_a_sealed_item_is_never_accepted(tmp_path: Path) -> None:
    """A receipt would quote its title; it can be put aside with a reason."""
    office = sealed_office(tmp_path)
    ids = {m.id for m in office.desk.store.mails(limit=2)}
    items = [i for i in office.desk.store.submissions() if i.mail_id in ids]
    assert len(items) == 2
    with console_of(office) as flask_app:
        visitor = Visitor(flask_app, "review")
        for item in items:
            path = f"/items/{item.number}"
            form = {"unit": "县民政局", "title": "题", "version": item.row_version}
            refused = visitor.post("/account", f"{path}/accept", **form)
            assert refused.status_code == 409
            assert "已封存" in text_of(refused)
            visitor.post(path, f"{path}/decline", reason="移交保密办", tell="1", version=item.row_version)
            assert office.desk.store.letters(kind=LetterKind.DECLINED) == []
            assert office.desk.store.submission(item.number).state is SubmissionState.DECLINED


# ---- broken and oversized requests


def test_errors_are_pages_in_chinese_that_say_what_to_do(office: Office, console: Flask) -> None:
    """404, 405, 413 and unknown things; each with a way back."""
    admin = Visitor(console, "admin")
    token = admin.token("/account")
    cases = [
        (admin.get("/nowhere"), 404, "没有找到"),
        (admin.get("/items/20190101-AAAAAA"), 404, "20190101-AAAAAA"),
        (admin.get("/letters/9999"), 404, "请从“信件”中查找"),
        (admin.get("/mails/99999999999999999999999"), 404, "没有"),
        (admin.get("/mails/2000000000"), 404, "请从“来信”中查找"),
        (
            admin.client.post("/letters/1/withdraw", data={"csrf_token": token, "version": "9" * 30}),
            400,
            "刷新页面",
        ),
        (admin.get("/bulletins/99/approve"), 404, "请在“通报”中生成草稿"),
        (admin.get("/logout"), 405, "不能这样打开"),
        (admin.client.post("/account", data={"csrf_token": token, "new": "x" * 2_000_000}), 413, "内容太长"),
    ]
    for response, status, told in cases:
        assert response.status_code == status, (response.status_code, text_of(response))
        assert told in text_of(response)
        assert 'lang="zh-CN"' in response.get_data(as_text=True)
        assert ">返回</a>" in response.get_data(as_text=True)


def test_a_fault_of_our_own_is_a_page_too_and_logged(
    office: Office, console: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    """No traceback reaches the browser; the log has it."""

    def broken() -> None:
        raise ZeroDivisionError("geheim")

    console.view_functions["state"] = broken
    response = Visitor(console, "admin").get("/state")
    assert response.status_code == 500
    assert "系统出错" in text_of(response)
    assert "geheim" not in response.get_data(as_text=True)
    assert "ZeroDivisionError" in caplog.text


def test_a_store_that_cannot_be_used_is_told_without_needing_it(office: Office, console: Flask) -> None:
    """The very page that tells of it must not ask the database for its banner."""
    visitor = Visitor(console, "admin")

    def broken() -> None:
        raise StateError("disk_full", path="mailbot.sqlite", detail="full")

    console.view_functions["state"] = broken
    response = visitor.get("/state")
    assert response.status_code == 503
    assert "磁盘空间不足" in text_of(response)


@pytest.mark.parametrize(
    "name", ["../words.toml", "..%2f..%2fbase.html", "%2e%2e/words.toml", "none.css", "words.toml"]
)
def test_only_named_files_are_served(console: Flask, name: str) -> None:
    """No path is opened for a name from outside."""
    assert console.test_client().get(f"/static/{name}").status_code == 404


# ---- threads


@pytest.mark.wire
def test_fifty_requests_at_once_are_served_and_leave_nothing_open(tmp_path: Path) -> None:
    """No connection of SQLite is used by two threads, and none outlives its request."""
    before = _open_files()
    office = played_office(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    office.configure(f"[console]\nport = {port}")
    server = web.serve(office.app)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        cookie = _cookie_over_the_wire(port)
        for _ in range(2):
            assert _many(port, cookie, 50) == [200] * 50
            # Three of the thread that made the console; SQLite keeps one closed file a thread for later.
            assert _open_files() <= before + 3 + web.THREADS
    finally:
        server.close()
        thread.join(10)
        office.app.close_thread()
    assert not thread.is_alive()


def _request(
    port: int, path: str, cookie: str = "", form: dict[str, str] | None = None
) -> tuple[int, str, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Cookie": cookie} if cookie else {}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request("GET" if form is None else "POST", path, form and urlencode(form), headers)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, (response.getheader("Set-Cookie") or "").partition(";")[0], text


def _cookie_over_the_wire(port: int) -> str:
    _, cookie, page = _request(port, "/login")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    form = {"csrf_token": token[1], "name": PEOPLE["view"], "password": PASSWORD}
    status, cookie, _ = _request(port, "/login", cookie, form)
    assert status == 303
    return cookie


def _many(port: int, cookie: str, count: int) -> list[int]:
    paths = [
        "/",
        "/mails",
        "/items?month=all",
        "/letters",
        "/state",
        "/correspondents",
        "/mails/1",
        "/bulletins",
    ]
    statuses = [0] * count

    def one(place: int) -> None:
        statuses[place] = _request(port, paths[place % len(paths)], cookie)[0]

    threads = [threading.Thread(target=one, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return statuses


def _open_files() -> int:
    """Databases open in this process; 0 where /proc does not tell."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return 0
    links = []
    for entry in folder.iterdir():
        with contextlib.suppress(OSError):
            links.append(entry.readlink().name)
    return sum("mailbot.sqlite" in link for link in links)


def test_a_port_that_is_taken_is_told_in_words(tmp_path: Path) -> None:
    """Not as a traceback of the system."""
    office = empty_office(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        office.configure(f"[console]\nport = {taken.getsockname()[1]}")
        with pytest.raises(web.ConfigError, match="doctor_port_taken"):
            web.serve(office.app)


def test_sessions_end_by_the_clock_that_nobody_sets(tmp_path: Path) -> None:
    """Setting the date back or forth neither keeps nor ends a session."""
    from mailbot.console.sessions import Sessions

    office = empty_office(tmp_path)
    clock: FixedClock = office.clock
    sessions = Sessions(clock)
    token = sessions.open("甲", "record")
    clock.set(clock.now() + timedelta(days=400))
    assert sessions.touch(token) == ("甲", "record")
    clock.sleep(1801)
    assert sessions.touch(token) is None
