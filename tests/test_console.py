"""The console as the section uses it: what each page shows, and what each form brings about."""

from __future__ import annotations

import ast
import hashlib
import io
import re
from datetime import timedelta
from pathlib import Path

import build
import pytest
from console_kit import (
    DRAFT,
    PASSWORD,
    PEOPLE,
    Office,
    Visitor,
    console_of,
    empty_office,
    hidden,
    plain,
    played_office,
    text_of,
)
from flask import Flask

from mailbot.console.words import FILE, Tables, Words
from mailbot.errors import MailbotError
from mailbot.model import (
    BulletinKind,
    BulletinState,
    Correspondent,
    LetterKind,
    LetterState,
    Month,
    Outcome,
    Source,
    SubmissionState,
)
from mailbot.policy import Resources, load_struct
from mailbot.workflow.bulletins import report
from mailbot.workflow.mail import receive
from mailbot.workflow.mail.reading import DirectReader
from mailbot.workflow.office import users
from mailbot.workflow.office.upkeep import CheckState

PACKAGE = Path(__file__).parents[1] / "mailbot"
ME = PEOPLE["review"]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return played_office(tmp_path)


@pytest.fixture
def reviewer(console: Flask) -> Visitor:
    return Visitor(console, "review")


def held_office(tmp_path: Path, more: str = "") -> Office:
    """One in which every answer waits for a person."""
    office = played_office(tmp_path)
    office.configure(f'[review]\nreceipts = "all"\n{more}')
    office.take(
        build.mail(
            subject="新办事大厅启用-县民政局-赵一-13900000001",
            files=[("稿.docx", build.docx("四月一日起，新的办事大厅启用。", title="新办事大厅启用"))],
        )
    )
    return office


# ---- pages


PAGES = (
    "/",
    "/items",
    "/items?month=all",
    "/mails",
    "/letters",
    "/bulletins",
    "/correspondents",
    "/state",
    "/account",
)


@pytest.mark.parametrize("path", PAGES)
def test_a_new_office_has_pages_that_say_that_nothing_is_there(tmp_path: Path, path: str) -> None:
    """No page fails for want of mails, letters, items, drafts or people."""
    office = empty_office(tmp_path)
    with console_of(office) as flask_app:
        page = Visitor(flask_app, "review").page(path)
    if path not in ("/state", "/account"):
        assert 'class="empty"' in page


def test_every_mail_letter_and_item_of_a_month_has_its_page(office: Office, reviewer: Visitor) -> None:
    """Whatever became of a mail, it can be looked at."""
    store = office.desk.store
    paths = [f"/mails/{m.id}" for m in store.mails(limit=100)]
    paths += [f"/letters/{x.id}" for x in store.letters(limit=100)]
    paths += [f"/items/{i.number}" for i in store.submissions()]
    assert len(paths) > 60
    for path in paths:
        assert "{" not in plain(reviewer.page(path))


def test_the_first_page_lists_what_waits_for_a_person(office: Office, reviewer: Visitor) -> None:
    """Held items, other matters, the draft to approve and proposed correspondents; not what was settled."""
    page = plain(reviewer.page("/"))
    for waiting in ("农业信息两篇", "推行交警护学岗制度", "草稿待核对批准", "待确认是否为信息员"):
        assert waiting in page
    assert "收到，谢谢" not in page


def test_a_decided_item_no_longer_waits_anywhere(office: Office, reviewer: Visitor) -> None:
    """Neither among the items nor, by its mail, among the other matters."""
    item = office.item("推行交警护学岗制度")
    path = f"/items/{item.number}"
    version = hidden(reviewer.page(path), "version")
    reviewer.post(path, f"{path}/decline", reason="已另行报送", version=version)
    assert "推行交警护学岗制度" not in reviewer.page("/")


def test_a_lookalike_stands_beside_the_item_it_resembles(office: Office, reviewer: Visitor) -> None:
    """Both texts, with what they share marked in both, and who sent the other one."""
    item = office.item("“路长制”")
    other = office.item("路长制＋公益岗")
    page = reviewer.page(f"/items/{item.number}")
    beside = page[page.index("对照：") :]
    assert other.number in page
    assert beside.count("<mark>设立镇、村两级路长") == 2 or beside.count("设立镇、村两级路长") == 2
    marked = re.findall(r"<mark>(.+?)</mark>", beside, re.S)
    assert sum("每周巡查不少于3次" in one for one in marked) == 2
    assert not any("3600平方米" in one for one in marked)


def test_the_word_file_can_be_opened_as_it_was_sent(office: Office, reviewer: Visitor) -> None:
    """An attachment under its own Chinese name, byte for byte, never shown in the page."""
    import hashlib

    item = office.item("“路长制”")
    response = reviewer.get(f"/items/{item.number}/file")
    assert hashlib.sha256(response.data).hexdigest() == item.document_sha256
    assert response.headers["Content-Type"] == "application/octet-stream"
    from urllib.parse import unquote

    disposition = unquote(response.headers["Content-Disposition"])
    assert disposition.startswith("attachment")
    assert disposition.endswith(item.document_name)


def test_the_file_of_a_completed_item_is_the_one_that_was_taken(office: Office, reviewer: Visitor) -> None:
    """Every item with a Word file gives that very file, whichever of its mails brought it."""
    import hashlib

    for item in office.desk.store.submissions():
        if item.document_sha256:
            response = reviewer.get(f"/items/{item.number}/file")
            assert hashlib.sha256(response.data).hexdigest() == item.document_sha256, item.number


@pytest.mark.parametrize(
    ("written", "expected"),
    [("..\\..\\a|b?.docx", "a"), ("稿\u202exod.docx", "稿xod.docx"), ("报告", "报告.docx")],
)
def test_a_saved_file_has_a_name_that_any_system_takes(tmp_path: Path, written: str, expected: str) -> None:
    """No path, no turned-round ending, and always an ending that opens in Word."""
    from urllib.parse import unquote

    from mailbot.model import Attachment
    from mailbot.workflow.mail import showing

    file = showing._saved(Attachment(name=written, content_type="x", content=b"x"), written)
    assert unquote(file.name).startswith(expected)
    assert file.name.endswith((".docx", ".doc"))
    assert not set(file.name) & set('\\/:*?"<>|\u202e')


def test_mails_are_filtered_by_outcome_and_found_by_words(office: Office, reviewer: Visitor) -> None:
    """The filter's choice stays chosen; a value nobody offers filters nothing."""
    page = reviewer.page("/mails?outcome=returned")
    assert page.count('class="tag returned"') == len(office.desk.store.mails(outcome=Outcome.RETURNED))
    assert '<option value="returned" selected>' in page
    found = reviewer.page("/mails?q=办公家具")
    assert found.count('data-label="主题"') == 1
    assert reviewer.page("/mails?outcome=nonsense&q=")


def test_items_are_filtered_by_month_unit_and_state(office: Office, reviewer: Visitor) -> None:
    """The month is this one unless another is chosen; the list of months begins with the first mail."""
    assert '<option value="2019-03">2019年3月</option>' in reviewer.page("/items")
    march = reviewer.page("/items?month=2019-03")
    assert "路长制" in march
    only = reviewer.page("/items?month=all&state=held&unit=高峰头镇")
    assert only.count('data-label="标题"') == 1
    assert "没有符合条件" in reviewer.page("/items?month=all&state=declined")


def test_the_months_reach_back_to_the_first_item(office: Office) -> None:
    """Three years later March 2019 can still be chosen."""
    office.clock.set(DRAFT + timedelta(days=3 * 365))
    with console_of(office) as flask_app:
        page = Visitor(flask_app, "view").page("/items")
    assert page.count('<option value="20') == 37
    assert '<option value="2019-03">' in page


def test_long_lists_come_in_pages_that_keep_the_filter(tmp_path: Path) -> None:
    """51 mails are a page of 50 and a page of 1."""
    office = empty_office(tmp_path)
    office.take(
        *(
            build.mail(subject=f"回复：收到，谢谢 {n}", text="收到，谢谢！", message_id=f"<{n}@a.example>")
            for n in range(51)
        )
    )
    outcome = office.desk.store.mails(limit=1)[0].outcome
    assert outcome is not None
    with console_of(office) as flask_app:
        visitor = Visitor(flask_app, "view")
        first = visitor.page(f"/mails?outcome={outcome}")
        assert first.count('data-label="主题"') == 50
        following = re.search(r'href="([^"]+)" rel="next"', first)
        assert following is not None
        second = visitor.page(following[1].replace("&amp;", "&"))
        assert second.count('data-label="主题"') == 1
        assert 'rel="next"' not in second
        for odd in ("-1", "0", "x", "99999999999999999999"):
            visitor.page(f"/mails?page={odd}")


# ---- letters


def test_a_held_letter_says_when_it_goes_by_itself(tmp_path: Path) -> None:
    """In the list and on its own page."""
    office = held_office(tmp_path, "release_after_minutes = 90\n")
    due = f"{office.clock.now() + timedelta(minutes=90):%Y-%m-%d %H:%M}"
    with console_of(office) as flask_app:
        visitor = Visitor(flask_app, "review")
        letter = office.letter("新办事大厅启用")
        assert f"{due} 自动发出" in plain(visitor.page("/"))
        assert due in plain(visitor.page(f"/letters/{letter.id}"))


def test_a_held_letter_is_edited_and_released_under_a_name(tmp_path: Path) -> None:
    """The edited words are what goes, the ones before stay on record."""
    office = held_office(tmp_path)
    letter = office.letter("新办事大厅启用")
    path = f"/letters/{letter.id}"
    with console_of(office) as flask_app:
        visitor = Visitor(flask_app, "review")
        version = hidden(visitor.page(path), "version")
        form = {"subject": letter.subject, "body": letter.body + "\r\n附言：辛苦了。", "version": version}
        assert "已保存" in visitor.said(visitor.post(path, f"{path}/edit", **form, then=""))
        assert office.desk.store.letter(letter.id).state is LetterState.HELD
        version = hidden(visitor.page(path), "version")
        said = visitor.said(
            visitor.post(path, f"{path}/edit", **{**form, "version": version}, then="release")
        )
        assert "已同意发出" in said
        assert "修改前的文字" in visitor.page(path)
    now = office.desk.store.letter(letter.id)
    assert now.state is LetterState.READY
    assert "\r" not in now.body
    assert now.body.endswith("附言：辛苦了。")
    assert office.event("edited").who == office.event("released").who == ME
    assert len(office.desk.store.events(subject=f"letter:{letter.id}", verb="edited")) == 1
    assert office.event("edited").details["body_before"] == letter.body


def test_a_letter_released_as_it_is_was_not_edited(tmp_path: Path) -> None:
    """A browser's line ends are no edit."""
    office = held_office(tmp_path)
    letter = office.letter("新办事大厅启用")
    path = f"/letters/{letter.id}"
    with console_of(office) as flask_app:
        visitor = Visitor(flask_app, "review")
        body = letter.body.replace("\n", "\r\n")
        version = hidden(visitor.page(path), "version")
        visitor.post(path, f"{path}/edit", subject=letter.subject, body=body, version=version, then="release")
    assert office.desk.store.letter(letter.id).state is LetterState.READY
    assert office.desk.store.letter(letter.id).body == letter.body
    assert office.desk.store.events(verb="edited") == []


def test_of_two_people_who_edit_the_second_is_told(tmp_path: Path) -> None:
    """Nothing is overwritten, and what the second one typed is given back."""
    office = held_office(tmp_path)
    letter = office.letter("新办事大厅启用")
    path = f"/letters/{letter.id}"
    with console_of(office) as flask_app:
        first, second = Visitor(flask_app, "review"), Visitor(flask_app, "admin")
        version = hidden(first.page(path), "version")
        form = {"subject": letter.subject, "version": version, "then": ""}
        assert first.post(path, f"{path}/edit", body="甲的文字", **form).status_code == 303
        late = second.post(path, f"{path}/edit", body="乙的文字", **form)
        assert late.status_code == 409
        assert "别人已经改过" in text_of(late)
        assert "乙的文字" in text_of(late)
        assert f'href="{path}"' in late.get_data(as_text=True)
        withdrawn = second.post(path, f"{path}/withdraw", version=version)
        assert withdrawn.status_code == 409
    assert office.desk.store.letter(letter.id).body == "甲的文字"


def test_an_empty_letter_is_not_saved(tmp_path: Path) -> None:
    """Nor one whose form lacks the version it was read at."""
    office = held_office(tmp_path)
    letter = office.letter("新办事大厅启用")
    path = f"/letters/{letter.id}"
    with console_of(office) as flask_app:
        visitor = Visitor(flask_app, "review")
        good = {"subject": "回执", "body": "文字", "version": 1}
        for spoilt in ({"subject": " "}, {"body": "\r\n"}, {"version": "x"}, {"version": ""}):
            assert visitor.post(path, f"{path}/edit", **{**good, **spoilt}).status_code == 400
    assert office.desk.store.letter(letter.id) == letter


def test_a_held_letter_is_withdrawn_for_good(tmp_path: Path) -> None:
    """It cannot be released any more, and the page says why."""
    office = held_office(tmp_path)
    letter = office.letter("新办事大厅启用")
    path = f"/letters/{letter.id}"
    with console_of(office) as flask_app:
        visitor = Visitor(flask_app, "review")
        version = hidden(visitor.page(path), "version")
        assert "已撤销" in visitor.said(visitor.post(path, f"{path}/withdraw", version=version))
        again = visitor.post(
            path, f"{path}/edit", subject=letter.subject, body=letter.body, version=version, then="release"
        )
        assert again.status_code == 409
    assert office.desk.store.letter(letter.id).state is LetterState.WITHDRAWN
    assert office.event("withdrawn").who == ME


@pytest.mark.parametrize("state", ["failed", "uncertain"])
def test_a_letter_that_did_not_arrive_is_sent_again_on_a_persons_word(
    office: Office, console: Flask, reviewer: Visitor, state: str
) -> None:
    """It waits on the first page with the host's reason in words, and goes again under a name."""
    letter = office.letter("退回补正")
    store = office.desk.store
    with store.transaction():
        store.mark_failed(letter.id, "smtp_refused host=mx.example text=550 no such user")
    if state == "uncertain":
        letter = _in_doubt(office)
    path = f"/letters/{letter.id}"
    assert path in reviewer.page("/")
    page = plain(reviewer.page(path))
    assert "smtp_refused" not in page
    assert "已重新列入待发送" in reviewer.said(reviewer.post(path, f"{path}/send-again"))
    assert office.desk.store.letter(letter.id).state is LetterState.READY
    assert office.event("sent_again").who == ME


def _in_doubt(office: Office) -> object:
    from mailbot.model import Letter

    office.configure('[review]\nreceipts = "none"')
    office.take(build.mail(subject="没有附件-县民政局-赵一-13900000001", text="请收"))
    store = office.desk.store
    with store.transaction():
        letter = store.claim_letter(office.clock.now())
        assert isinstance(letter, Letter)
        store.mark_uncertain(letter.id, None, "smtp_cut host=mx.example")
    return letter


# ---- mails


def test_other_matters_are_marked_as_read_once(office: Office, reviewer: Visitor) -> None:
    """Then they are off the first page; a second click leaves no second line."""
    mail = office.mail("办公家具特价促销")
    path = f"/mails/{mail.id}"
    assert path in reviewer.page("/")
    reviewer.post(path, f"{path}/read")
    reviewer.post(path, f"{path}/read")
    assert path not in reviewer.page("/")
    assert "已阅处</button>" not in reviewer.page(path)
    assert [e.who for e in office.desk.store.events(subject=f"mail:{mail.id}", verb="read")] == [ME]


def test_a_parked_mail_is_read_again_on_a_persons_word(
    office: Office, console: Flask, reviewer: Visitor
) -> None:
    """It waits on the first page with the cause, and is not opened meanwhile by the console itself."""
    store = office.desk.store
    _, mail_id = store.admit(
        key="folder:x", sha256=store.spool(b"Subject: x\r\n\r\nx", office.clock.now()), size=15,
        arrived_at=office.clock.now(), spooled=True, now=office.clock.now(),
    )  # fmt: skip
    with store.transaction():
        store.note_failure(mail_id, "reading took more than 30 s", park=True)
    path = f"/mails/{mail_id}"
    assert path in reviewer.page("/")
    assert "30 s" in plain(reviewer.page(path))
    viewer = Visitor(console, "view")
    assert viewer.get(f"{path}/file").status_code == 403
    assert f"{path}/file" not in viewer.page(path)
    assert reviewer.get(f"{path}/file").status_code == 200
    assert "已列入重新读取" in reviewer.said(reviewer.post(path, f"{path}/retry"))
    assert office.event("retried").who == ME
    assert reviewer.post(path, f"{path}/retry").status_code == 409
    assert "（尚未读取）" in reviewer.page(path)


def test_a_mail_that_was_too_large_is_called_so_with_its_size(office: Office, reviewer: Visitor) -> None:
    """In the lists and on its own page, where it has neither subject nor sender."""
    store = office.desk.store
    with store.transaction():
        store.admit(
            key="big", sha256=hashlib.sha256(b"big").hexdigest(), size=90_000_000,
            arrived_at=office.clock.now(), spooled=False, now=office.clock.now(),
        )  # fmt: skip
    intake = office.app.policy.intake
    receive.process(office.desk, DirectReader(intake.mail, intake.document))
    mail = office.desk.store.mails(limit=1)[0]
    for path in ("/", "/mails", f"/mails/{mail.id}"):
        assert "（超大来信，85.8 MB，没有收取）" in text_of(reviewer.get(path)), path
    assert "来信 85.8 MB，超过 50 MB，没有读取" in text_of(reviewer.get(f"/mails/{mail.id}"))


def test_the_original_mail_is_handed_out_as_a_file(office: Office, reviewer: Visitor) -> None:
    """Byte for byte, never as something a browser would show."""
    mail = office.mail("办公家具特价促销")
    response = reviewer.get(f"/mails/{mail.id}/file")
    assert response.data == office.desk.store.raw(mail.sha256)
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"] == (
        f"attachment; filename=\"{mail.number}.eml\"; filename*=UTF-8''{mail.number}.eml"
    )


# ---- items


def test_a_held_item_is_accepted_with_unit_and_title_put_right(office: Office, reviewer: Visitor) -> None:
    """It counts, its receipt is queued in the thread, and the record names the person."""
    item = office.item("推行交警护学岗制度")
    path = f"/items/{item.number}"
    form = {"unit": "县司法局", "title": "推行护学岗制度", "version": hidden(reviewer.page(path), "version")}
    assert "已登记，回执已列入待发送" in reviewer.said(reviewer.post(path, f"{path}/accept", **form))
    now = office.desk.store.submission(item.number)
    assert now.state is SubmissionState.ACCEPTED
    assert now.fields.unit is not None and now.fields.title is not None
    assert (now.fields.unit.value, now.fields.unit.source) == ("县司法局", Source.PERSON)
    assert (now.fields.title.value, now.fields.title.source) == ("推行护学岗制度", Source.PERSON)
    letter = office.desk.store.letter_for_mail(item.mail_id)
    assert letter is not None
    assert (letter.kind, letter.state) == (LetterKind.RECEIPT, LetterState.READY)
    assert "县司法局" in letter.body
    exchange = plain(reviewer.page(path)).partition("来往信件")[2].partition("办理记录")[0]
    in_turn = r"来信 推行交警护学岗制度.* 待审 .*待审通知 回执：.*已发出 .*回执 回执：.*待发送"
    assert re.search(in_turn, exchange), exchange
    assert office.event("accepted").who == ME
    assert reviewer.post(path, f"{path}/accept", **form).status_code == 409


@pytest.mark.parametrize("unit", ["", "某某单位", "<b>"])
def test_an_item_is_accepted_only_for_a_unit_of_the_roster(
    office: Office, reviewer: Visitor, unit: str
) -> None:
    """A form that was tampered with changes nothing."""
    item = office.item("农业信息两篇")
    path = f"/items/{item.number}"
    version = hidden(reviewer.page(path), "version")
    reviewer.post(path, f"{path}/accept", unit=unit, title="题", version=version)
    assert office.desk.store.submission(item.number).state is SubmissionState.HELD


def test_an_item_renewed_meanwhile_is_not_decided_unseen(office: Office, reviewer: Visitor) -> None:
    """A new version came between looking and deciding: look again."""
    item = office.item("农业信息两篇")
    path = f"/items/{item.number}"
    version = hidden(reviewer.page(path), "version")
    store = office.desk.store
    with store.transaction():
        store.amend_submission(item.number, fields=item.fields)
    for verb, form in (("accept", {"unit": "县农业农村局", "title": "题"}), ("decline", {"reason": "重复"})):
        late = reviewer.post(path, f"{path}/{verb}", version=version, **form)
        assert late.status_code == 409
        assert "别人已经改过" in text_of(late)
    assert office.desk.store.submission(item.number).state is SubmissionState.HELD


def test_of_several_word_files_a_person_picks_the_item(office: Office, reviewer: Visitor) -> None:
    """The one that was taken is marked; another one takes its place, and the receipt names what was left."""
    item = office.item("农业信息两篇")
    path = f"/items/{item.number}"
    page = reviewer.page(path)
    offered = re.findall(r'type="radio" name="file" value="([0-9a-f]{64})"( checked)?', page)
    assert [bool(marked) for _, marked in offered] == [True, False]
    form = {"unit": "李庄镇", "title": "第二篇", "file": offered[1][0], "version": hidden(page, "version")}
    assert "已登记" in reviewer.said(reviewer.post(path, f"{path}/accept", **form))
    now = office.desk.store.submission(item.number)
    assert now.document_sha256 == offered[1][0] != item.document_sha256
    letter = office.desk.store.letter_for_mail(item.mail_id)
    assert letter is not None and "“小麦‘一喷三防’进展.docx”没有登记" in letter.body
    assert hashlib.sha256(reviewer.get(f"{path}/file").data).hexdigest() == offered[1][0]


def test_what_is_registered_is_put_right_and_told(office: Office, reviewer: Visitor) -> None:
    """Fields left as they are keep their source; the history shows before and after."""
    item = office.item("一门受理")
    path = f"/items/{item.number}"
    page = reviewer.page(path)
    assert item.fields.contacts is not None
    form = {name: hidden(page, name) for name in ("title", "submitters", "contacts", "version")}
    assert form["contacts"] == "、".join(item.fields.contacts.value)
    form |= {"unit": "县民政局", "submitters": "彭一鸣，秦时月", "tell": "1"}
    assert "更正回执已列入待发送" in reviewer.said(reviewer.post(path, f"{path}/correct", **form))
    now = office.desk.store.submission(item.number)
    assert now.fields.submitters is not None and now.fields.contacts == item.fields.contacts
    assert now.fields.submitters.value == ("彭一鸣", "秦时月")
    assert office.event("corrected").who == ME
    (letter,) = office.desk.store.letters(kind=LetterKind.CORRECTED)
    assert "报 送 人：彭一鸣、秦时月" in letter.body
    shown = text_of(reviewer.get(path))
    assert "报送人： 彭一鸣 改为 彭一鸣、秦时月" in shown
    assert "改动" in text_of(
        reviewer.post(path, f"{path}/correct", **{**form, "version": str(now.row_version)})
    )


def test_a_held_item_is_declined_with_a_reason(office: Office, reviewer: Visitor) -> None:
    """The reason is on record and shown; without one nothing happens."""
    item = office.item("会议通知")
    path = f"/items/{item.number}"
    version = hidden(reviewer.page(path), "version")
    assert "请填写" in reviewer.said(reviewer.post(path, f"{path}/decline", reason=" ", version=version))
    assert "checked" not in re.search(r'<input[^>]*name="tell"[^>]*>', reviewer.page(path))[0]  # type: ignore[index]
    quiet = reviewer.post(path, f"{path}/decline", reason="会议通知，不是信息", version=version)
    assert "没有发信" in reviewer.said(quiet)
    assert office.desk.store.submission(item.number).state is SubmissionState.DECLINED
    assert office.event("declined").who == ME
    assert "会议通知，不是信息" in reviewer.page(path)


def test_who_waits_for_an_answer_gets_it_when_an_item_is_declined(office: Office, reviewer: Visitor) -> None:
    """The box is ticked where a held notice has gone out."""
    item = office.item("农业信息两篇")
    path = f"/items/{item.number}"
    page = reviewer.page(path)
    ticked = re.search(r'<input[^>]*name="tell"[^>]*>', page)
    assert ticked is not None and "checked" in ticked[0]
    form = {"reason": "请分两封邮件报送", "tell": "1", "version": hidden(page, "version")}
    assert "已列入待发送" in reviewer.said(reviewer.post(path, f"{path}/decline", **form))
    (letter,) = office.desk.store.letters(kind=LetterKind.DECLINED)
    assert "说明：请分两封邮件报送。" in letter.body


# ---- bulletins


def confirm_two(office: Office) -> None:
    store = office.desk.store
    with store.transaction():
        for address, unit in (("a@oa.tancheng.example", "李庄镇"), ("b@oa.tancheng.example", "县水利局")):
            store.save_correspondent(Correspondent(address=address, unit=unit, name="周正"))


def test_a_bulletin_is_approved_for_its_very_file_under_a_name(office: Office, reviewer: Visitor) -> None:
    """The page shows recipients and units that get none; one letter goes to each recipient."""
    confirm_two(office)
    bulletin = office.desk.store.bulletins()[0]
    path = f"/bulletins/{bulletin.id}/approve"
    page = reviewer.page(path)
    assert bulletin.sha256 in page
    for shown in ("a@oa.tancheng.example", "b@oa.tancheng.example", "47 个，没有已确认的信息员", "归昌乡"):
        assert shown in plain(page)
    unchecked = reviewer.post(path, path, sha256=hidden(page, "sha256"))
    assert "请先下载文件核对" in reviewer.said(unchecked)
    said = reviewer.said(reviewer.post(path, path, sha256=hidden(page, "sha256"), checked="1"))
    assert "共 2 份列入待发送" in said
    now = office.desk.store.bulletins()[0]
    assert (now.state, now.approved_by) == (BulletinState.APPROVED, ME)
    letters = office.desk.store.letters(kind=LetterKind.BULLETIN)
    assert {letter.recipient for letter in letters} == {"a@oa.tancheng.example", "b@oa.tancheng.example"}
    assert office.event("approved").who == ME
    again = reviewer.post(path, path, sha256=bulletin.sha256, checked="1")
    assert again.status_code == 409
    assert ME in text_of(again)


def test_a_draft_changed_after_it_was_shown_is_not_approved(office: Office, reviewer: Visitor) -> None:
    """Somebody accepted an item and drafted anew between the page and the button: nothing goes."""
    confirm_two(office)
    bulletin = office.desk.store.bulletins()[0]
    path = f"/bulletins/{bulletin.id}/approve"
    seen = hidden(reviewer.page(path), "sha256")
    item = office.item("农业信息两篇")
    page = f"/items/{item.number}"
    version = hidden(reviewer.page(page), "version")
    reviewer.post(page, f"{page}/accept", unit="县农业农村局", title="题", version=version)
    assert "草稿已生成" in reviewer.said(reviewer.post("/bulletins", "/bulletins/draft", month="2019-03"))
    assert office.event("drafted").who == ME
    late = reviewer.post(path, path, sha256=seen, checked="1")
    assert late.status_code == 409
    assert "不是同一份" in text_of(late)
    assert office.desk.store.bulletins()[0].state is BulletinState.DRAFT
    assert office.desk.store.letters(kind=LetterKind.BULLETIN) == []


@pytest.mark.parametrize("month", ["2019-13", "1999-01", "x", "", "2030-01"])
def test_only_months_that_are_offered_are_drafted(office: Office, reviewer: Visitor, month: str) -> None:
    """A tampered form is refused in words."""
    response = reviewer.post("/bulletins", "/bulletins/draft", month=month)
    assert response.status_code == 400
    assert "不是月份" in text_of(response)


def test_a_draft_put_right_in_word_is_what_is_approved(office: Office, reviewer: Visitor) -> None:
    """What is handed back has a checksum of its own; a PDF is refused, a redraft asked for twice."""
    drafted = office.desk.store.bulletins()[0]
    path = f"/bulletins/{drafted.id}/replace"
    assert "请先选择" in reviewer.said(reviewer.post("/bulletins", path))
    refused = reviewer.post("/bulletins", path, file=(io.BytesIO(build.fake("pdf")), "通报.pdf"))
    assert (refused.status_code, "通报.pdf" in text_of(refused)) == (400, True)
    edited = build.docx("改好的通报全文。" * 20, title="通报")
    done = reviewer.post("/bulletins", path, file=(io.BytesIO(edited), "改好.docx"))
    assert "定稿已交回" in reviewer.said(done)
    now = office.desk.store.bulletins()[0]
    assert office.desk.store.bulletin_file(now.sha256) == edited
    assert now.uploaded_by
    assert reviewer.post("/bulletins", "/bulletins/draft", month=now.period).status_code == 409
    again = reviewer.post("/bulletins", "/bulletins/draft", month=now.period, force="1")
    assert "草稿已生成" in reviewer.said(again)


def test_the_bulletin_is_downloaded_under_its_chinese_name(office: Office, reviewer: Visitor) -> None:
    """As the Word file that will be sent."""
    from urllib.parse import unquote

    bulletin = office.desk.store.bulletin(BulletinKind.MONTHLY, "2019-03")
    assert bulletin is not None
    response = reviewer.get(f"/bulletins/{bulletin.id}/file")
    assert response.data == office.desk.store.bulletin_file(bulletin.sha256)
    assert unquote(response.headers["Content-Disposition"]).endswith(bulletin.file_name)


# ---- people


def test_a_proposed_correspondent_is_confirmed_or_refused(office: Office, reviewer: Visitor) -> None:
    """Confirmed ones are recipients from then on; refused ones are off the list and not proposed again."""
    proposed = office.desk.store.correspondents(confirmed=False)
    yes, no = proposed[0], next(p for p in proposed if p.unit != proposed[0].unit)
    form = {"address": yes.address, "unit": yes.unit, "name": yes.name}
    assert "已确认" in reviewer.said(reviewer.post("/correspondents", "/correspondents/confirm", **form))
    assert office.event("correspondent_confirmed").who == ME
    form = {"address": no.address, "unit": no.unit, "name": no.name}
    assert "已停用" in reviewer.said(reviewer.post("/correspondents", "/correspondents/end", **form))
    page = reviewer.page("/correspondents")
    assert f"停用 {yes.address}" in page
    assert f"确认 {no.address}" not in page
    assert office.desk.store.correspondent(yes.address, office.clock.now().date()) is not None


def test_a_correspondent_is_entered_by_hand_ended_and_entered_again(
    office: Office, reviewer: Visitor
) -> None:
    """Entering one that was ended brings them back; one that stands already is told so."""
    form = {
        "address": " Zhou@OA.tancheng.example ",
        "unit": "李庄镇",
        "name": "周正",
        "phone": "0539-6100000",
    }
    assert "已登记" in reviewer.said(reviewer.post("/correspondents", "/correspondents", **form))
    known = office.desk.store.correspondent("zhou@oa.tancheng.example", office.clock.now().date())
    assert known is not None and (known.unit, known.name) == ("李庄镇", "周正")
    again = reviewer.post("/correspondents", "/correspondents", **form)
    assert "已登记为李庄镇的信息员" in text_of(again)
    other = reviewer.post("/correspondents", "/correspondents", **{**form, "unit": "县水利局"})
    assert "一个邮箱只能属于一个单位" in text_of(other)
    gone = {"address": "zhou@oa.tancheng.example", "unit": "李庄镇", "name": "周正"}
    reviewer.post("/correspondents", "/correspondents/end", **gone)
    assert office.desk.store.correspondent("zhou@oa.tancheng.example", office.clock.now().date()) is None
    assert "已登记" in reviewer.said(reviewer.post("/correspondents", "/correspondents", **form))
    assert office.desk.store.correspondent("zhou@oa.tancheng.example", office.clock.now().date()) is not None
    assert office.event("correspondent_ended").who == office.event("correspondent_added").who == ME


def test_an_address_without_a_name_is_not_listed_beside_its_owner(office: Office, reviewer: Visitor) -> None:
    """The first mail of a unit named nobody, the next one did: one line, and refusing it refuses both."""
    page = reviewer.page("/correspondents")
    assert page.count("不采纳 jtj@mail.example") == 1
    form = {"address": "jtj@mail.example", "unit": "县教体局", "name": "崔念慈"}
    reviewer.post("/correspondents", "/correspondents/end", **form)
    assert "jtj@mail.example" not in reviewer.page("/correspondents")


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("address", "不是邮箱", "不是一个完整的邮箱地址"),
        ("unit", "某某单位", "单位名单上没有"),
        ("name", "甲" * 41, "姓名超过 40 个字"),
        ("phone", "电话", "电话不是号码"),
    ],
)
def test_a_wrong_entry_is_shown_again_with_what_is_wrong(
    office: Office, reviewer: Visitor, key: str, value: str, told: str
) -> None:
    """What was right stays in the form; nothing is registered."""
    before = office.desk.store.correspondents()
    form = {"address": "a@b.example", "unit": "李庄镇", "name": "周正", "phone": "6100000", key: value}
    response = reviewer.post("/correspondents", "/correspondents", **form)
    page = response.get_data(as_text=True)
    assert told in plain(page)
    assert f'value="{form["phone"]}"' in page
    assert office.desk.store.correspondents() == before


# ---- state and troubles


@pytest.mark.parametrize("lane", ["intake", "sending", "timetable"])
def test_a_lane_that_fails_is_told_on_every_page(office: Office, reviewer: Visitor, lane: str) -> None:
    """In words, with what to do, until it goes well again."""
    store = office.desk.store
    with store.transaction():
        store.set_note(f"{lane}_error", "dns_failed host=imap.gov.example")
    for path in PAGES:
        page = reviewer.page(path)
        assert 'class="banner"' in page
        assert "imap.gov.example" in page
        assert "dns_failed" not in page
    with office.desk.store.transaction():
        office.desk.store.set_note(f"{lane}_error", "")
    assert 'class="banner"' not in reviewer.page("/")


def test_a_worker_that_stopped_is_told_on_every_page(office: Office, reviewer: Visitor) -> None:
    """No error was noted, but nothing has gone well for too long."""
    with office.desk.store.transaction():
        office.desk.store.set_note("intake_ok_at", (office.clock.now() - timedelta(hours=2)).isoformat())
    assert "120 分钟没有正常运行" in plain(reviewer.page("/mails"))


def test_the_state_page_shows_each_check_and_who_did_what(office: Office, reviewer: Visitor) -> None:
    """Lanes, outbox, parked, bulletin, disk; and the record of people's acts."""
    mail = office.mail("办公家具特价促销")
    reviewer.post(f"/mails/{mail.id}", f"/mails/{mail.id}/read")
    page = plain(reviewer.page("/state"))
    for shown in ("收信", "发信", "定时任务", "磁盘空间", "剩余", "通报", f"{ME} 已阅处 来信 {mail.id}"):
        assert shown in page


def test_the_record_of_acts_leads_to_what_was_done(office: Office, reviewer: Visitor) -> None:
    """A 通报 by its name, to its own page."""
    found = office.desk.store.bulletins()[0]
    report.draft_month(office.desk, Month.parse(found.period), by=ME)
    page = reviewer.page("/state")
    assert re.search(rf'href="/bulletins/{found.id}"><bdi>2019年3月份政务信息工作情况的通报</bdi>', page)


# ---- one's own account


def test_people_change_their_own_password(office: Office, console: Flask, reviewer: Visitor) -> None:
    """The old one is asked for; other places are logged out, this one is not."""
    elsewhere = Visitor(console, "review")
    form = {"password": PASSWORD, "new": "夜来风雨声花落知多少", "again": "夜来风雨声花落知多少"}
    for spoilt, told in (
        ({"password": "错的密码错的密码"}, "现在的密码不正确"),
        ({"again": "别的"}, "两次输入的新密码不一样"),
        ({"new": "短", "again": "短"}, "密码太简单"),
    ):
        assert told in text_of(reviewer.post("/account", "/account", **{**form, **spoilt}))
    assert "密码已更改" in reviewer.said(reviewer.post("/account", "/account", **form))
    assert reviewer.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert office.event("user_password_changed").who == ME
    assert Visitor(console).login(ME, form["new"]).status_code == 303


def test_a_user_may_not_bear_mailbots_own_name(office: Office) -> None:
    """The record says 'mailbot' where no person acted; blanks around a name are nobody's name."""
    for name in ("mailbot", " Mailbot ", "", "甲\n乙"):
        with pytest.raises(MailbotError, match="user_bad_name"):
            users.add(office.desk, name, "view", PASSWORD, by="tests")
    users.add(office.desk, "  周 正 ", "view", PASSWORD, by="tests")
    assert office.desk.store.user("周 正") is not None


# ---- words


def tables() -> Tables:
    return load_struct(Resources(None), FILE, Tables)


def test_every_code_of_the_model_has_a_word() -> None:
    """Exactly the members of the enums, so that no page shows a code."""
    words = tables()
    assert set(words.outcome) == {o.value for o in Outcome}
    assert set(words.letter_state) == {s.value for s in LetterState}
    assert set(words.letter_kind) == {k.value for k in LetterKind}
    assert set(words.item_state) == {s.value for s in SubmissionState}
    assert set(words.bulletin_state) == {s.value for s in BulletinState}
    assert set(words.check_state) == {s.value for s in CheckState}
    assert set(words.source) == {s.value for s in Source}
    assert set(words.role) == set(users.ROLES)


def logged_verbs() -> set[str]:
    """First arguments of desk.log and verb= anywhere in the workflow, constants of either branch."""
    verbs = set()
    for module in sorted((PACKAGE / "workflow").rglob("*.py")):
        tree = ast.parse(module.read_text("utf-8"))
        names = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute | ast.Name):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            places = [k.value for k in node.keywords if k.arg == "verb"]
            places += node.args[:1] if name == "log" else []
            for part in (p for place in places for p in ast.walk(place)):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    verbs.add(part.value)
                elif isinstance(part, ast.Name) and part.id in names:
                    verbs.add(names[part.id])
    return verbs - {"at_dot", "True"}


def test_every_verb_of_the_record_has_a_word() -> None:
    """Whatever the workflow logs, the history on a page tells it in Chinese."""
    verbs = logged_verbs()
    assert {"judged", "login_locked", "user_added", "parked", "approved"} <= verbs
    assert verbs - set(tables().verb) == set()


def test_remedies_belong_to_errors_and_name_no_command_of_the_clerk() -> None:
    """A remedy for an error nobody raises is dead; the section has no command line."""
    office_words = Words.load(Resources(None), {})
    from mailbot.policy import load_wording

    messages = load_wording(Resources(None)).messages
    for code, remedy in office_words.tables.remedy.items():
        assert f"errors.{code}.what" in messages, code
        assert "管理员" in remedy or "mailbot" not in remedy, code


def raised_codes(*modules: str) -> set[str]:
    codes = set()
    for name in modules:
        text = (PACKAGE / name).read_text("utf-8")
        codes |= set(re.findall(r'(?:StateError|NotFound|ConfigError)\(\s*"([a-z_]+)"', text))
    return codes


def test_what_the_console_can_raise_sends_nobody_to_a_command() -> None:
    """Each error of the verbs behind the pages has a sentence, and a remedy that a clerk can follow."""
    from mailbot.policy import load_wording

    words = Words(tables(), load_wording(Resources(None)).messages)
    codes = raised_codes(
        "workflow/mail/review.py", "workflow/mail/correct.py", "workflow/mail/showing.py",
        "workflow/office/people.py", "workflow/office/users.py",
        "store/outbox.py", "store/ledger.py", "store/submissions.py", "store/bulletins.py", "store/people.py",
    )  # fmt: skip
    command_line_only = {"user_exists"}
    assert len(codes) > 20
    for code in sorted(codes - command_line_only):
        told = words.told(MailbotError(code))
        assert code not in told, code
        assert not re.search(r"mailbot |--\w", told), (code, told)


def test_an_error_without_a_sentence_is_still_told() -> None:
    """With its code, for whoever maintains it."""
    from mailbot.policy import load_wording

    words = Words(tables(), load_wording(Resources(None)).messages)
    assert "nonsense" in words.told(MailbotError("nonsense", a="b"))
    assert words.noted("ValueError: x") == "ValueError: x"
