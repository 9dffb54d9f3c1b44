"""Accounts at the console: adding, roles, passwords, disabling; and that an administrator is always left."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from console_kit import PASSWORD, PEOPLE, Office, Visitor, empty_office, plain, text_of
from flask import Flask

from mailbot.errors import ConfigError, MailbotError, NotFound, StateError
from mailbot.workflow.office import users

NEW = "夜来风雨声花落知多少"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return empty_office(tmp_path)


@pytest.fixture
def visitor(console: Flask) -> Visitor:
    return Visitor(console, "admin")


def added(**changed: str) -> dict[str, str]:
    return {"name": "赵新", "role": "review", "password": NEW, "again": NEW, **changed}


def test_a_new_user_can_log_in_and_do_what_the_role_allows(
    office: Office, console: Flask, visitor: Visitor
) -> None:
    """The password is typed twice and stands on no page; the record names who added whom."""
    response = visitor.post("/users", "/users", **added())
    said = visitor.said(response)
    assert "已增加用户 赵新" in said and NEW not in said
    newcomer = Visitor(console)
    assert newcomer.login("赵新", NEW).status_code == 303
    assert newcomer.get("/facts/add/adoption").status_code == 200
    assert newcomer.get("/users").status_code == 403
    event = office.event("user_added")
    assert (event.who, event.subject, event.details["role"]) == (PEOPLE["admin"], "user:赵新", "review")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"again": NEW + "。"}, "两次输入的新密码不一样"),
        ({"password": "12345", "again": "12345"}, "密码太简单"),
        ({"name": "孙审"}, "用户“孙审”已经有了"),
        ({"name": "mailbot"}, "用户名不合要求"),
        ({"role": "root"}, "没有“root”这种权限"),
    ],
)
def test_what_does_not_fit_adds_nobody(
    office: Office, visitor: Visitor, changed: dict[str, str], told: str
) -> None:
    """The name stays in the form, the passwords do not."""
    form = added(**changed)
    response = visitor.post("/users", "/users", **form)
    page = response.get_data(as_text=True)
    assert response.status_code == 409
    assert told in plain(page)
    assert f'value="{form["name"]}"' in page
    assert form["password"] not in page.replace(form["name"], "")
    assert len(office.desk.store.users()) == 3


def test_a_new_role_holds_from_the_next_click(office: Office, console: Flask, visitor: Visitor) -> None:
    """Nobody has to log in again; the record has both roles."""
    reviewer = Visitor(console, "review")
    response = visitor.post("/users", "/users/role", name=PEOPLE["review"], role="view")
    assert "孙审 的权限已更改" in visitor.said(response)
    assert reviewer.get("/").status_code == 200
    assert reviewer.get("/facts/add/adoption").status_code == 403
    details = office.event("user_role_changed").details
    assert (details["role_before"], details["role"]) == ("review", "view")


def test_the_last_administrator_stays(office: Office, visitor: Visitor) -> None:
    """By no button and by no forged form; once there is another one, the first may go."""
    row = plain(visitor.page("/users"))
    assert "唯一有“管理”权限的人，不能停用或改权限" in row
    for path, form in (("/users/role", {"role": "view"}), ("/users/disable", {})):
        refused = visitor.post("/users", path, name=PEOPLE["admin"], **form)
        assert refused.status_code == 409
        assert "李管 是唯一的管理员，没有改动" in text_of(refused)
    assert office.desk.store.user(PEOPLE["admin"]) is not None
    visitor.post("/users", "/users/role", name=PEOPLE["review"], role="admin")
    assert "唯一的管理员" not in visitor.page("/users")
    visitor.post("/users", "/users/role", name=PEOPLE["admin"], role="review")
    assert visitor.get("/users").status_code == 403


def test_a_forgotten_password_is_set_anew(office: Office, console: Flask, visitor: Visitor) -> None:
    """It ends the person's sessions, and the lock that five wrong guesses brought."""
    reviewer, guessing = Visitor(console, "review"), Visitor(console)
    for _ in range(6):
        guessing.login(PEOPLE["review"], "wrong")
    assert guessing.login(PEOPLE["review"]).status_code == 403
    wrong = visitor.post("/users", "/users/password", name=PEOPLE["review"], password=NEW, again="x")
    assert "两次输入的新密码不一样" in visitor.said(wrong)
    office.clock.sleep(1)
    form = {"name": PEOPLE["review"], "password": NEW, "again": NEW}
    assert "密码已重设" in visitor.said(visitor.post("/users", "/users/password", **form))
    assert reviewer.get("/").status_code == 302
    assert guessing.login(PEOPLE["review"], PASSWORD).status_code == 403
    assert guessing.login(PEOPLE["review"], NEW).status_code == 303
    assert office.event("user_password_changed").who == PEOPLE["admin"]


def test_a_disabled_user_is_out_and_can_come_back(office: Office, console: Flask, visitor: Visitor) -> None:
    """At once; added again under the same name, with a new password."""
    reviewer = Visitor(console, "review")
    response = visitor.post("/users", "/users/disable", name=PEOPLE["review"])
    assert "孙审 已停用" in visitor.said(response)
    assert reviewer.get("/").status_code == 302
    assert PEOPLE["review"] not in visitor.page("/users").partition("增加用户")[0].partition("<table")[2]
    visitor.post("/users", "/users", **added(name=PEOPLE["review"]))
    assert Visitor(console).login(PEOPLE["review"], NEW).status_code == 303


def test_only_an_administrator_finds_the_way_there(console: Flask, visitor: Visitor) -> None:
    """From 运行情况; nobody is offered to disable themselves."""
    assert 'href="/users"' in visitor.page("/state")
    assert 'href="/users"' not in Visitor(console, "review").page("/state")
    row = visitor.page("/users").partition("（本人）")[2].partition("</tr>")[0]
    assert "/users/disable" not in row and 'href="/account"' in row


@pytest.mark.parametrize(
    ("name", "role", "kind", "code"),
    [
        ("无此人", "view", NotFound, "user_unknown"),
        ("孙审", "owner", ConfigError, "user_bad_role"),
        ("李管", "view", StateError, "user_last_admin"),
    ],
)
def test_the_verb_itself_holds_the_rules(
    office: Office, name: str, role: str, kind: type[MailbotError], code: str
) -> None:
    """So the command line is held to them too."""
    with pytest.raises(kind) as caught:
        users.change_role(office.desk, name, role, by="tests")
    assert caught.value.code == code
    assert office.desk.store.events(verb="user_role_changed") == []


def test_a_role_that_is_theirs_already_leaves_no_line(office: Office) -> None:
    """Nothing changed, nothing is recorded."""
    users.change_role(office.desk, "孙审", "review", by="tests")
    assert office.desk.store.events(verb="user_role_changed") == []


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Something that happens while a password's record is being made, which takes a while."""
    real = hashlib.scrypt

    def slow(*args: Any, **kwargs: Any) -> bytes:
        monkeypatch.setattr(hashlib, "scrypt", real)
        act()
        return real(*args, **kwargs)

    monkeypatch.setattr(hashlib, "scrypt", slow)


def test_a_new_password_brings_nobody_back(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disabled, or with another role, while the password is being set: that stands."""
    meanwhile(monkeypatch, lambda: users.change_role(office.desk, "孙审", "view", by="李管"))
    users.change_password(office.desk, "孙审", NEW, by="孙审")
    assert dict(office.desk.store.users())["孙审"] == "view"
    meanwhile(monkeypatch, lambda: users.disable(office.desk, "孙审", by="李管"))
    with pytest.raises(NotFound):
        users.change_password(office.desk, "孙审", NEW, by="孙审")
    assert office.desk.store.user("孙审") is None


def test_of_two_who_add_one_name_the_second_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one's role and password stay."""
    meanwhile(monkeypatch, lambda: users.add(office.desk, "赵某", "view", NEW, by="李管"))
    with pytest.raises(StateError):
        users.add(office.desk, "赵某", "admin", NEW + "二", by="钱管")
    role, kept = office.desk.store.user("赵某") or ("", "")
    assert role == "view" and users.matches(NEW, kept)
