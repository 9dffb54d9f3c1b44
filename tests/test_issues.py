"""即时通报, 年终通报 and 信息刊物: proposed or due, drafted, approved; each once."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import docx
import openpyxl
import pytest
import solicited
from circulated import MOBILE, Month4, month
from desks import Office, office, submission
from store_samples import document, fields, item

from mailbot.clock import SHANGHAI
from mailbot.errors import MailbotError
from mailbot.facts import Adoption
from mailbot.model import Bulletin, BulletinKind, LetterKind, Passage
from mailbot.workflow.bulletins import annual, final, gazette, instant, report
from mailbot.workflow.marks import credit
from mailbot.workflow.marks.credit import Who
from mailbot.workflow.solicitations import solicit

BY = Who(by="周某某", tell=False)


def refused(call: object) -> str:
    with pytest.raises(MailbotError) as caught:
        call()  # type: ignore[operator]
    return caught.value.code


def text_of(at: Office, bulletin: Bulletin) -> str:
    found = docx.Document(io.BytesIO(at.desk.store.bulletin_file(bulletin.sha256)))
    cells = (cell.text for table in found.tables for row in table.rows for cell in row.cells)
    return "\n".join((*(p.text for p in found.paragraphs), *cells))


def approve(at: Office, bulletin: Bulletin) -> int:
    return report.approve(at.desk, bulletin.id, sha256=bulletin.sha256, by="王主任")


# ---- 即时通报 ----------------------------------------------------------------------------------------------


@pytest.fixture
def april(tmp_path: Path) -> Iterator[Month4]:
    made = month(tmp_path / "var")
    yield made
    made.at.desk.store.close()


def test_a_fault_on_record_is_proposed_and_nothing_goes_out_by_itself(april: Month4) -> None:
    """The system proposes; no draft is made of it."""
    (found,) = instant.proposals(april.at.desk)
    assert (found.solicitation, found.code, found.label) == (april.code, "plagiarised", "网络抄袭")
    assert (found.units, found.topic, found.day) == (("县水利局",), solicited.TITLE, date(2019, 4, 16))
    assert april.at.desk.store.bulletins() == []


def test_a_person_s_word_drafts_it_and_an_approval_sends_it(april: Month4) -> None:
    """Put to the section first; then one letter to each correspondent, named for what it is."""
    desk = april.at.desk
    drafted = instant.draft(desk, april.code, ["县水利局"], "网络抄袭", by="李科员", detail="照搬网上文章")
    text = text_of(april.at, drafted)
    assert drafted.period == f"{april.code}-plagiarised"
    assert "县水利局报送的供稿材料存在网络抄袭，照搬网上文章。" in text
    (letter,) = april.at.letters(LetterKind.BULLETIN_DRAFT)
    assert letter.subject == "待审：约稿信息典型问题的通报（草稿）"
    assert "还没有登记" not in letter.body
    assert approve(april.at, drafted) == 5
    assert instant.proposals(desk) == ()


def test_drafted_again_it_is_the_same_one_and_after_approval_another(april: Month4) -> None:
    """Never two for one matter; further units get their own."""
    desk = april.at.desk
    first = instant.draft(desk, april.code, ["县水利局"], "plagiarised", by="李科员")
    again = instant.draft(desk, april.code, ["县水利局", "马头镇"], "plagiarised", by="李科员")
    assert (again.id, again.drafts) == (first.id, 2)
    assert "马头镇还没有登记" in april.at.letters(LetterKind.BULLETIN_DRAFT)[-1].body
    approve(april.at, again)
    third = instant.draft(desk, april.code, ["县商务局"], "plagiarised", by="李科员")
    assert third.period == f"{april.code}-plagiarised-2"


def test_a_unit_named_already_is_not_proposed_again(april: Month4) -> None:
    """A second unit with the same fault is."""
    desk, at = april.at.desk, april.at
    approve(at, instant.draft(desk, april.code, ["县水利局"], "plagiarised", by="李科员"))
    late = solicited.answer("县统计局", subject=f"约稿{april.code}-{solicited.TITLE}-县统计局-王某-6220003")
    row = at.one(late)
    solicit.fault(desk, april.code, "plagiarised", [row.number or ""], by="周某某")
    assert [one.units for one in instant.proposals(desk)] == [("县统计局",)]


@pytest.mark.parametrize(
    ("units", "kind", "detail", "code"),
    [
        ((), "雷同", "", "instant_no_units"),
        (("县天文局",), "雷同", "", "fact_unknown_unit"),
        (("港上镇",), "雷同", "", "solicitation_not_asked"),
        (("县水利局",), "迟报", "", "fact_unknown_fault"),
        (("县水利局",), "雷同", f"电话{MOBILE}", "note_contact"),
    ],
)
def test_what_cannot_be_told_is_refused(
    april: Month4, units: tuple[str, ...], kind: str, detail: str, code: str
) -> None:
    """Before anything is drafted."""
    call = lambda: instant.draft(april.at.desk, april.code, units, kind, by="李科员", detail=detail)  # noqa: E731
    assert refused(call) == code
    assert refused(lambda: instant.draft(april.at.desk, "2019-999", units, kind, by="a")) == "no_solicitation"


# ---- 年终通报 ----------------------------------------------------------------------------------------------


def when(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[arg-type,misc]


@pytest.fixture
def year(tmp_path: Path) -> Iterator[Office]:
    """2019 from its first day: two units report, one is disqualified."""
    made = office(tmp_path / "var", now=when(2019, 1, 1, 8))
    for number in range(1, 13):
        at = when(2019, number, 5, 9)
        given = fields(f"第{number}月情况", "港上镇" if number % 3 else "县教体局")
        item(made.desk.store, f"2019{number:02}05-AAAA{number:02}", uid=number, given=given, at=at)
    made.clock.set(when(2019, 12, 30, 9))
    credit.adopt(made.desk, "20190105-AAAA01", "市专报", day=date(2019, 2, 1), who=BY)
    credit.major_failure(made.desk, "县教体局", "漏报", day=date(2019, 6, 3), who=BY)
    yield made
    made.desk.store.close()


def test_it_is_due_in_january_and_drafted_once(year: Office) -> None:
    """A row for each year, whatever was switched off."""
    year.clock.set(when(2020, 1, 10, 7, 59))
    assert annual.draft_due(year.desk) == []
    year.clock.set(when(2020, 3, 2, 8))
    (drafted,) = annual.draft_due(year.desk)
    assert (drafted.kind, drafted.period) == (BulletinKind.ANNUAL, "2019")
    assert annual.draft_due(year.desk) == []
    year.clock.set(when(2022, 2, 1, 8))
    assert [one.period for one in annual.draft_due(year.desk)] == ["2020", "2021"]


def test_it_tells_totals_ranking_and_who_is_out_of_the_selection(year: Office) -> None:
    """As annex 1, 四 has it; zero-report units are named; charts month by month."""
    year.clock.set(when(2020, 1, 10, 8))
    drafted = annual.draft(year.desk, 2019, by="李科员")
    text = text_of(year, drafted)
    assert "2019年，县政府办公室共收到各单位自主报送的政务信息12条，其中乡镇（街道、开发区、景区）8条" in text
    assert "取消县教体局年度选优资格，予以通报批评。" in text
    assert "港上镇（11.6分）" in text
    assert "部分单位全年零报送。对全年未报送信息的" in text
    package = docx.Document(io.BytesIO(year.desk.store.bulletin_file(drafted.sha256))).part.package
    charts = [
        part.blob.decode()
        for part in package.iter_parts()
        if "chart" in part.partname and part.blob[:1] == b"<"
    ]
    assert any("12月" in chart for chart in charts)


def test_the_section_gets_the_material_with_the_draft(year: Office) -> None:
    """A table of units and persons; and what is still to be settled."""
    year.clock.set(when(2020, 1, 10, 8))
    annual.draft(year.desk, 2019, by="李科员")
    letter = year.letters(LetterKind.BULLETIN_DRAFT)[-1]
    names = [file.name for file in year.desk.store.letter_files(letter.id)]
    assert names == ["2019年度全县政务信息工作情况的通报.docx", "年度评选材料（2019年）.xlsx"]
    assert "2019年12月份的月通报还没有批准" in letter.body
    assert "先进单位和先进个人还没有填写" in letter.body
    material = year.desk.store.letter_files(letter.id)[1]
    page = openpyxl.load_workbook(io.BytesIO(material.content)).worksheets[0]
    heads, first, *_ = page.iter_rows(values_only=True)
    mine = dict(zip(heads, first, strict=True))
    assert (mine["单位"], mine["选优顺序"], mine["采用"]) == ("港上镇", 1, 1)


def test_whom_to_commend_is_written_by_the_office(year: Office) -> None:
    """Units in whatever spelling the roster knows; a name with its unit; kept over redrafts."""
    year.clock.set(when(2020, 1, 10, 8))
    kind = BulletinKind.ANNUAL
    note = lambda passage, text: final.note(year.desk, kind, "2019", passage, text, by="李科员")  # noqa: E731
    note(Passage.COMMENDED_UNITS, "港上镇人民政府\n县教体局")
    note(Passage.COMMENDED_PERSONS, "港上镇 孙某某")
    assert refused(lambda: note(Passage.COMMENDED_PERSONS, "孙某某")) == "note_person"
    assert refused(lambda: note(Passage.COMMENDED_UNITS, "天文局")) == "fact_unknown_unit"
    text = text_of(year, annual.draft(year.desk, 2019, by="李科员"))
    assert "2个先进单位和1名先进个人予以表彰" in text
    assert "孙某某" in text


# ---- 信息刊物 ----------------------------------------------------------------------------------------------

LINES = (
    "县民政局统一受理救助申请，平均办理时限由22天缩短至12天。",
    "3月以来主动发现并救助困难家庭37户。",
    f"联系人：彭一鸣，电话{MOBILE}。",
    "县民政局",
    "2019年4月12日",
)


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Office]:
    made = office(tmp_path / "var")
    yield made
    made.desk.store.close()


def taken(press: Office) -> tuple[str, str]:
    """Two items of two units."""
    one = press.one(submission(lines=LINES))
    other = press.one(
        submission(
            "港上镇春耕备播进度过半",
            unit="港上镇",
            sender="港上镇 <gs@oa.tancheng.example>",
            lines=("港上镇已播种面积过半。" * 6,),
        )
    )
    return one.number or "", other.number or ""


def test_chosen_items_become_one_issue(press: Office) -> None:
    """Number, date and editor in its head; each item with title, text and unit, no 落款, no phone."""
    one, other = taken(press)
    issue = gazette.draft(press.desk, 12, [other, one], by="李科员")
    text = text_of(press, issue)
    assert (issue.period, issue.file_name) == ("2019-012", "2019年政务信息第12期.docx")
    assert "第12期" in text
    assert "2019年4月12日" in text
    assert text.index("港上镇春耕备播进度过半") < text.index("建立困难群众救助“一门受理”机制")
    assert "救助困难家庭37户。（县民政局）" in text
    assert MOBILE not in text
    assert "联系人" not in text
    assert text.count("建立困难群众救助“一门受理”机制") == 1
    assert press.letters(LetterKind.BULLETIN_DRAFT) == []


def test_an_approved_issue_makes_each_item_adopted_once(press: Office) -> None:
    """A fact of 县普刊 with the issue's number, by who approved; nothing is mailed."""
    one, other = taken(press)
    credit.adopt(press.desk, one, "县普刊", day=date(2019, 4, 12), who=BY, issue="第12期")
    issue = gazette.draft(press.desk, 12, [one, other], by="李科员")
    assert approve(press, issue) == 0
    facts = [entry.fact for entry in press.desk.store.facts(kinds=("adoption",))]
    assert [(f.item, f.publication, f.issue, f.by) for f in facts if isinstance(f, Adoption)] == [
        (one, "county_journal", "第12期", "周某某"),
        (other, "county_journal", "第12期", "王主任"),
    ]
    assert press.letters(LetterKind.BULLETIN) == []
    assert refused(lambda: approve(press, issue)) == "bulletin_approved"
    assert refused(lambda: gazette.draft(press.desk, 12, [one], by="李科员")) == "bulletin_approved"


def test_an_issue_is_approved_as_one_exact_file(press: Office) -> None:
    """A wrong checksum adopts nothing."""
    one, other = taken(press)
    first = gazette.draft(press.desk, 12, [one], by="李科员")
    gazette.draft(press.desk, 12, [one, other], by="李科员")
    assert refused(lambda: approve(press, first)) == "bulletin_changed"
    assert press.desk.store.facts() == []


def test_an_item_is_printed_once(press: Office) -> None:
    """The other issue is named; out of it, the item is free again."""
    one, other = taken(press)
    gazette.draft(press.desk, 12, [one], by="李科员")
    assert refused(lambda: gazette.draft(press.desk, 13, [one], by="李科员")) == "gazette_elsewhere"
    gazette.draft(press.desk, 12, [other], by="李科员")
    assert gazette.draft(press.desk, 13, [one], by="李科员").period == "2019-013"


def test_what_cannot_be_printed_is_refused(press: Office) -> None:
    """No number, no item, no text."""
    item(press.desk.store, "20190405-7F3A9K", uid=90, given=fields("只有标题", "港上镇"))
    draft = gazette.draft
    assert refused(lambda: draft(press.desk, 0, ["20190405-7F3A9K"], by="a")) == "gazette_number"
    assert refused(lambda: draft(press.desk, 1, [], by="a")) == "fact_few_items"
    assert refused(lambda: draft(press.desk, 1, ["20190405-000000"], by="a")) == "fact_no_item"
    assert refused(lambda: draft(press.desk, 1, ["20190405-7F3A9K"], by="a")) == "gazette_no_text"
    assert refused(lambda: draft(press.desk, 1, ["20190405-7F3A9K"], by="")) == "approval_needs_name"


def test_any_text_of_an_item_is_only_text(press: Office) -> None:
    """Marks of templates and characters XML cannot hold do no harm."""
    paper = document("= 不是标题\n# 也不是\n{{ 7*7 }}\x0b\ufffe喆堃玥\n" + "长" * 3000)
    number = "20190405-7F3A9K"
    item(
        press.desk.store,
        number,
        uid=91,
        given=fields("{% raise %}" + "很长的标题" * 60, "港上镇"),
        paper=paper,
    )
    text = text_of(press, gazette.draft(press.desk, 1, [number], by="李科员"))
    assert "= 不是标题" in text
    assert "{{ 7*7 }}" in text
    assert "喆堃玥" in text
