"""The pages of 事项: entering each kind, what it is worth, withdrawing, 批示反馈, and a table brought in."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path

import build
import pytest
from console_kit import Office, Visitor, console_of, hidden, plain, played_office, text_of
from flask import Flask
from test_console_security import dump, sealed_office

from mailbot.clock import SHANGHAI
from mailbot.console.facts_add import faults
from mailbot.model import (
    Ask,
    LetterKind,
    LetterState,
    MatchedBy,
    Month,
    SolicitationReply,
    Submission,
    SubmissionState,
    Superior,
)
from mailbot.store import Entry
from mailbot.workflow.bulletins import report
from mailbot.workflow.marks import credit
from mailbot.workflow.marks.credit import Who

DAY = "2019-03-29"
WHO = Who(by="周某某", tell=False)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return played_office(tmp_path)


@pytest.fixture
def visitor(console: Flask) -> Visitor:
    return Visitor(console, "review")


def items(office: Office) -> list[Submission]:
    """Accepted ones of March, each of another unit."""
    found = office.desk.store.submissions(month=Month(2019, 3), state=SubmissionState.ACCEPTED)
    return list({one.fields.unit.value: one for one in found if one.fields.unit}.values())


def title(item: Submission) -> str:
    assert item.fields.title is not None
    return item.fields.title.value


def unit(item: Submission) -> str:
    assert item.fields.unit is not None
    return item.fields.unit.value


def entered(office: Office) -> list[Entry]:
    return office.desk.store.facts()


def adoption(*found: Submission, **more: str) -> dict[str, object]:
    numbers = [item.number for item in found]
    return {"item": numbers, "publication": "city_special", "issue": "第9期", "day": DAY, **more}


# ---- entering


def test_an_adoption_is_entered_from_the_items_own_page(office: Office, visitor: Visitor) -> None:
    """The next page says what it is worth by which clause, and that a letter waits; the item shows both."""
    item = items(office)[0]
    page = visitor.page(f"/items/{item.number}")
    assert 'action="/facts/add/adoption"' in page
    assert f'name="number" value="{item.number}"' in page
    form = {"number": item.number, "publication": "city_special", "issue": "第9期", "day": DAY}
    response = visitor.post(f"/items/{item.number}", "/facts/add/adoption", **form)
    assert response.location == "/facts/F1"
    said = visitor.said(response)
    assert "已登记 1 项" in said
    assert "采用反馈 1 封已写好，在“待办”里等您看过再发" in said
    told = plain(visitor.page("/facts/F1"))
    assert "采用：市专报 第9期" in told
    assert re.search(rf"2019-03-29 {unit(item)} \+10 市专报采用 三（二）2（2）", told)
    (letter,) = office.desk.store.letters(kind=LetterKind.FEEDBACK)
    assert letter.state is LetterState.HELD
    assert f'href="/letters/{letter.id}"' in visitor.page("/facts/F1")
    own = plain(visitor.page(f"/items/{item.number}"))
    assert "登记的事项（1）" in own
    assert "市专报采用 三（二）2（2）" in own
    assert "报送 三（一）1" in own


def test_letters_that_go_at_once_are_told_so(office: Office) -> None:
    """As the setting has it: nobody looks for them among what waits."""
    office.configure('[review]\nfeedback = "at_once"')
    with console_of(office) as flask_app:
        visitor = Visitor(flask_app, "review")
        response = visitor.post("/facts/add/adoption", "/facts/add/adoption", **adoption(items(office)[0]))
        assert "采用反馈 1 封已列入待发送" in visitor.said(response)


def test_several_ticked_items_are_an_adoption_each(office: Office, visitor: Visitor) -> None:
    """One issue took three items: three facts, three letters, one form."""
    found = items(office)[:3]
    response = visitor.post("/facts/add/adoption", "/facts/add/adoption", **adoption(*found))
    said = visitor.said(response)
    assert "已登记 3 项" in said and "采用反馈 3 封" in said
    facts = [entry.fact for entry in entered(office)]
    assert [fact.item for fact in facts] == [item.number for item in found]  # type: ignore[attr-defined]
    assert {fact.composite for fact in facts} == {""}  # type: ignore[attr-defined]
    told = plain(visitor.page(response.location))
    for item in found:
        assert f"{unit(item)} +10 市专报采用" in told
    assert "同时登记" in told and "合编" not in told
    assert unit(found[1]) not in plain(visitor.page("/facts/F1"))


def test_items_merged_into_one_piece_are_shown_together(office: Office, visitor: Visitor) -> None:
    """Each unit is credited; the page of one names the others and all their marks."""
    found = items(office)[:3]
    visitor.post("/facts/add/adoption", "/facts/add/adoption", **adoption(*found, together="1"))
    pieces = {entry.fact.composite for entry in entered(office)}  # type: ignore[attr-defined]
    assert len(pieces) == 1 and pieces != {""}
    told = plain(visitor.page("/facts/F2"))
    assert "与下列信息合编成一条" in told
    for item in found:
        assert title(item) in told
        assert f"{unit(item)} +10 市专报采用" in told


def test_one_of_several_that_does_not_fit_enters_none(office: Office, visitor: Visitor) -> None:
    """All or nothing: what went wrong is told, the ticks and the text are still there."""
    first, second = items(office)[:2]
    credit.adopt(office.desk, second.number, "city_special", day=date(2019, 3, 29), who=WHO, issue="第9期")
    form = adoption(first, second, note="同一期")
    response = visitor.post("/facts/add/adoption", "/facts/add/adoption", **form)
    assert response.status_code == 409
    page = response.get_data(as_text=True)
    assert "已经登记过（F1，周某某 登记）" in page
    assert "请从“事项”中打开 F1 撤销" in page
    assert "mailbot facts" not in page
    assert len(entered(office)) == 1
    for item in (first, second):
        assert f'value="{item.number}" checked' in page
    assert 'value="第9期"' in page and "同一期</textarea>" in page
    assert '<option value="city_special" selected>' in page


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"day": "2019-04-02"}, "还没有到"),
        ({"day": "昨天"}, "不是日期"),
        ({"publication": ""}, "“刊物”没有填"),
        ({"publication": "晨报"}, "考评办法中没有刊物“晨报”"),
        ({"item": []}, "“编号”没有填"),
        ({"number": "20190301-ZZZZZZ"}, "没有编号为 20190301-ZZZZZZ 的报送信息"),
        ({"number": "第三条"}, "没有编号为 第三条 的报送信息"),
        ({"issue": "期" * 41}, "期号超过 40 个字"),
    ],
)
def test_what_does_not_fit_is_told_beside_what_was_typed(
    office: Office, visitor: Visitor, changed: dict[str, object], told: str
) -> None:
    """Nothing is entered, and nothing has to be typed twice."""
    form = {**adoption(items(office)[0]), "note": "报送以后的备注", **changed}
    response = visitor.post("/facts/add/adoption", "/facts/add/adoption", **form)
    assert response.status_code == 409
    assert told in text_of(response)
    assert "报送以后的备注" in text_of(response)
    assert entered(office) == []


def test_other_items_are_listed_without_losing_anything(office: Office, visitor: Visitor) -> None:
    """The list of another unit: text and ticks stay, what was ticked stands first, nothing is entered."""
    first, second = items(office)[:2]
    form = {**adoption(first), "then": "choose", "of_month": "2019-03", "of_unit": unit(second)}
    response = visitor.post("/facts/add/adoption", "/facts/add/adoption", **form)
    page = response.get_data(as_text=True)
    assert response.status_code == 200
    assert f'value="{first.number}" checked' in page
    assert f'value="{second.number}">' in page
    assert 'value="第9期"' in page
    assert "已勾选的 1 条排在最前面" in page
    offered = re.findall(r'name="item" value="([^"]+)"', page)
    assert offered[0] == first.number
    assert {unit(office.desk.store.submission(n)) for n in offered} == {unit(first), unit(second)}
    assert entered(office) == []


def test_a_number_copied_by_hand_is_found(office: Office, visitor: Visitor) -> None:
    """Typed instead of ticked, with the slips of those who copy by hand; several between 、."""
    first, second = items(office)[:2]
    typed = f"{first.number.lower().replace('-', ' - ').replace(' ', '')}、{second.number}"
    visitor.post("/facts/add/adoption", "/facts/add/adoption", **{**adoption(), "number": typed})
    assert len(entered(office)) == 2


def test_the_next_of_an_issue_needs_only_its_item(office: Office, visitor: Visitor) -> None:
    """The link on the fact's page leads to a form with publication, issue and day filled in."""
    visitor.post("/facts/add/adoption", "/facts/add/adoption", **adoption(items(office)[0]))
    link = re.search(r'href="(/facts/add/adoption\?[^"]+)"', visitor.page("/facts/F1"))
    assert link is not None
    page = visitor.page(unescape(link[1]))
    assert '<option value="city_special" selected>' in page
    assert 'value="第9期"' in page and f'value="{DAY}"' in page
    assert "已登记市专报" in page


OTHERS: tuple[tuple[str, dict[str, str], str, str], ...] = (
    (
        "instruction",
        {"level": "city", "leader": "某市长", "day": DAY, "note": "请推广。", "answer_by": "2019-04-05"},
        "批示：市政府 某市长",
        "+15 ☆ 三（二）5",
    ),
    (
        "demerit",
        {"fault": "low_quality:内容空乏", "day": DAY},
        "扣分事项：低质量信息 内容空乏",
        "-0.5 低质量信息",
    ),
    (
        "secondment",
        {"unit": "李庄镇", "month": "2019-03", "persons": "张某、王 某"},
        "以干代训：李庄镇 2019-03 张某、王某",
        "+10 以干代训 三（三）",
    ),
    (
        "failure",
        {"unit": "李庄镇", "fault": "迟报", "day": DAY, "note": "汛情"},
        "重大信息：李庄镇 迟报",
        "-10 重大信息未报 三（一）3",
    ),
    (
        "adjustment",
        {"unit": "李庄镇", "points": "-0.5", "day": DAY, "note": "更正"},
        "人工加减分：李庄镇 -0.5 更正",
        "-0.5 更正",
    ),
)


@pytest.mark.parametrize(("kind", "form", "head", "worth"), OTHERS, ids=[one[0] for one in OTHERS])
def test_each_kind_has_its_form(
    office: Office, visitor: Visitor, kind: str, form: dict[str, str], head: str, worth: str
) -> None:
    """All fields of the form are those the verb wants; the page that follows tells what it is worth."""
    page = visitor.page(f"/facts/add/{kind}")
    for name in form:
        assert re.search(rf'name="{name}"', page), name
    with_item = kind in ("instruction", "demerit")
    sent = {**form, **({"item": items(office)[0].number} if with_item else {})}
    response = visitor.post(f"/facts/add/{kind}", f"/facts/add/{kind}", **sent)
    assert response.status_code == 303, text_of(response)
    told = plain(visitor.page(response.location))
    assert head in told
    assert worth in told
    (entry,) = entered(office)
    assert (entry.kind, entry.fact.by) == (kind, "孙审")


def _replies(office: Office, *found: Submission) -> None:
    """They answered one 约稿 in time."""
    store, asked = office.desk.store, datetime(2019, 3, 1, 9, tzinfo=SHANGHAI)
    ask = Ask(
        round=1,
        source=Superior.CITY,
        text="供稿。",
        units=tuple(map(unit, found)),
        deadline=asked + timedelta(days=40),
        ladder=(),
        asked_at=asked,
        by="周某某",
    )
    with store.transaction():
        store.add_solicitation("2019-001", title="关于春耕的约稿", topic="")
        store.add_ask("2019-001", ask)
        for item in found:
            reply = SolicitationReply(number=item.number, code="2019-001", by=MatchedBy.PERSON)
            store.save_solicitation_reply(reply, item.arrived_at)


def test_a_fault_between_two_replies_lets_one_off(office: Office, visitor: Visitor) -> None:
    """雷同 of two 供稿: both are named in one fact, the first author is exempt and shown so."""
    first, second = items(office)[:2]
    _replies(office, first, second)
    form = {"item": [first.number, second.number], "fault": "similar", "day": DAY, "exempt": first.number}
    response = visitor.post("/facts/add/demerit", "/facts/add/demerit", **form)
    told = plain(visitor.page(response.location))
    assert "扣分事项：供稿雷同" in told
    assert f"{first.number} （免扣）" in told and f"{second.number} （免扣）" not in told
    assert f"{unit(second)} -1 雷同 三（一）2④" in told
    assert f"{unit(first)} -1" not in told
    page = visitor.page(f"/items/{second.number}")
    assert "供稿雷同（-1）" in page and "恶意投稿" not in page


def test_faults_are_offered_by_the_kind_of_report(office: Office, console: Flask, visitor: Visitor) -> None:
    """An item that was sent unasked is offered no 雷同; each kind of report lists each fault once."""
    scheme = office.app.policy.schemes[-1]
    with console.app_context():
        own, solicited = faults(scheme)
    assert [value for value, _, _ in own[1]] == [
        "low_quality:与工作无关", "low_quality:内容空乏", "low_quality:网络抄袭", "low_quality:恶意投稿"
    ]  # fmt: skip
    assert [value for value, _, _ in solicited[1]] == ["poor", "similar", "plagiarised"]
    page = visitor.page(f"/items/{items(office)[0].number}")
    assert "内容空乏（-0.5）" in page
    assert "供稿雷同" not in page


def test_no_form_offers_a_sealed_item(tmp_path: Path) -> None:
    """Neither its title nor its number stands among what can be ticked."""
    office = sealed_office(tmp_path)
    with console_of(office) as flask_app:
        visitor = Visitor(flask_app, "review")
        for kind in ("adoption", "instruction", "demerit"):
            assert "行动方案" not in visitor.page(f"/facts/add/{kind}?of_month=2019-04")


def test_who_may_only_look_sees_facts_and_no_forms(office: Office, console: Flask) -> None:
    """The marks and their clauses, without a button."""
    item = items(office)[0]
    credit.adopt(office.desk, item.number, "县普刊", day=date(2019, 3, 29), who=WHO)
    viewer = Visitor(console, "view")
    for path in ("/facts?month=2019-03", "/facts/F1", f"/items/{item.number}"):
        page = viewer.page(path)
        assert "县普刊" in page
        assert "/facts/add" not in page and "/withdraw" not in page and "/facts/import" not in page


# ---- the list


def test_facts_are_listed_by_month_and_kind(office: Office, visitor: Visitor) -> None:
    """Withdrawn ones too, with who withdrew them and why."""
    first, second = items(office)[:2]
    credit.adopt(office.desk, first.number, "县普刊", day=date(2019, 3, 29), who=WHO)
    credit.instruct(office.desk, second.number, "县政府", day=date(2019, 4, 1), who=WHO)
    credit.withdraw(office.desk, "F1", "期号写错", by="孙审")
    march = plain(visitor.page("/facts?month=2019-03"))
    assert title(first) in march and title(second) not in march
    assert "已撤销 孙审： 期号写错" in march
    assert "所选月份和种类没有登记过事项" in plain(visitor.page("/facts?month=2019-03&kind=instruction"))
    everything = plain(visitor.page("/facts?month=all"))
    assert "共 2 项" in everything
    assert everything.index(title(second)) < everything.index(title(first))


def test_many_facts_go_on_a_second_page(office: Office, visitor: Visitor) -> None:
    """Fifty a page, none twice and none left out."""
    for number in range(53):
        who = Who(by="周某某", note=f"理由{number:02}")
        credit.adjust(office.desk, "李庄镇", "1", day=date(2019, 3, 29), who=who)
    first, second = visitor.page("/facts?month=2019-03"), visitor.page("/facts?month=2019-03&page=2")
    shown = re.findall(r'href="/facts/(F\d+)"', first), re.findall(r'href="/facts/(F\d+)"', second)
    assert [len(part) for part in shown] == [50, 3]
    assert len(set(shown[0] + shown[1])) == 53


# ---- withdrawing


def test_a_withdrawal_first_shows_what_it_changes(office: Office, visitor: Visitor) -> None:
    """By unit and month; looking changes nothing; with a reason it is done, and the letter goes with it."""
    item = items(office)[0]
    visitor.post("/facts/add/adoption", "/facts/add/adoption", **adoption(item))
    before = dump(office)
    page = plain(visitor.page("/facts/F1/withdraw"))
    assert dump(office) == before
    changed = re.search(rf"{unit(item)} 2019年3月 (\S+) 改为 (\S+) (\S+) 改为 (\S+)", page)
    assert changed is not None, page
    month, after, year, year_after = map(float, changed.groups())
    assert round(month - after, 1) == round(year - year_after, 1) == 10
    assert "还没有发出，一并撤销" in page
    response = visitor.post("/facts/F1/withdraw", "/facts/F1/withdraw", reason="不是这一期")
    assert "事项 F1 已撤销" in visitor.said(response)
    told = plain(visitor.page("/facts/F1"))
    assert "不是这一期" in told and "已经撤销，不计分" in told
    (letter,) = office.desk.store.letters(kind=LetterKind.FEEDBACK)
    assert letter.state is LetterState.WITHDRAWN
    assert visitor.get("/facts/F1/withdraw").location == "/facts/F1"


def test_a_withdrawal_needs_a_reason_and_happens_once(office: Office, visitor: Visitor) -> None:
    """Two people with the same page open: the second is told who was first, and keeps what was typed."""
    credit.adopt(office.desk, items(office)[0].number, "县普刊", day=date(2019, 3, 29), who=WHO)
    refused = visitor.post("/facts/F1/withdraw", "/facts/F1/withdraw", reason=" ")
    assert refused.status_code == 400 and "没有写明原因" in text_of(refused)
    assert entered(office)[0].withdrawn is None
    token = hidden(visitor.page("/facts/F1/withdraw"), "csrf_token")
    credit.withdraw(office.desk, "F1", "重复", by="钱某")
    form = {"csrf_token": token, "reason": "重复登记的一条"}
    late = visitor.client.post("/facts/F1/withdraw", data=form)
    assert late.status_code == 409
    assert "F1 已由 钱某 撤销" in text_of(late)
    assert "重复登记的一条" in text_of(late)


def test_a_fact_of_an_issued_month_changes_a_later_one(office: Office, visitor: Visitor) -> None:
    """The page says so before: the month that was issued stands, the difference falls into this one."""
    item = items(office)[0]
    credit.adopt(office.desk, item.number, "市专报", day=date(2019, 3, 29), who=WHO)
    bulletin = report.draft_month(office.desk, Month(2019, 3), by="孙审")
    report.approve(office.desk, bulletin.id, sha256=bulletin.sha256, by="孙审")
    page = plain(visitor.page("/facts/F1/withdraw"))
    assert "2019年3月的通报已经批准" in page
    assert f"{unit(item)} 2019年4月 0.0 改为 -10.0" in page
    assert not re.search(rf"{unit(item)} 2019年3月 \S+ 改为", page)


def test_what_nobody_entered_is_not_found(visitor: Visitor) -> None:
    """404 in Chinese, with the page to look on."""
    for path in ("/facts/F99", "/facts/F99/withdraw", "/facts/x"):
        response = visitor.get(path)
        assert response.status_code == 404
        assert "请从“事项”中查找" in text_of(response)
    assert visitor.get("/facts/add/rumour").status_code == 404


# ---- 批示反馈


def instructed(office: Office) -> Submission:
    item = items(office)[0]
    day = item.arrived_at.date() + timedelta(days=1)
    due = day + timedelta(days=3)
    credit.instruct(office.desk, item.number, "县政府", day=day, who=WHO, answer_by=due)
    return item


def test_an_instruction_without_its_answer_stands_on_top(office: Office, visitor: Visitor) -> None:
    """In whatever month it was; overdue ones are marked."""
    item = instructed(office)
    page = plain(visitor.page("/facts?month=2019-04"))
    assert "等待反馈的批示（1）" in page
    assert "已过期" in page
    assert title(item) in page
    home = plain(visitor.page("/"))
    assert f"1 个批示 等待反馈，最早的 {item.arrived_at.date() + timedelta(days=4)} 到期" in home


def test_the_answer_is_chosen_among_the_mails_that_came_since(office: Office, visitor: Visitor) -> None:
    """Those of the item's sender alone; once noted, the instruction waits no more."""
    item = instructed(office)
    since = office.take(
        build.mail(subject="关于批示办理情况的反馈", sender=item.sender, text="已办理，情况如下。"),
        build.mail(subject="机密★一年 反馈", sender=item.sender, text="机密"),
        build.mail(subject="另一个单位的来信", sender="other@tancheng.example", text="你好。"),
    )
    page = visitor.page("/facts/F1")
    offered = [office.desk.store.mail(int(n)) for n in re.findall(r'name="mail" value="(\d+)"', page)]
    assert offered[0].id == since[0].id
    assert {mail.sender for mail in offered} == {item.sender}
    assert min(mail.arrived_at.date() for mail in offered) > item.arrived_at.date()
    assert since[1].id not in {mail.id for mail in offered}
    nothing = visitor.post("/facts/F1", "/facts/F1/answer", number="")
    assert "请选一封来信" in visitor.said(nothing)
    response = visitor.post("/facts/F1", "/facts/F1/answer", mail=str(since[0].id))
    assert "已登记批示反馈" in visitor.said(response)
    assert "已反馈" in plain(visitor.page("/facts/F1"))
    assert "关于批示办理情况的反馈" in visitor.page("/facts/F1")
    assert "等待反馈的批示" not in visitor.page("/facts")


def test_an_answer_that_came_from_elsewhere_is_named_by_its_number(office: Office, visitor: Visitor) -> None:
    """Any mail has a number on its page, whether it is an item or not."""
    instructed(office)
    (mail,) = office.take(build.mail(subject="批示反馈", sender="x@tancheng.example", text="情况如下。"))
    assert mail.number
    response = visitor.post("/facts/F1", "/facts/F1/answer", number=mail.number.lower())
    assert "已登记批示反馈" in visitor.said(response)
    assert entered(office)[0].answers == (mail.id,)
    wrong = visitor.post("/facts/F1", "/facts/F1/answer", number="20190301-ZZZZZZ")
    assert wrong.status_code == 404 and "20190301-ZZZZZZ" in text_of(wrong)


# ---- a table


def upload(visitor: Visitor, content: bytes, name: str = "三月.csv") -> str:
    """What the page says that follows."""
    token = visitor.token("/facts/import")
    form = {"csrf_token": token, "file": (io.BytesIO(content), name)}
    response = visitor.client.post("/facts/import", data=form, content_type="multipart/form-data")
    return visitor.said(response)


def table(*rows: str) -> bytes:
    return ("类型,日期,编号,刊物,单位,月份,人员\n" + "\n".join(rows) + "\n").encode()


def test_a_table_is_shown_before_it_is_entered(office: Office, visitor: Visitor) -> None:
    """All rows first, nothing written; then exactly these, and no letter to anybody."""
    first = items(office)[0]
    content = table(f"采用,2019-03-29,{first.number},县普刊,,,", "以干代训,,,,李庄镇,2019-03,张某、王某")
    before = dump(office)
    said = upload(visitor, content)
    assert "三月.csv：可以登记 2 项，还没有登记" in said
    assert title(first) in said and "李庄镇 2019-03 张某、王某" in said
    assert dump(office) == before
    sha256 = hidden(visitor.page("/facts/import"), "sha256")
    response = visitor.post("/facts/import", "/facts/import", sha256=sha256)
    assert "已从表格登记 2 项" in visitor.said(response)
    assert [entry.kind for entry in entered(office)] == ["secondment", "adoption"]
    assert office.desk.store.letters(kind=LetterKind.FEEDBACK) == []
    again = visitor.post("/facts/import", "/facts/import", sha256=sha256)
    assert "请重新选择文件" in visitor.said(again)
    assert len(entered(office)) == 2


def test_every_wrong_row_is_told_at_once(office: Office, visitor: Visitor) -> None:
    """By its row in the table; none is entered, and there is nothing to confirm."""
    first = items(office)[0]
    said = upload(
        visitor,
        table(
            f"采用,2019-03-29,{first.number},县普刊,,,",
            "采用,2019-03-29,20190301-ZZZZZZ,县普刊,,,",
            "表扬,2019-03-29,,,,,",
        ),
    )
    assert "有 2 行不对，没有登记任何内容" in said
    assert "第 3 行 没有编号为 20190301-ZZZZZZ 的报送信息" in said
    assert "第 4 行 不认识的类型“表扬”" in said
    assert "确认登记" not in said
    assert entered(office) == []


def test_what_came_between_is_told_instead_of_entered(office: Office, visitor: Visitor) -> None:
    """Somebody entered one of the rows meanwhile: the table is shown again with its fault."""
    first = items(office)[0]
    upload(visitor, table(f"采用,2019-03-29,{first.number},县普刊,,,"))
    sha256 = hidden(visitor.page("/facts/import"), "sha256")
    credit.adopt(office.desk, first.number, "县普刊", day=date(2019, 3, 29), who=WHO)
    response = visitor.post("/facts/import", "/facts/import", sha256=sha256)
    assert "第 2 行 已经登记过（F1，周某某 登记）" in visitor.said(response)
    assert len(entered(office)) == 1


def test_one_persons_table_is_not_anothers(office: Office, console: Flask, visitor: Visitor) -> None:
    """What waits for one reviewer's word is neither shown to another nor entered by them."""
    upload(visitor, table("以干代训,,,,李庄镇,2019-03,张某"))
    sha256 = hidden(visitor.page("/facts/import"), "sha256")
    other = Visitor(console, "admin")
    assert "三月.csv" not in other.page("/facts/import")
    assert "请重新选择文件" in other.said(other.post("/facts/import", "/facts/import", sha256=sha256))
    assert entered(office) == []


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"", "", "请先选择表格文件"),
        (b"%PDF-1.4", "a.pdf", "可用的是 .xlsx 和 .csv"),
        (b'"' + b"x" * 200_000, "a.csv", "可用的是 .xlsx 和 .csv"),
        ("单位,日期\n李庄镇,2019-03-29\n".encode(), "a.csv", "没有“类型”"),
    ],
)
def test_a_file_that_is_no_table_is_refused(visitor: Visitor, content: bytes, name: str, told: str) -> None:
    """And a table that was shown before is let go of, so that nobody confirms the wrong one."""
    upload(visitor, table("以干代训,,,,李庄镇,2019-03,张某"))
    assert told in upload(visitor, content, name)
    if name:
        assert "确认登记" not in visitor.page("/facts/import")


def test_a_table_of_more_than_a_megabyte_is_taken(office: Office, visitor: Visitor) -> None:
    """Sheets of Excel are large for what they hold; ordinary forms stay bounded."""
    padding = ",".join(["备注" * 1000] * 300)
    content = f"类型,单位,月份,人员\n以干代训,李庄镇,2019-03,张某,{padding}\n".encode()
    assert len(content) > 1_500_000
    assert "可以登记 1 项" in upload(visitor, content)
