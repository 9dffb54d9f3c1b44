"""The console's pages of 通报 of every kind, and of exports: what they show, what each form brings about."""

from __future__ import annotations

import io
import random
import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import build
import docx
import openpyxl
import pytest
import solicited
from console_kit import (
    PEOPLE,
    Office,
    Visitor,
    console_of,
    empty_office,
    hidden,
    plain,
    played_office,
    put_soffice,
    text_of,
)
from flask import Flask
from werkzeug.test import TestResponse

from mailbot.console import web
from mailbot.console.context import Console
from mailbot.console.words import FILE, Tables, Words
from mailbot.errors import MailbotError, StateError
from mailbot.facts import Adoption
from mailbot.model import (
    Bulletin,
    BulletinKind,
    BulletinState,
    LetterKind,
    LetterState,
    Month,
    Passage,
    SubmissionState,
)
from mailbot.policy import Resources, load_struct, load_wording
from mailbot.workflow.bulletins import final, gazette, pdf, report
from mailbot.workflow.bulletins.export import Table
from mailbot.workflow.mail import correct
from mailbot.workflow.marks import credit
from mailbot.workflow.office import people
from mailbot.workflow.solicitations import solicit

ME = PEOPLE["review"]
MARCH = Month(2019, 3)
PACKAGE = Path(__file__).parents[1] / "mailbot"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """April 1st, 08:00: the draft on March is there, three units have a correspondent."""
    made = played_office(tmp_path)
    for unit in ("县民政局", "县水利局", "县商务局"):
        people.add(made.desk, address=solicited.UNITS[unit], unit=unit, name="周正", phone="", by=ME)
    return made


@pytest.fixture
def reviewer(console: Flask) -> Visitor:
    return Visitor(console, "review")


def of(office: Office, kind: BulletinKind, period: str) -> Bulletin:
    found = office.desk.store.bulletin(kind, period)
    assert found is not None, period
    return found


def march(office: Office) -> Bulletin:
    return of(office, BulletinKind.MONTHLY, "2019-03")


def approved(office: Office) -> Bulletin:
    found = march(office)
    report.approve(office.desk, found.id, sha256=found.sha256, by=ME)
    return march(office)


def text_in(office: Office, bulletin: Bulletin) -> str:
    found = docx.Document(io.BytesIO(office.desk.store.bulletin_file(bulletin.sha256)))
    cells = (cell.text for table in found.tables for row in table.rows for cell in row.cells)
    return "\n".join((*(p.text for p in found.paragraphs), *cells))


def written(page: str, name: str) -> str:
    """What stands in a field of several lines."""
    found = re.search(rf'<textarea[^>]* name="{name}"[^>]*>\n(.*?)</textarea>', page, re.S)
    assert found is not None, name
    return unescape(found[1])


def kept_page(response: TestResponse, status: int) -> str:
    """The page of a form that was refused: a form again, not an error page."""
    page = response.get_data(as_text=True)
    assert response.status_code == status, plain(page)
    assert 'class="flash error"' in page
    assert 'class="mail kept"' not in page
    return page


def passages(visitor: Visitor, path: str, **texts: str) -> dict[str, str]:
    """The form of a page's passages, filled in."""
    page = visitor.page(path)
    names = re.findall(r'<textarea[^>]* name="(\w+)"', page)
    return {"seen": hidden(page, "seen"), **{name: written(page, name) for name in names}, **texts}


# ---- the list and the page ---------------------------------------------------------------------------------


def test_the_list_names_kind_and_period_with_drafts_first(office: Office, reviewer: Visitor) -> None:
    """What was approved stands under its year, newest first; a filter by kind leaves the drafts."""
    for month in (Month(2018, 12), Month(2019, 1), Month(2019, 2)):
        report.draft_month(office.desk, month, by=ME)
        found = of(office, BulletinKind.MONTHLY, str(month))
        office.clock.sleep(60)
        report.approve(office.desk, found.id, sha256=found.sha256, by=ME)
    shown = plain(reviewer.page("/bulletins"))
    places = [shown.index(f"{month}份政务信息") for month in ("2019年3月", "2019年2月", "2019年1月")]
    assert places == sorted(places)
    assert "2018年12月份政务信息" not in shown
    assert "2018年12月份政务信息" in plain(reviewer.page("/bulletins?year=2018"))
    assert "月通报 2019年3月份政务信息工作情况的通报" in shown
    of_kind = plain(reviewer.page("/bulletins?year=2019&kind=annual"))
    assert "2019年3月份政务信息" in of_kind
    assert "没有符合条件的通报" in of_kind


def test_the_first_page_leads_to_each_draft(office: Office, reviewer: Visitor) -> None:
    """And the draft's page says who made it, and what is to be settled before."""
    path = f"/bulletins/{march(office).id}"
    assert f'href="{path}"' in reviewer.page("/")
    shown = plain(reviewer.page(path))
    assert "批准以前请先办" in shown
    assert "件来稿待审" in shown
    assert "系统 生成草稿" in shown
    assert march(office).sha256 in shown


def test_a_draft_says_that_the_record_has_moved_on(office: Office, reviewer: Visitor) -> None:
    """On its page and before approval, with the button that draws it again; after that it says so no more."""
    path = f"/bulletins/{march(office).id}"
    told = "登记的内容又有变动"
    assert told not in reviewer.page(path)
    office.clock.sleep(600)
    assert told not in reviewer.page(f"{path}/approve")
    item = office.desk.store.submissions(month=MARCH, state=SubmissionState.ACCEPTED)[0]
    correct.correct(office.desk, item.number, by=ME, title="换了说法的标题")
    assert told in reviewer.page(path)
    assert told in reviewer.page(f"{path}/approve")
    assert reviewer.post(path, f"{path}/redraft").status_code == 303
    assert told not in reviewer.page(path)
    assert "换了说法的标题" in text_in(office, march(office))


def test_the_text_can_be_read_on_the_page(office: Office, reviewer: Visitor) -> None:
    """Paragraphs whole, though the title is broken into lines; tables are named, not poured out."""
    page = reviewer.page(f"/bulletins/{march(office).id}")
    reading = page.partition('<div class="reading">')[2].partition("</div>")[0]
    assert "郯城县人民政府办公室关于2019年3月份政务信息工作情况的通报" in plain(reading)
    assert "一、基本情况" in plain(reading)
    tables = len(docx.Document(io.BytesIO(office.desk.store.bulletin_file(march(office).sha256))).tables)
    assert 1 <= reading.count("此处是表格") <= tables
    assert "累计得分" not in reading


def test_a_page_opens_though_its_file_is_gone(office: Office, reviewer: Visitor) -> None:
    """Told what is wrong, with everything else in place."""
    found = march(office)
    (office.home / f"data/var/bulletins/{found.sha256}.docx").unlink()
    shown = plain(reviewer.page(f"/bulletins/{found.id}"))
    assert "缺失" in shown
    assert "重新生成草稿" in shown


def test_a_viewer_sees_it_and_has_no_buttons(office: Office, console: Flask) -> None:
    """Neither for a draft nor for what was approved."""
    viewer = Visitor(console, "view")
    for found in (march(office), approved(office)):
        page = viewer.page(f"/bulletins/{found.id}")
        assert "核对并批准" not in page
        assert "<textarea" not in page
        assert "起草更正" not in page
        assert set(re.findall(r'<form[^>]*action="([^"]+)"', page)) == {"/logout"}


# ---- passages, redrafts, Word ------------------------------------------------------------------------------


def test_passages_are_worded_on_the_page_and_stand_in_the_draft(office: Office, reviewer: Visitor) -> None:
    """Kept under the person's name, in the file after a redraft; an empty one is the template's again."""
    path = f"/bulletins/{march(office).id}"
    form = passages(reviewer, path, overview="本月天气多变。\n春耕提前。", next_steps="抓好夏收信息报送。")
    said = reviewer.said(reviewer.post(path, f"{path}/notes", **form))
    assert "填写的文字已保存" in said
    assert "本月天气多变。" not in text_in(office, march(office))
    said = reviewer.said(reviewer.post(path, f"{path}/notes", **passages(reviewer, path), then="redraft"))
    assert "草稿已生成" in said
    text = text_in(office, march(office))
    assert "本月天气多变。" in text and "抓好夏收信息报送。" in text
    assert "（一）加强组织领导" not in text
    events = office.desk.store.events(verb="bulletin_note")
    assert [(e.who, e.details["passage"]) for e in events] == [(ME, "next_steps"), (ME, "overview")]
    form = passages(reviewer, path, next_steps="")
    reviewer.post(path, f"{path}/notes", **form, then="redraft")
    text = text_in(office, march(office))
    assert "本月天气多变。" in text and "（一）加强组织领导" in text


def test_of_several_passages_none_is_kept_where_one_is_refused(office: Office, reviewer: Visitor) -> None:
    """What was typed stands in the fields, the rest of the page around it."""
    path = f"/bulletins/{march(office).id}"
    form = passages(reviewer, path, overview="好的一段。", problems="请联系 13900000001。")
    page = kept_page(reviewer.post(path, f"{path}/notes", **form, then="redraft"), 400)
    assert "139****0001" in plain(page)
    assert (written(page, "overview"), written(page, "problems")) == ("好的一段。", "请联系 13900000001。")
    assert office.desk.store.bulletin_notes(BulletinKind.MONTHLY, "2019-03") == {}
    assert march(office).drafts == 1


def test_of_two_people_who_word_it_the_second_is_told(office: Office, console: Flask) -> None:
    """He sees what the other wrote beside what he typed, and decides."""
    path = f"/bulletins/{march(office).id}"
    first, second = Visitor(console, "review"), Visitor(console, "admin")
    late = passages(second, path, overview="乙写的。")
    first.post(path, f"{path}/notes", **passages(first, path, overview="甲写的。"))
    page = kept_page(second.post(path, f"{path}/notes", **late), 409)
    assert written(page, "overview") == "乙写的。"
    assert "现在保存着的是： 甲写的。" in plain(page)
    kept = office.desk.store.bulletin_notes(BulletinKind.MONTHLY, "2019-03")
    assert kept == {Passage.OVERVIEW: "甲写的。"}
    second.post(path, f"{path}/notes", **{**late, "seen": hidden(page, "seen")})
    kept = office.desk.store.bulletin_notes(BulletinKind.MONTHLY, "2019-03")
    assert kept == {Passage.OVERVIEW: "乙写的。"}


def test_a_text_finished_in_word_is_replaced_only_where_that_is_ticked(
    office: Office, reviewer: Visitor
) -> None:
    """The box is there only then; without it the passages are kept and the file stays."""
    path = f"/bulletins/{march(office).id}"
    assert 'name="force"' not in reviewer.page(path)
    edited = build.docx("改好的全文。" * 30, title="通报")
    reviewer.post(path, f"{path}/replace", file=(io.BytesIO(edited), "改好.docx"))
    assert 'name="force"' in reviewer.page(path)
    form = passages(reviewer, path, overview="再加一句。")
    page = kept_page(reviewer.post(path, f"{path}/notes", **form, then="redraft"), 409)
    assert f"已由 {ME} 用 Word 改定" in plain(page)
    assert written(page, "overview") == "再加一句。"
    assert office.desk.store.bulletin_file(march(office).sha256) == edited
    done = reviewer.post(path, f"{path}/notes", **passages(reviewer, path), then="redraft", force="1")
    assert "草稿已生成" in reviewer.said(done)
    assert "再加一句。" in text_in(office, march(office))
    assert march(office).uploaded_by is None


def test_of_two_who_hand_a_file_back_the_second_is_told(office: Office, reviewer: Visitor) -> None:
    """He worked from a draft that the other has replaced: the other's text stays until he has seen it."""
    path = f"/bulletins/{march(office).id}"
    page = reviewer.page(path)
    seen = re.findall(r'name="seen" value="([0-9a-f]{64})"', page)[0]
    first, second = (build.docx(f"{who}改好的全文。" * 30, title="通报") for who in "甲乙")
    reviewer.post(path, f"{path}/replace", file=(io.BytesIO(first), "甲.docx"), seen=seen)
    late = reviewer.post(path, f"{path}/replace", file=(io.BytesIO(second), "乙.docx"), seen=seen)
    assert "别人已经改过它" in plain(kept_page(late, 409))
    assert office.desk.store.bulletin_file(march(office).sha256) == first


def test_a_redraft_takes_in_what_was_decided_since(office: Office, reviewer: Visitor) -> None:
    """By the button of kinds without passages too: an approved one is refused in words."""
    found = approved(office)
    path = f"/bulletins/{found.id}"
    refused = reviewer.post("/account", f"{path}/redraft")
    page = kept_page(refused, 409)
    assert "已由" in plain(page) and ME in plain(page)
    assert march(office).sha256 == found.sha256


@pytest.mark.parametrize("ready", ["uploaded", "approved"])
def test_what_is_there_already_is_shown_instead_of_a_new_draft(
    office: Office, reviewer: Visitor, ready: str
) -> None:
    """The list's button leads to the page of the one that stands in its way, with what can be done there."""
    found = march(office)
    if ready == "approved":
        report.approve(office.desk, found.id, sha256=found.sha256, by=ME)
    else:
        edited = build.docx("改好的全文。" * 30, title="通报")
        final.replace(office.desk, found, edited, "改好.docx", by=ME)
    page = kept_page(reviewer.post("/bulletins", "/bulletins/draft", month="2019-03"), 409)
    assert ('name="force"' in page) is (ready == "uploaded")
    assert "2019年3月份政务信息工作情况的通报" in plain(page)


# ---- files -------------------------------------------------------------------------------------------------


def large(size: int) -> bytes:
    """A Word file of about this many bytes: what is packed into it cannot be compressed."""
    picture = random.Random(1).randbytes(size)
    return build.docx("改好的全文。" * 30, title="通报", extra={"word/media/image1.png": picture})


def test_a_word_file_of_three_megabytes_is_taken(office: Office, reviewer: Visitor) -> None:
    """Pictures make them large."""
    path = f"/bulletins/{march(office).id}"
    content = large(3 * 1024 * 1024)
    assert len(content) > 3 * 1024 * 1024
    done = reviewer.post(path, f"{path}/replace", file=(io.BytesIO(content), "大.docx"))
    assert "定稿已交回" in reviewer.said(done)
    assert office.desk.store.bulletin_file(march(office).sha256) == content


def test_a_file_of_more_than_twenty_is_told_with_the_limit(office: Office, reviewer: Visitor) -> None:
    """In words, with the way back to the page; the draft stays."""
    found = march(office)
    path = f"/bulletins/{found.id}"
    content = b"PK" + bytes(web.MAX_UPLOAD)
    response = reviewer.post(path, f"{path}/replace", file=(io.BytesIO(content), "大.docx"))
    assert response.status_code == 413
    assert "不超过 20 MB" in text_of(response)
    assert f'href="{path}"' in response.get_data(as_text=True)
    assert march(office).sha256 == found.sha256


def test_more_than_a_form_holds_is_taken_only_where_a_file_is_expected(
    office: Office, console: Flask, reviewer: Visitor
) -> None:
    """Each name in UPLOADS is a page; elsewhere 2 MB are too much."""
    assert set(console.view_functions) >= web.UPLOADS
    path = f"/bulletins/{march(office).id}"
    form = passages(reviewer, path, overview="长" * 1_000_000)
    assert reviewer.post(path, f"{path}/notes", **form).status_code == 413


def test_a_pdf_is_made_where_libreoffice_is(
    office: Office, console: Flask, reviewer: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the file's name; while another is made, one is asked to wait."""
    put_soffice(tmp_path / "bin", monkeypatch)
    path = f"/bulletins/{march(office).id}"
    assert f'href="{path}/pdf"' in reviewer.page(path)
    made = reviewer.get(f"{path}/pdf")
    assert (made.status_code, made.data) == (200, b"%PDF-1.4")
    assert unquote(made.headers["Content-Disposition"]).endswith("2019年3月份政务信息工作情况的通报.pdf")
    frame: Console = console.extensions["mailbot"]
    with frame.printing:
        busy = reviewer.get(f"{path}/pdf")
    assert (busy.status_code, "请稍等几秒再试" in text_of(busy)) == (409, True)
    assert reviewer.get(f"{path}/pdf").status_code == 200


def test_without_libreoffice_the_page_says_so(
    office: Office, reviewer: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No button; the address itself answers in words."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf, "_USUAL_PLACES", ())
    path = f"/bulletins/{march(office).id}"
    page = reviewer.page(path)
    assert f"{path}/pdf" not in page
    assert "没有安装 LibreOffice" in page
    response = reviewer.get(f"{path}/pdf")
    assert (response.status_code, "另存为 PDF" in text_of(response)) == (409, True)


# ---- sending -----------------------------------------------------------------------------------------------


def test_the_page_tells_how_its_sending_stands(office: Office, reviewer: Visitor) -> None:
    """Counts of its own letters, each leading to the letters of that state and no others."""
    found = approved(office)
    store = office.desk.store
    other = report.draft_month(office.desk, Month(2019, 2), by=ME)
    report.approve(office.desk, other.id, sha256=other.sha256, by=ME)
    with store.transaction():
        first = store.claim_letter(office.clock.now())
        assert first is not None
        store.mark_failed(first.id, "550")
    shown = plain(reviewer.page(f"/bulletins/{found.id}"))
    assert "待发送 2" in shown and "发送失败 1" in shown and "查看全部 3 封" in shown
    letters = reviewer.page(f"/letters?bulletin={found.id}")
    assert letters.count('<td class="time"') == 3
    assert "2019年3月份政务信息工作情况的通报" in plain(letters)
    failed = reviewer.page(f"/letters?bulletin={found.id}&state=failed")
    assert failed.count('<td class="time"') == 1
    assert first.recipient in failed


def test_long_lists_of_its_letters_keep_the_filter(office: Office, reviewer: Visitor) -> None:
    """On the second page too."""
    units = [unit.name for unit in office.app.policy.roster.units]
    for place in range(60):
        people.add(
            office.desk,
            address=f"a{place}@oa.tancheng.example",
            unit=units[place % len(units)],
            name="某某",
            phone="",
            by=ME,
        )
    found = approved(office)
    page = reviewer.page(f"/letters?bulletin={found.id}")
    assert f"bulletin={found.id}&amp;page=2" in page
    second = reviewer.page(f"/letters?bulletin={found.id}&page=2")
    assert second.count('<td class="time"') == 63 - 50


# ---- 更正 --------------------------------------------------------------------------------------------------


def corrected(visitor: Visitor, path: str, reason: str, **form: str) -> TestResponse:
    """The form of a correction as its page holds it, with a reason."""
    return visitor.post(path, path, reason=reason, seen=hidden(visitor.page(path), "seen"), **form)


def test_a_correction_is_drafted_from_the_changes_with_its_reason(office: Office, reviewer: Visitor) -> None:
    """What was accepted after the issue is listed; the reason stands in the document, to be approved."""
    found = approved(office)
    item = office.item("农业信息两篇")
    page = f"/items/{item.number}"
    version = hidden(reviewer.page(page), "version")
    reviewer.post(page, f"{page}/accept", unit="县农业农村局", title="春耕备播", version=version)
    path = f"/bulletins/{found.id}/correct"
    assert f'href="{path}"' in reviewer.page(f"/bulletins/{found.id}")
    shown = reviewer.page(path)
    row = next(row for row in shown.split("<tr>") if "县农业农村局" in row)
    assert re.findall(r'data-label="[原现]报送条数">(\d+)<', row) == ["0", "1"]
    said = reviewer.said(corrected(reviewer, path, "漏计一条。"))
    assert "草稿已生成" in said
    made = of(office, BulletinKind.CORRECTION, "2019-03-1")
    text = text_in(office, made)
    assert "漏计一条。" in text and "县农业农村局报送条数由0条更正为1条" in text
    assert written(reviewer.page(f"/bulletins/{made.id}"), "overview") == "漏计一条。"
    assert "政务信息工作情况通报的更正（1）" in plain(reviewer.page(f"/bulletins/{found.id}"))
    assert "这个月的更正已有草稿" in reviewer.page(path)
    assert march(office).sha256 == found.sha256


def test_where_nothing_has_changed_a_reason_is_asked_for(office: Office, reviewer: Visitor) -> None:
    """With one, words alone are corrected; a reason that may not circulate stays in its field."""
    path = f"/bulletins/{approved(office).id}/correct"
    page = kept_page(corrected(reviewer, path, " "), 409)
    assert "请填写更正原因和内容" in plain(page)
    page = kept_page(corrected(reviewer, path, "改为 13900000001"), 400)
    assert written(page, "reason") == "改为 13900000001"
    assert "草稿已生成" in reviewer.said(corrected(reviewer, path, "第三行单位名称有误。"))


def test_of_two_reasons_for_one_correction_the_second_is_told(office: Office, reviewer: Visitor) -> None:
    """What the other wrote stands beside what was typed, and is not lost."""
    path = f"/bulletins/{approved(office).id}/correct"
    seen = hidden(reviewer.page(path), "seen")
    corrected(reviewer, path, "甲写的原因。")
    page = kept_page(reviewer.post(path, path, reason="乙写的原因。", seen=seen), 409)
    assert "别人已经改过它" in plain(page) and "现在保存着的是： 甲写的原因。" in plain(page)
    assert "乙写的原因。" in page
    assert office.desk.store.bulletin_notes(BulletinKind.CORRECTION, "2019-03-1") == {
        Passage.OVERVIEW: "甲写的原因。"
    }


def test_a_month_that_was_not_issued_is_not_corrected(office: Office, reviewer: Visitor) -> None:
    """The page says what to do instead; nothing but a month can be corrected."""
    path = f"/bulletins/{march(office).id}/correct"
    assert "不需要更正" in reviewer.page(path)
    assert reviewer.post("/account", path, reason="改").status_code == 409
    issue = gazette.draft(office.desk, 1, [accepted(office)[0]], by=ME)
    assert reviewer.get(f"/bulletins/{issue.id}/correct").status_code == 404


# ---- a year ------------------------------------------------------------------------------------------------


def test_a_year_is_drafted_and_whom_to_commend_is_written(office: Office, reviewer: Visitor) -> None:
    """Units however written; an unknown one is told, and the lines stay."""
    said = reviewer.said(reviewer.post("/bulletins", "/bulletins/annual", year="2019"))
    assert "草稿已生成" in said
    made = of(office, BulletinKind.ANNUAL, "2019")
    path = f"/bulletins/{made.id}"
    assert "先进单位和先进个人还没有填写" in reviewer.page(path)
    wrong = passages(reviewer, path, commended_units="县民政局\n县天文局", commended_persons="彭一鸣")
    page = kept_page(reviewer.post(path, f"{path}/notes", **wrong), 400)
    assert "县天文局" in plain(page)
    assert written(page, "commended_units") == "县民政局\n县天文局"
    right = passages(reviewer, path, commended_units="民政局", commended_persons="县民政局 彭一鸣")
    reviewer.post(path, f"{path}/notes", **right, then="redraft")
    assert written(reviewer.page(path), "commended_units") == "县民政局"
    assert "先进个人还没有填写" not in reviewer.page(path)
    text = text_in(office, of(office, BulletinKind.ANNUAL, "2019"))
    assert "彭一鸣" in text
    assert reviewer.post("/bulletins", "/bulletins/annual", year="99").status_code == 400


# ---- 即时通报 ----------------------------------------------------------------------------------------------


def asked(office: Office) -> str:
    """A 约稿 to three units, answered by one with what is not its own."""
    draft = replace(
        solicited.DRAFT,
        units=("县民政局", "县水利局", "县商务局"),
        deadline=office.clock.now() + timedelta(days=3),
    )
    code = solicit.open_(office.desk, draft, by=ME).code
    subject = f"约稿{code}-{solicited.TITLE}-县水利局-王某-6220003"
    (row,) = office.take(solicited.answer("县水利局", subject=subject))
    solicit.fault(office.desk, code, "plagiarised", [row.number or ""], by=ME)
    return code


def test_what_is_proposed_is_drafted_by_one_button(office: Office, reviewer: Visitor) -> None:
    """With a sentence of the section's own, which a redraft keeps."""
    code = asked(office)
    assert "起草即时通报（建议 1 件）" in reviewer.page("/bulletins")
    page = reviewer.page("/bulletins/instant")
    form = {name: hidden(page, name) for name in ("solicitation", "kind", "unit")}
    assert form == {"solicitation": code, "kind": "plagiarised", "unit": "县水利局"}
    done = reviewer.post("/bulletins/instant", "/bulletins/instant", **form, detail="照搬网上文章")
    assert "草稿已生成" in reviewer.said(done)
    made = of(office, BulletinKind.INSTANT, f"{code}-plagiarised")
    assert "存在网络抄袭，照搬网上文章" in text_in(office, made)
    assert "没有建议通报的" in reviewer.page("/bulletins/instant")
    path = f"/bulletins/{made.id}"
    office.clock.sleep(1200)
    assert "草稿已生成" in reviewer.said(reviewer.post("/account", f"{path}/redraft"))
    again = of(office, BulletinKind.INSTANT, f"{code}-plagiarised")
    assert again.drafts == 2
    assert "照搬网上文章" in text_in(office, again)
    shown = plain(reviewer.page(path))
    assert f"（{code}，县水利局）" in shown


def test_a_case_of_ones_own_choice_is_drafted(office: Office, reviewer: Visitor) -> None:
    """First the 约稿, then the units it went to; what is refused leaves the form as it was."""
    code = asked(office)
    path = f"/bulletins/instant?solicitation={code}"
    page = reviewer.page(path)
    box = re.findall(r'type="checkbox" name="unit" value="([^"]+)"', page)
    assert sorted(box) == sorted(("县民政局", "县水利局", "县商务局"))
    form = {"solicitation": code, "kind": "similar", "detail": "问 13900000001"}
    page = kept_page(reviewer.post(path, "/bulletins/instant", **form, unit=["县民政局", "县商务局"]), 400)
    assert len(re.findall(r'name="unit" value="[^"]+" checked', page)) == 2
    assert 'value="问 13900000001"' in page
    assert '<option value="similar" selected>' in page
    page = kept_page(reviewer.post(path, "/bulletins/instant", **{**form, "detail": ""}), 400)
    assert "请勾选要通报的单位" in plain(page)
    form["detail"] = "两稿文字相同"
    done = reviewer.post(path, "/bulletins/instant", **form, unit=["县民政局", "县商务局"])
    assert "草稿已生成" in reviewer.said(done)
    made = of(office, BulletinKind.INSTANT, f"{code}-similar")
    assert "还没有登记相应的扣分事项" in reviewer.page(f"/bulletins/{made.id}")
    text = text_in(office, made)
    assert "县民政局" in text and "县商务局" in text and "两稿文字相同" in text


def test_a_case_finished_in_word_is_replaced_only_where_that_is_ticked(
    office: Office, reviewer: Visitor
) -> None:
    """The box appears with the refusal."""
    code = asked(office)
    path = f"/bulletins/instant?solicitation={code}"
    form = {"solicitation": code, "kind": "similar", "unit": "县民政局", "detail": ""}
    reviewer.post(path, "/bulletins/instant", **form)
    made = of(office, BulletinKind.INSTANT, f"{code}-similar")
    edited = build.docx("改好的全文。" * 30, title="通报")
    final.replace(office.desk, made, edited, "改好.docx", by=ME)
    assert 'name="force"' not in reviewer.page(path)
    page = kept_page(reviewer.post(path, "/bulletins/instant", **form), 409)
    assert 'name="force"' in page
    done = reviewer.post(path, "/bulletins/instant", **form, force="1")
    assert "草稿已生成" in reviewer.said(done)


# ---- 《普刊》 ----------------------------------------------------------------------------------------------


def accepted(office: Office) -> list[str]:
    found = office.desk.store.submissions(month=MARCH, state=SubmissionState.ACCEPTED)
    return [item.number for item in found]


def test_an_issue_is_made_of_ticked_items_in_the_order_written(office: Office, reviewer: Visitor) -> None:
    """Numbered after the last; approving it adopts each item and mails nothing."""
    one, two, three, *_ = accepted(office)
    gazette.draft(office.desk, 6, [accepted(office)[-1]], by=ME)
    page = reviewer.page("/bulletins/gazette?month=2019-03")
    assert 'name="number" value="7"' in page
    assert accepted(office)[-1] not in page
    form = {"year": "2019", "number": "7", "month": "2019-03", "item": [one, two, three]}
    places = {f"place-{one}": "", f"place-{two}": "2", f"place-{three}": "1"}
    done = reviewer.post("/bulletins/gazette", "/bulletins/gazette", **form, **places)
    assert "草稿已生成" in reviewer.said(done)
    issue = of(office, BulletinKind.GAZETTE, "2019-007")
    assert gazette.items_of(office.desk, "2019-007") == (three, two, one)
    path = f"/bulletins/{issue.id}"
    shown = reviewer.page(path)
    assert shown.index(three) < shown.index(two) < shown.index(one)
    page = reviewer.page(f"{path}/approve")
    assert "记为采用" in page and "没有已确认的信息员" not in page
    said = reviewer.said(reviewer.post(path, f"{path}/approve", sha256=issue.sha256, checked="1"))
    assert "各条信息已记为采用" in said and "在“待办”里等您看过再发" in said
    facts = [entry.fact for entry in office.desk.store.facts(kinds=("adoption",))]
    assert {f.item for f in facts if isinstance(f, Adoption)} == {one, two, three}
    assert office.desk.store.letters(kind=LetterKind.BULLETIN) == []


def test_the_choice_shows_what_was_adopted_already(office: Office, reviewer: Visitor) -> None:
    """Entered by hand before issues were put together here: whoever chooses must see it."""
    one, *_ = accepted(office)
    path = "/bulletins/gazette?month=2019-03"
    assert "已登记县普刊" not in plain(reviewer.page(path))
    who = credit.Who(by=ME)
    credit.adopt(office.desk, one, "county_journal", day=date(2019, 3, 29), who=who, issue="第9期")
    assert re.search(f"已登记县普刊 {one}", plain(reviewer.page(path)))


def test_the_choice_of_an_issue_is_changed_on_its_page(office: Office, reviewer: Visitor) -> None:
    """What it has stands first and ticked; the number of another issue is not taken over by mistake."""
    one, two, three, *_ = accepted(office)
    issue = gazette.draft(office.desk, 3, [two, one], by=ME)
    assert "改选稿和顺序" in reviewer.page(f"/bulletins/{issue.id}")
    page = reviewer.page("/bulletins/gazette?issue=2019-003&month=2019-04")
    assert re.findall(r'name="item" value="([^"]+)"[^>]* checked', page) == [two, one]
    form = {"year": "2019", "number": "3", "month": "2019-03", "item": [three]}
    taken = kept_page(reviewer.post("/bulletins/gazette", "/bulletins/gazette", **form), 409)
    assert "第 3 期已经有了" in plain(taken)
    assert re.findall(r'name="item" value="([^"]+)"[^>]* checked', taken) == [three]
    done = reviewer.post("/bulletins/gazette", "/bulletins/gazette", **form, issue="2019-003")
    assert "草稿已生成" in reviewer.said(done)
    assert gazette.items_of(office.desk, "2019-003") == (three,)
    assert of(office, BulletinKind.GAZETTE, "2019-003").drafts == 2


def test_of_two_who_change_the_choice_the_second_is_told(office: Office, reviewer: Visitor) -> None:
    """His ticks stay in the form; what the other chose stands until he sends it once more."""
    one, two, three, *_ = accepted(office)
    gazette.draft(office.desk, 3, [one], by=ME)
    seen = hidden(reviewer.page("/bulletins/gazette?issue=2019-003"), "seen")
    gazette.draft(office.desk, 3, [one, two], by=ME)
    form = {"year": "2019", "number": "3", "issue": "2019-003", "month": "2019-03", "item": [three]}
    page = kept_page(reviewer.post("/bulletins/gazette", "/bulletins/gazette", **form, seen=seen), 409)
    assert "别人已经改过它" in plain(page)
    assert re.findall(r'name="item" value="([^"]+)"[^>]* checked', page) == [three]
    assert gazette.items_of(office.desk, "2019-003") == (one, two)
    form["seen"] = hidden(page, "seen")
    reviewer.post("/bulletins/gazette", "/bulletins/gazette", **form)
    assert gazette.items_of(office.desk, "2019-003") == (three,)


def test_two_issues_with_one_item_are_not_both_approved(office: Office) -> None:
    """Drafted at the same moment, neither saw the other; the second one to be approved is refused."""
    one, *_ = accepted(office)
    first = gazette.draft(office.desk, 1, [one], by=ME)
    store = office.desk.store
    with store.transaction():
        second = store.save_draft(
            kind=BulletinKind.GAZETTE,
            period="2019-002",
            sha256=first.sha256,
            file_name="x.docx",
            figures=store.bulletin_figures(BulletinKind.GAZETTE, "2019-001") or {},
            now=office.clock.now(),
        )
    with pytest.raises(StateError, match="gazette_elsewhere"):
        report.approve(office.desk, second.id, sha256=second.sha256, by=ME)
    assert store.facts(kinds=("adoption",)) == []


def test_a_choice_that_is_refused_stays_ticked(office: Office, reviewer: Visitor) -> None:
    """None ticked, and a number out of range."""
    one, two, *_ = accepted(office)
    form = {"year": "2019", "number": "1", "month": "2019-03"}
    page = kept_page(reviewer.post("/bulletins/gazette", "/bulletins/gazette", **form), 400)
    assert "至少要" in plain(page)
    form["number"] = "10000"
    places = {f"place-{two}": "1"}
    refused = reviewer.post("/bulletins/gazette", "/bulletins/gazette", **form, item=[one, two], **places)
    page = kept_page(refused, 400)
    assert set(re.findall(r'name="item" value="([^"]+)"[^>]* checked', page)) == {one, two}
    assert f'name="place-{two}" value="1"' in page
    assert 'name="number" value="10000"' in page
    for year in ("1", "99999"):
        form |= {"number": "1", "year": year}
        assert (
            reviewer.post("/bulletins/gazette", "/bulletins/gazette", **form, item=[one]).status_code == 400
        )
    assert not any(one.kind is BulletinKind.GAZETTE for one in office.desk.store.bulletins())


def test_at_the_beginning_of_a_month_the_one_before_is_offered(office: Office, reviewer: Visitor) -> None:
    """On April 1st there is hardly anything of April to choose from; on the 6th there is."""
    assert '<option value="2019-03" selected>' in reviewer.page("/bulletins/gazette")
    office.clock.set(office.clock.now() + timedelta(days=5))
    assert '<option value="2019-04" selected>' in reviewer.page("/bulletins/gazette")


# ---- exports -----------------------------------------------------------------------------------------------


def taken_out(visitor: Visitor, **form: str) -> TestResponse:
    return visitor.post("/exports", "/exports", **{"table": "submissions", "span": "all", **form})


def cells(content: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return "\n".join(str(cell) for page in book for row in page.iter_rows(values_only=True) for cell in row)


@pytest.mark.parametrize("table", Table)
def test_every_table_is_offered_and_taken_out(office: Office, console: Flask, table: Table) -> None:
    """By a viewer too, contacts masked, and on record."""
    viewer = Visitor(console, "view")
    assert f'name="table" value="{table}"' in viewer.page("/exports")
    response = taken_out(viewer, table=table, span="month", month="2019-03")
    assert response.status_code == 200
    assert "2019年3月" in unquote(response.headers["Content-Disposition"])
    assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", cells(response.data))
    event = office.event("exported")
    assert (event.who, event.subject) == (PEOPLE["view"], f"export:{table}")
    assert event.details["contacts"] == "masked"


def test_contacts_in_full_are_for_who_may_decide_and_on_record(
    office: Office, console: Flask, reviewer: Visitor
) -> None:
    """A viewer is not asked, and is refused where he asks nevertheless."""
    full = taken_out(reviewer, phones="1")
    assert "13905390011" in cells(full.data)
    assert (office.event("exported").who, office.event("exported").details["contacts"]) == (ME, "full")
    viewer = Visitor(console, "view")
    assert 'name="phones"' not in viewer.page("/exports")
    assert taken_out(viewer, phones="1").status_code == 403
    assert office.event("exported").who == ME


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ({"span": "year", "year": "2019"}, "2019年"),
        ({"span": "days", "first": "2019-03-04", "last": "2019-03-10"}, "2019-03-04"),
        ({"span": "days", "last": "2019-03-10"}, "2019-03-10"),
        ({"span": "days", "first": "2019-03-01", "last": "2019-03-31"}, "2019年3月"),
        ({"span": "days", "first": "9999-12-01", "last": "9999-12-31"}, "9999年12月"),
        ({"span": "all"}, "全部"),
    ],
)
def test_a_span_is_named_in_one_way(
    office: Office, reviewer: Visitor, form: dict[str, str], named: str
) -> None:
    """What is marked counts, whatever stands beside the others; the file is named for it."""
    response = taken_out(reviewer, **{"month": "2019-03", "year": "2018", **form, "form": "csv"})
    assert response.status_code == 200
    assert named in unquote(response.headers["Content-Disposition"])
    assert response.data.startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"span": "days"}, "选好哪张表、哪段时间"),
        ({"span": "days", "first": "x"}, "选好哪张表、哪段时间"),
        ({"span": "month", "month": "2019-13"}, "选好哪张表、哪段时间"),
        ({"span": "year", "year": "0"}, "选好哪张表、哪段时间"),
        ({"span": "year", "year": "9" * 30}, "选好哪张表、哪段时间"),
        ({"span": "month", "month": "9999-12"}, "选好哪张表、哪段时间"),
        ({"span": "century"}, "选好哪张表、哪段时间"),
        ({"table": "users"}, "选好哪张表、哪段时间"),
        ({"span": "days", "first": "2019-03-10", "last": "2019-03-04"}, "在起始日期"),
    ],
)
def test_what_cannot_be_taken_out_is_told_on_the_form(
    office: Office, reviewer: Visitor, form: dict[str, str], told: str
) -> None:
    """As it was filled in, and nothing on record."""
    page = kept_page(taken_out(reviewer, **form, form="csv"), 400)
    assert told in plain(page)
    assert 'name="form" value="csv" checked' in page
    if form.get("first") == "2019-03-10":
        assert 'name="first" value="2019-03-10"' in page
    assert office.desk.store.events(verb="exported") == []


def test_tables_are_a_link_away(reviewer: Visitor) -> None:
    """From the lists that people look at, with what they were looking at."""
    assert 'href="/exports?table=submissions&amp;span=month&amp;month=2019-03"' in reviewer.page(
        "/items?month=2019-03"
    )
    assert "/exports" in reviewer.page("/bulletins")
    assert "/exports" in reviewer.page("/state")


# ---- a new office, and words -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/bulletins", "/bulletins/instant", "/bulletins/gazette", "/exports"])
def test_a_new_office_has_pages_that_say_that_nothing_is_there(tmp_path: Path, path: str) -> None:
    """And what will bring something there."""
    with console_of(empty_office(tmp_path)) as flask_app:
        page = Visitor(flask_app, "review").page(path)
    assert path == "/exports" or 'class="empty"' in page


def tables() -> Tables:
    return load_struct(Resources(None), FILE, Tables)


def test_every_passage_and_table_has_its_words() -> None:
    """So that no page shows a code."""
    assert set(tables().passage_hint) == {one.value for one in Passage}
    assert set(tables().export_table) == {one.value for one in Table}


def test_nothing_that_these_pages_can_refuse_sends_the_section_to_a_command() -> None:
    """Each error of the verbs behind them has a remedy that a clerk can follow."""
    words = Words(tables(), load_wording(Resources(None)).messages)
    codes = set()
    for name in ("final", "amend", "instant", "annual", "gazette", "drafting", "report", "export", "pdf"):
        text = next((PACKAGE / "workflow").rglob(f"{name}.py")).read_text("utf-8")
        codes |= set(re.findall(r'(?:StateError|NotFound|ConfigError)\(\s*"([a-z_]+)"', text))
    codes |= {"pdf_busy", "no_solicitation", "fact_no_item", "fact_item_state", "fact_unknown_unit"}
    assert len(codes) > 25
    for code in sorted(codes):
        told = words.told(MailbotError(code))
        assert code not in told, code
        assert not re.search(r"mailbot |--\w", told), (code, told)


def test_a_correction_of_a_month_is_counted_with_its_number(office: Office, reviewer: Visitor) -> None:
    """The second one, after the first was approved, is another."""
    path = f"/bulletins/{approved(office).id}/correct"
    corrected(reviewer, path, "第一次更正。")
    first = of(office, BulletinKind.CORRECTION, "2019-03-1")
    report.approve(office.desk, first.id, sha256=first.sha256, by=ME)
    assert written(reviewer.page(path), "reason") == ""
    corrected(reviewer, path, "第二次更正。")
    second = of(office, BulletinKind.CORRECTION, "2019-03-2")
    assert second.state is BulletinState.DRAFT
    states = {letter.state for letter in office.desk.store.letters(kind=LetterKind.BULLETIN)}
    assert states == {LetterState.READY}
