"""The section's own hand in a 通报: passages kept over redrafts, texts finished in Word, corrections, PDF."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import build
import docx
import pytest
from conftest import need
from desks import SECTION, Office, office, submission
from solicited import UNITS
from store_samples import fields, item

from mailbot.errors import MailbotError
from mailbot.model import Bulletin, BulletinKind, BulletinState, LetterKind, Month, Passage
from mailbot.workflow.bulletins import amend, drafting, final, pdf, report
from mailbot.workflow.marks import credit
from mailbot.workflow.marks.credit import Who
from mailbot.workflow.office import people

APRIL = Month(2019, 4)
MONTHLY = BulletinKind.MONTHLY
ONE = "20190405-7F3A9K"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    """12 April 2019: two items, two correspondents."""
    made = office(tmp_path / "var")
    item(made.desk.store, ONE, uid=1, given=fields("春耕备播", "港上镇"))
    made.one(submission())
    for unit in ("马头镇", "县民政局"):
        people.add(made.desk, address=UNITS[unit], unit=unit, name="张一鸣", phone="", by="李科员")
    yield made
    made.desk.store.close()


def refused(call: object) -> str:
    with pytest.raises(MailbotError) as caught:
        call()  # type: ignore[operator]
    return caught.value.code


def text_of(at: Office, bulletin: Bulletin) -> str:
    found = docx.Document(io.BytesIO(at.desk.store.bulletin_file(bulletin.sha256)))
    cells = (cell.text for table in found.tables for row in table.rows for cell in row.cells)
    return "\n".join((*(p.text for p in found.paragraphs), *cells))


def drafted(at: Office) -> Bulletin:
    return report.draft_month(at.desk, APRIL, by="李科员")


def word(at: Office, passage: Passage, text: str, period: str = "2019-04") -> None:
    final.note(at.desk, MONTHLY, period, passage, text, by="李科员")


# ---- passages ----------------------------------------------------------------------------------------------


def test_what_the_section_words_itself_stands_in_every_draft(at: Office) -> None:
    """Redrafted after facts are corrected, its own paragraphs are still there; numbers are counted anew."""
    word(at, Passage.PROBLEMS, "一是部分单位重数量、轻质量。\n个别单位信息员更换未报备。")
    word(
        at, Passage.NEXT_STEPS, "（一）加强组织领导。主要负责同志要亲自过问。\n（二）提高质量。多用数据说话。"
    )
    word(at, Passage.OVERVIEW, "县民政局报送的信息质量较高。")
    first = text_of(at, drafted(at))
    credit.adopt(at.desk, ONE, "县普刊", day=date(2019, 4, 10), who=Who(by="周某某"))
    second = text_of(at, drafted(at))
    for text in (first, second):
        assert "县民政局报送的信息质量较高。" in text
        assert "是部分单位重数量、轻质量。" in text
        assert "一是一是" not in text
        assert "（二）提高质量。多用数据说话。" in text
        assert "上报信息须经分管负责同志审核" not in text
    assert "采用1条" in second
    assert "采用1条" not in first


def test_an_empty_note_goes_back_to_the_template(at: Office) -> None:
    """What the section took away is not kept."""
    word(at, Passage.NEXT_STEPS, "加油。")
    word(at, Passage.NEXT_STEPS, " \n ")
    assert "上报信息须经分管负责同志审核" in text_of(at, drafted(at))
    assert at.verbs("bulletin:monthly:2019-04").count("bulletin_note") == 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("请与彭一鸣联系，电话13905391234。", "note_contact"),
        ("发至mzj@oa.tancheng.example。", "note_contact"),
        ("机密★1年", "note_secret"),
        ("长" * 5001, "note_too_long"),
    ],
)
def test_a_note_holds_nothing_that_must_not_circulate(at: Office, text: str, code: str) -> None:
    """Refused where it is typed, not found in a file that went to 49 units."""
    assert refused(lambda: word(at, Passage.OVERVIEW, text)) == code


def test_the_section_s_own_number_may_stand_in_it(at: Office) -> None:
    """With its area code too."""
    word(at, Passage.OVERVIEW, "如有疑问请与信息科联系：0539-6106766。")
    assert "0539-6106766" in text_of(at, drafted(at))


def test_once_approved_nothing_is_worded_anew(at: Office) -> None:
    """The issued text is what it is."""
    bulletin = drafted(at)
    report.approve(at.desk, bulletin.id, sha256=bulletin.sha256, by="王主任")
    assert refused(lambda: word(at, Passage.OVERVIEW, "又及。")) == "bulletin_approved"
    assert refused(lambda: word(at, Passage.COMMENDED_UNITS, "县民政局", "2019-05")) == "note_passage"


def test_text_of_a_note_is_never_a_template(at: Office) -> None:
    """A brace is a brace."""
    word(at, Passage.OVERVIEW, "{{ 7 * 7 }} {% raise %} # 一")
    assert "{{ 7 * 7 }} {% raise %} # 一" in text_of(at, drafted(at))


# ---- the text finished in Word -----------------------------------------------------------------------------


def edited(content: bytes, text: str = "以下为定稿增加的一段。") -> bytes:
    found = docx.Document(io.BytesIO(content))
    found.add_paragraph(text)
    out = io.BytesIO()
    found.save(out)
    return out.getvalue()


def replaced(at: Office, content: bytes | None = None, name: str = "定稿.docx") -> Bulletin:
    bulletin = at.desk.store.bulletin(MONTHLY, "2019-04") or drafted(at)
    given = edited(at.desk.store.bulletin_file(bulletin.sha256)) if content is None else content
    return final.replace(at.desk, bulletin, given, name, by="李科员")


def test_a_text_finished_in_word_is_what_is_approved_and_sent(at: Office) -> None:
    """New sha256, next draft, an event; the file that goes out is that one, bit for bit."""
    before = drafted(at)
    after = replaced(at)
    assert (after.drafts, after.uploaded_by, after.file_name) == (2, "李科员", before.file_name)
    assert after.sha256 != before.sha256
    code = refused(lambda: report.approve(at.desk, after.id, sha256=before.sha256, by="王主任"))
    assert code == "bulletin_changed"
    assert report.approve(at.desk, after.id, sha256=after.sha256, by="王主任") == 2
    for letter in at.letters(LetterKind.BULLETIN):
        (file,) = at.desk.store.letter_files(letter.id)
        assert file.content == at.desk.store.bulletin_file(after.sha256)
    assert "bulletin_replaced" in at.verbs("bulletin:monthly:2019-04")


def test_a_redraft_does_not_overwrite_it_unless_told_to(at: Office) -> None:
    """Hours of work in Word are not lost to a click."""
    replaced(at)
    with pytest.raises(MailbotError) as caught:
        drafted(at)
    assert (caught.value.code, caught.value.details["by"]) == ("bulletin_uploaded", "李科员")
    anew = report.draft_month(at.desk, APRIL, by="李科员", force=True)
    assert (anew.uploaded_by, anew.drafts) == (None, 3)


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"%PDF-1.4", "a.docx", "bulletin_bad_file"),
        (b"", "a.docx", "bulletin_bad_file"),
        (b"PK\x03\x04cut", "a.docx", "bulletin_bad_file"),
        (build.docx("联系人彭一鸣13905391234。"), "a.docx", "note_contact"),
        (build.docx("秘密★3年", "正文。"), "a.docx", "note_secret"),
    ],
)
def test_what_cannot_go_out_is_not_taken(at: Office, content: bytes, name: str, code: str) -> None:
    """A good .docx, and nothing in it that must not circulate."""
    bulletin = drafted(at)
    assert refused(lambda: replaced(at, content, name)) == code
    assert at.desk.store.bulletin(MONTHLY, "2019-04") == bulletin


def test_marked_changes_do_not_go_to_all_units(at: Office) -> None:
    """A file with 修订 in it is returned to who sent it."""
    assert refused(lambda: replaced(at, _with_insertion())) == "bulletin_has_revisions"


def _with_insertion() -> bytes:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    found = docx.Document()
    paragraph = found.add_paragraph("正文。")
    run = "<w:r><w:t>修订</w:t></w:r>"
    mark = f'<w:ins {nsdecls("w")} w:id="1" w:author="a" w:date="2019-04-01T00:00:00Z">{run}</w:ins>'
    paragraph._p.append(parse_xml(mark))
    out = io.BytesIO()
    found.save(out)
    return out.getvalue()


# ---- corrections -------------------------------------------------------------------------------------------


def issued(at: Office) -> Bulletin:
    at.clock.set(at.clock.now().replace(month=5, day=2))
    bulletin = drafted(at)
    report.approve(at.desk, bulletin.id, sha256=bulletin.sha256, by="王主任")
    return bulletin


def test_a_correction_tells_what_changed_after_the_issue(at: Office) -> None:
    """Before and after, for those concerned only; the issued file stays as it is."""
    bulletin = issued(at)
    assert refused(lambda: amend.draft(at.desk, APRIL, by="李科员")) == "correction_nothing"
    item(at.desk.store, "20190406-8G4B0M", uid=7, given=fields("补登的一条", "马头镇"))
    (change,) = amend.changes(at.desk, APRIL)
    assert (change.unit, change.submissions, change.difference) == ("马头镇", (0, 1), Decimal("0.2"))

    correction = amend.draft(at.desk, APRIL, by="李科员")
    text = text_of(at, correction)
    assert correction.period == "2019-04-1"
    assert "马头镇报送条数由0条更正为1条，4月份得分由0分更正为0.2分。" in text
    assert "2019年5月2日印发的《信息科关于2019年4月份政务信息工作情况的通报》更正如下：" in text
    assert "县民政局" not in text
    assert report.approve(at.desk, correction.id, sha256=correction.sha256, by="王主任") == 2
    assert report.bulletin(at.desk, bulletin.id).sha256 == bulletin.sha256
    assert {one.subject for one in at.letters(LetterKind.BULLETIN)} == {
        "通报：2019年4月份政务信息工作情况的通报",
        "通报：2019年4月份政务信息工作情况通报的更正",
    }


def test_a_second_correction_tells_only_what_is_new(at: Office) -> None:
    """What was corrected once is not corrected again."""
    issued(at)
    item(at.desk.store, "20190406-8G4B0M", uid=7, given=fields("补登的一条", "马头镇"))
    first = amend.draft(at.desk, APRIL, by="李科员")
    assert amend.draft(at.desk, APRIL, by="李科员").id == first.id
    report.approve(at.desk, first.id, sha256=first.sha256, by="王主任")
    assert refused(lambda: amend.draft(at.desk, APRIL, by="李科员")) == "correction_nothing"
    item(at.desk.store, "20190407-9H5C1N", uid=8, given=fields("再补一条", "县水利局"))
    second = amend.draft(at.desk, APRIL, by="李科员")
    assert second.period == "2019-04-2"
    assert "马头镇" not in text_of(at, second)


def test_words_alone_can_be_corrected(at: Office) -> None:
    """A reason is enough; without one and without a difference there is nothing to say."""
    issued(at)
    period = amend.next_period(at.desk, APRIL)
    reason = "附件2中“春耕备播”应为“春耕备耕”。"
    final.note(at.desk, BulletinKind.CORRECTION, period, Passage.OVERVIEW, reason, by="李科员")
    assert reason in text_of(at, amend.draft(at.desk, APRIL, by="李科员"))


def test_what_was_never_issued_needs_no_correction(at: Office) -> None:
    """It is drafted again."""
    drafted(at)
    assert refused(lambda: amend.draft(at.desk, APRIL, by="李科员")) == "correction_not_issued"


def test_many_changes_go_into_a_table(at: Office) -> None:
    """The text holds five."""
    issued(at)
    for number, unit in enumerate(("港上镇", "马头镇", "县水利局", "县商务局", "县统计局", "县教体局"), 10):
        item(at.desk.store, f"201904{number}-8G4B0M", uid=number, given=fields(f"补登{number}", unit))
    text = text_of(at, amend.draft(at.desk, APRIL, by="李科员"))
    assert "6个单位的有关数字更正见附件。" in text
    assert "原通报" in text


# ---- PDF ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_bulletin_becomes_a_pdf(at: Office) -> None:
    """By LibreOffice, in a directory of its own."""
    need("soffice")
    content = pdf.to_pdf(at.desk.store.bulletin_file(drafted(at).sha256))
    assert content.startswith(b"%PDF-")


def test_without_libreoffice_it_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Chinese, with the way round it."""
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(pdf, "_USUAL_PLACES", ())
    assert refused(lambda: pdf.to_pdf(b"")) == "pdf_not_installed"


def test_a_program_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With its children, within the time given."""
    hangs = tmp_path / "soffice"
    hangs.write_text("#!/bin/sh\nsleep 60 & sleep 60\n")
    hangs.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert refused(lambda: pdf.to_pdf(b"", seconds=0.5)) == "pdf_timeout"


def test_a_program_that_makes_nothing_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What it said goes into the message."""
    fails = tmp_path / "soffice"
    fails.write_text("#!/bin/sh\necho Error: no export filter\n")
    fails.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(MailbotError) as caught:
        pdf.to_pdf(b"")
    assert (caught.value.code, "no export filter" in caught.value.details["text"]) == ("pdf_failed", True)


# ---- which one ---------------------------------------------------------------------------------------------


def test_a_period_names_one_bulletin(at: Office) -> None:
    """As `bulletin list` shows it."""
    bulletin = drafted(at)
    assert drafting.of_period(at.desk, "2019-04").id == bulletin.id
    assert refused(lambda: drafting.of_period(at.desk, "2019-04-1")) == "bulletin_unknown"


def test_an_approval_needs_a_name(at: Office) -> None:
    """Of somebody, on one line."""
    bulletin = drafted(at)
    assert bulletin.state is BulletinState.DRAFT
    for by in ("", " ", "王" * 41):
        code = refused(lambda by=by: report.approve(at.desk, bulletin.id, sha256=bulletin.sha256, by=by))
        assert code == "approval_needs_name"
    assert at.letters(LetterKind.BULLETIN_DRAFT)[0].recipient == SECTION
    assert at.clock.now() - timedelta(hours=1) < bulletin.drafted_at
