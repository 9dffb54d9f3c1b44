"""Fields of a mail: the subject first, then body, Word file and register, each with its source."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from steps import calls

from mailbot.intake._event import event_date
from mailbot.intake.fields import find
from mailbot.lexicon import Lexicon
from mailbot.model import (
    Address,
    Correspondent,
    Document,
    DocumentKind,
    Fields,
    Found,
    IncomingMail,
    Source,
)
from mailbot.roster import Roster

POLICY = Path(__file__).parent.parent / "data/policy"
ROSTER = Roster.from_data(tomllib.loads((POLICY / "roster.toml").read_text("utf-8")))
LEXICON = Lexicon.from_data(tomllib.loads((POLICY / "lexicon.toml").read_text("utf-8")))
ARRIVED = datetime(2019, 4, 12, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
KNOWN = Correspondent(address="lizhuang@oa.tancheng.example", unit="李庄镇", name="时建国", phone="6221234")
TITLE = "蓝莓基地投产"


def mail(subject: str = TITLE, text: str = "", **more: object) -> IncomingMail:
    """A mail with this subject and body."""
    sender = Address(address="lizhuang@oa.tancheng.example", name="信息员")
    base = IncomingMail(
        sha256="0" * 64, size=1, arrived_at=ARRIVED, senders=(sender,), subject=subject, text=text
    )
    return replace(base, **more)


def word(*paragraphs: str, title: str = "", sign_off: str = "") -> Document:
    """A Word file as read."""
    return Document(
        name="稿.docx", sha256="1" * 64, size=1, kind=DocumentKind.DOCX, paragraphs=paragraphs, title=title,
        sign_off=sign_off,
    )  # fmt: skip


def found(
    letter: IncomingMail, document: Document | None = None, known: Correspondent | None = None
) -> Fields:
    """The fields under the packaged policy."""
    return find(letter, document, known, ROSTER, LEXICON)


def stated(fields: Fields) -> tuple[object, object, object]:
    """Unit, submitters and contacts without their sources."""
    return tuple(f.value if f else None for f in (fields.unit, fields.submitters, fields.contacts))  # type: ignore[return-value]


WHOLE = ("李庄镇", ("时建国",), ("13563900024",))


def test_the_subject_comes_before_everything_else() -> None:
    """What the subject states is not overruled by body, file or register."""
    fields = found(
        mail(f"{TITLE}-马头镇-毕海-6228888", "报送单位：李庄镇 报送人：时建国 电话：13563900024"),
        word("x", title="别的标题", sign_off="县水利局"),
        KNOWN,
    )
    assert fields.title == Found(TITLE, Source.SUBJECT)
    assert stated(fields) == ("马头镇", ("毕海",), ("6228888",))
    assert {f.source for f in (fields.unit, fields.submitters, fields.contacts) if f} == {Source.SUBJECT}


@pytest.mark.parametrize(
    "text",
    [
        "报送单位：李庄镇 报送人：时建国 联系电话：13563900024",
        "请查收。\n报送单位：李庄镇\n报送人：时建国\n联系方式：135 6390 0024",
        "稿件见附件，请审阅。\n\n李庄镇党政办\n时建国\n13563900024",
        "各位领导好：\n  我是李庄镇时建国，电话13563900024，稿件见附件。",
        "附件为李庄镇上报的政务信息，请查收。联系人时建国，电话13563900024。",
        "工作愉快\n李庄镇 党政办 时建国\n+86 13563900024",
        "现报信息一篇，请审阅。（李庄镇 时建国 13563900024）",
    ],
)
def test_what_the_subject_lacks_is_sought_in_the_body(text: str) -> None:
    """Labels, signature, introduction and closing bracket in the writer's own text supply fields."""
    fields = found(mail(text=text))
    assert stated(fields) == WHOLE
    assert {f.source for f in (fields.unit, fields.submitters, fields.contacts) if f} == {Source.BODY}


@pytest.mark.parametrize(
    "text",
    [
        "县财政局王明同志到李庄镇调研，对蓝莓基地给予肯定。",
        "如有疑问请与县水利局联系。",
        "今年以来，李庄镇张家村种植户刘大伟带动周边群众增收。",
        "您好，附件是我单位的信息，请查收，谢谢！",
        "",
    ],
)
def test_a_mere_mention_in_the_body_states_nothing(text: str) -> None:
    """A unit or a person named in a sentence is no field: left empty rather than guessed."""
    assert stated(found(mail(text=text))) == (None, None, None)


def test_a_quoted_older_mail_supplies_nothing() -> None:
    """Only what the writer wrote counts, not the mail quoted below it."""
    fields = found(mail(quoted="报送单位：李庄镇 报送人：时建国 联系电话：13563900024"))
    assert stated(fields) == (None, None, None)


def test_a_title_named_in_the_body_is_taken_where_the_subject_has_none() -> None:
    """现将《X》报上 names the title."""
    fields = found(mail("政务信息", "现将我单位信息《“一村一品”《条例》解读》报上，请审阅。"))
    assert fields.title == Found("“一村一品”《条例》解读", Source.BODY)


def test_the_word_file_comes_after_the_body() -> None:
    """Title line and closing lines of the file supply what subject and body lack."""
    fields = found(
        mail(""),
        word("正文", title=TITLE, sign_off="李庄镇\n2019年4月11日\n联系人：时建国 电话：13563900024"),
    )
    assert fields.title == Found(TITLE, Source.DOCUMENT)
    assert stated(fields) == WHOLE
    assert fields.unit == Found("李庄镇", Source.DOCUMENT)


def test_the_file_s_name_is_no_source() -> None:
    """Without a title line the title stays empty: a name like 稿.docx says nothing sure."""
    assert found(mail(""), word("正文只有一段话而已。")).title is None


def test_the_register_comes_last() -> None:
    """A confirmed correspondent supplies unit, name and phone."""
    fields = found(mail(), known=KNOWN)
    assert fields.unit == Found("李庄镇", Source.REGISTER)
    assert fields.submitters == Found(("时建国",), Source.REGISTER)
    assert fields.contacts == Found(("6221234",), Source.REGISTER)


@pytest.mark.parametrize(
    "known",
    [
        replace(KNOWN, confirmed=False),
        replace(KNOWN, valid_until=date(2019, 4, 11)),
        replace(KNOWN, valid_from=date(2019, 4, 13)),
    ],
)
def test_only_a_confirmed_and_valid_correspondent_supplies_fields(known: Correspondent) -> None:
    """An unconfirmed, former or future correspondent supplies nothing."""
    assert stated(found(mail(), known=known)) == (None, None, None)


FORM = [
    "签发人",
    "苗青",
    "审核人",
    "毕海",
    "报送人",
    "时建国",
    "联系电话",
    "13563900024",
    "报送单位",
    "李庄镇",
]


def test_the_cells_of_a_form_are_read_above_and_below_the_text() -> None:
    """A cell is a line of its own: the label stands in one, its value in the next."""
    above = word("标题", TITLE, *FORM, "正文。" * 30, title=TITLE)
    below = word(TITLE, "正文。" * 30, *FORM, title=TITLE, sign_off="\n".join(FORM))
    for document in (above, below):
        fields = found(mail(""), document)
        assert fields.title == Found(TITLE, Source.DOCUMENT)
        assert stated(fields) == WHOLE
        assert (fields.reviewer, fields.signer) == ("毕海", "苗青")


def test_a_row_of_labels_over_a_row_of_values_is_read_and_an_empty_cell_takes_nothing() -> None:
    """Cells without text yield no line: 签发人, left empty, does not take what follows 审核人."""
    row = "报送单位\n报送人\n联系电话\n李庄镇\n时建国\n13563900024"
    assert stated(found(mail(), word("正文", title=TITLE, sign_off=row))) == WHOLE
    fields = found(mail(), word("正文", title=TITLE, sign_off="签发人\n审核人\n毕海\n撰稿人\n时建国"))
    assert (fields.reviewer, fields.signer) == ("毕海", None)
    assert fields.submitters == Found(("时建国",), Source.DOCUMENT)


def test_a_list_of_people_in_the_file_states_nobody() -> None:
    """姓名 and 电话 over several rows are the matter of the text."""
    people = "姓名\n电话\n毕海\n13012340000\n苗青\n13012340001\n时建国\n13012340002"
    assert stated(found(mail(), word(title=TITLE, sign_off=people)))[1:] == (None, None)


def test_a_form_in_the_body_states_its_title_whole() -> None:
    """Label and value in two lines; a title that begins with a unit is not cut at it."""
    form = "标题\n李庄镇推进蓝莓种植\n报送单位：\n李庄镇\n报送人：\n侴亮\n联系电话：\n13563900024"
    fields = found(mail("", form))
    assert fields.title == Found("李庄镇推进蓝莓种植", Source.BODY)
    assert stated(fields) == ("李庄镇", ("侴亮",), ("13563900024",))


def test_a_written_unit_off_the_roster_is_not_replaced() -> None:
    """The subject's 县公安局 stands, whatever body and register say."""
    fields = found(mail(f"{TITLE}-县公安局-毕海", "报送单位：李庄镇"), known=KNOWN)
    assert (fields.unit, fields.unit_as_written) == (None, "县公安局")


def test_the_reviewer_stated_in_the_file_is_recorded() -> None:
    """审核人 and 签发人 stated anywhere are recorded."""
    fields = found(mail(), word("正文", sign_off="审核：苗青 签发：毕海 撰稿：时建国"))
    assert (fields.reviewer, fields.signer) == ("苗青", "毕海")
    assert fields.submitters == Found(("时建国",), Source.DOCUMENT)


def test_the_day_of_the_event_is_read_from_the_opening() -> None:
    """4月11日，… at the beginning of the text is the day of the event."""
    fields = found(
        mail(), word(TITLE, "4月11日，李庄镇蓝莓基地正式投产，首批鲜果销往各地市场。", title=TITLE)
    )
    assert fields.event_date == date(2019, 4, 11)


@pytest.mark.parametrize(
    ("opening", "day"),
    [
        ("4月12日上午，港上镇举办杏花节", date(2019, 4, 12)),
        ("2019年3月5日：学雷锋志愿服务", date(2019, 3, 5)),
        ("4月9日至10日，全县开展普查", date(2019, 4, 10)),
        ("12月28日，年终会战打响", date(2018, 12, 28)),
        ("截至4月10日，已完成征缴", None),
        ("5月1日起全县禁放烟花", None),
        ("将于4月20日举办招聘会", None),
        ("今年以来，各项工作有序推进", None),
        ("2月30日，不存在的一天", None),
    ],
)
def test_a_day_that_is_not_clearly_the_event_is_none(opening: str, day: date | None) -> None:
    """Deadlines, periods, future and impossible days are left open."""
    assert event_date("", opening, ARRIVED.date()) == day


def test_a_hostile_body_is_read_at_bounded_cost() -> None:
    """Only so many lines and characters are looked at: a body ten times as long costs no more calls."""
    few, many = (mail(text="报送人：张三，电话\n" * times + "（" * times) for times in (2_000, 20_000))
    found(few)
    assert calls(lambda: found(many)) <= 1.05 * calls(lambda: found(few))


@pytest.mark.parametrize(
    ("letter", "document", "topic"),
    [
        (mail(f"【问题反映】{TITLE}-李庄镇-时建国-13563900024"), None, "群众关心的问题和建议"),
        (mail(TITLE, "报送单位：李庄镇\n信息类别：典型经验\n"), None, "成绩经验和亮点工作"),
        (mail(TITLE), word("信息类别：经济运行", "正文。"), "县中心工作和经济运行"),
        (mail("李庄镇解决群众饮水问题的做法-李庄镇-时建国-13563900024"), word("问题与建议。" * 30), None),
        (mail(f"{TITLE}-李庄镇", "类别：其他"), None, None),
    ],
)
def test_a_class_of_content_is_recorded_where_it_is_stated(
    letter: IncomingMail, document: Document | None, topic: str | None
) -> None:
    """Notice 二(一): by a tag or behind its label; never guessed from title or text."""
    assert found(letter, document).topic == topic
