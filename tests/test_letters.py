"""Letters as units read them, and as they go over the wire (RFC 3834)."""

from __future__ import annotations

import base64
import email
import itertools
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import policy as email_policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from cases import FULL, NOW, POLICY, SUBJECT, TITLE, UNIT, file, item
from steps import calls

from mailbot.errors import ConfigError, StateError
from mailbot.intake.fields import read_subject
from mailbot.model import (
    Address,
    Fields,
    Finding,
    Found,
    LetterFile,
    LetterKind,
    LetterText,
    Outcome,
    Reason,
    Relation,
    Source,
    Verdict,
)
from mailbot.policy import Audience
from mailbot.render import letters
from mailbot.render.letters import (
    MAX_BYTES,
    Alert,
    AlertFacts,
    BulletinDraftFacts,
    DigestFacts,
    DigestRow,
    LetterFacts,
    compose,
    freeze,
    is_ours,
    message_id,
)

R = Reason
WORDING, OUTCOMES = POLICY.wording, POLICY.intake.outcomes
BOX = Address(address="xxk@tancheng.example", name="郯城县政府办公室信息科")
UNIT_BOX = Address(address="mzj@lyoa.example")
SECRET = b"k" * 32

DETAILS: dict[Reason, dict[str, str]] = {
    R.SECRECY_MARK: {"place": "file"},
    R.SAME_BYTES: {"number": "20190401-AAAAAA"},
    R.SAME_DOCUMENT: {"number": "20190401-AAAAAA"},
    R.UNIT_NOT_ON_ROSTER: {"unit": "县公安局"},
    R.SEVERAL_DOCUMENTS: {"count": "2", "names": "“甲.docx”、“乙.docx”"},
    R.SAME_TEXT_OTHER_UNIT: {"number": "20190401-AAAAAA", "unit": "县水利局", "share": "83%"},
    R.MAIL_TOO_LARGE: {"size": "57.2", "limit": "50"},
    R.NO_ATTACHMENT: {"pasted": ""},
    R.CLOUD_ATTACHMENT: {
        "name": "稿件.docx",
        "host": "wx.mail.qq.com",
        "expires": "2019年5月12日",
        "size": "21M",
    },
    R.OTHER_TYPE: {"name": "稿件.pdf", "type": "pdf"},
    R.FAKE_WORD: {"name": "稿件.doc", "type": "rtf"},
    R.MACROS: {"name": "稿件.docm", "type": "docm"},
    R.PASSWORD: {"name": "稿件.docx", "type": "docx"},
    R.CORRUPT: {"name": "稿件.docx", "type": "truncated"},
    R.EMPTY_DOCUMENT: {"name": "稿件.docx", "type": "no_text"},
    R.TOO_LARGE: {"name": "稿件.docx", "type": "file", "size": "31.4", "limit": "20"},
    R.HOSTILE_DOCUMENT: {"name": "稿件.docx"},
    R.FOUND_ELSEWHERE: {"field": "contacts", "source": "body", "value": "6220000"},
    R.BAD_CONTACT: {"value": "1380013800"},
    R.OTHERS_NOT_TAKEN: {"name": "照片.jpg"},
    R.OVER_SHORT_LIMIT: {"count": "436", "short": "400", "long": "2000"},
    R.OVER_LONG_LIMIT: {"count": "2436", "short": "400", "long": "2000"},
    R.SENDER_OF_OTHER_UNIT: {"unit": UNIT, "registered": "县水利局"},
    R.SENDER_NOT_REGISTERED: {"unit": UNIT, "address": "mzj@lyoa.example"},
    R.LATE_REPORT: {"date": "2019-04-09", "days": "3"},
    R.SAME_DAY_REPORT: {"date": "2019-04-12", "days": "0"},
    R.CORPUS_LIKENESS: {"name": "对照 2019-03-02.txt", "share": "83%"},
    R.WEAK_LIKENESS: {"number": "20190401-AAAAAA", "unit": "县水利局", "share": "35%"},
    R.NEW_VERSION: {"number": "20190401-AAAAAA"},
    R.COMPLETES_RETURNED: {"number": "20190401-AAAAAA"},
    R.JOINT_SUBMISSION: {"units": "县水利局"},
    R.WRONG_EXTENSION: {"name": "稿件.doc", "extension": ".docx"},
}
RETURNED = [reason for reason in Reason if OUTCOMES[reason] is Outcome.RETURNED]
ANSWERS = sorted(letters.ANSWERS)


def finding(reason: Reason, **over: str) -> Finding:
    return Finding(reason=reason, details={**DETAILS.get(reason, {}), **over})


def facts(*findings: Finding, fields: Fields = FULL, document: bool = True, **over: object) -> LetterFacts:
    """Facts of an answer; the outcome is that of the gravest finding."""
    outcome = min((OUTCOMES[f.reason] for f in findings), key=list(Outcome).index, default=Outcome.ACCEPTED)
    verdict = Verdict(
        outcome=outcome,
        findings=findings,
        fields=fields,
        document=file("我县建立困难群众救助“一门受理”机制.docx") if document else None,
        relation=over.pop("relation", Relation.NEW),  # type: ignore[arg-type]
    )
    whole = {
        "verdict": verdict,
        "outcomes": OUTCOMES,
        "number": "20190412-7F3A9K",
        "arrived_at": NOW,
        "office": "郯城县政府办公室信息科",
        "phones": ("6106766", "6109100"),
        "earlier": item(),
    }
    return LetterFacts(**{**whole, **over})  # type: ignore[arg-type]


def returned(*findings: Finding, **over: object) -> LetterText:
    fields = replace(FULL, **{_FIELD[f.reason]: None for f in findings if f.reason in _FIELD})
    kept = {"fields": fields, "document": all(f.reason in _FIELD for f in findings), **over}
    return compose(LetterKind.RETURNED, facts(*findings, **kept), WORDING)  # type: ignore[arg-type]


_FIELD = {
    R.MISSING_TITLE: "title",
    R.MISSING_UNIT: "unit",
    R.MISSING_SUBMITTERS: "submitters",
    R.MISSING_CONTACTS: "contacts",
}

# Names of programs and formats that officers know; anything else in Latin letters is jargon.
KNOWN_WORDS = {"word", "wps", "pdf", "docx", "doc", "jpg", "mb", "docm", "microsoft", "rtf"}


def expect_readable(text: LetterText) -> None:
    """Plain Chinese that ends as a letter does: no code, no template's leftovers, no English."""
    whole = f"{text.subject}\n{text.body}"
    assert not re.search(r"\{\{|\{%|Undefined|None\b|\bTrue\b|_", whole), whole
    latin = {w.lower() for w in re.findall(r"[A-Za-z]{2,}", re.sub(r"\d{8}-[0-9A-Z]{6}", "", whole))}
    assert latin <= KNOWN_WORDS, latin - KNOWN_WORDS
    assert "。。" not in whole
    assert "，。" not in whole
    assert "\n\n\n" not in whole
    assert not re.search(r"[ \t]$", whole, re.M)
    assert text.body.endswith("郯城县政府办公室信息科　联系电话：6106766、6109100\n")
    assert len(text.body.encode()) <= MAX_BYTES


# ---- every reason in words ---------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("audience", [Audience.UNIT, Audience.SECTION])
def test_every_reason_has_words_for_whom_it_concerns(reason: Reason, audience: Audience) -> None:
    """One whole sentence, with nothing of the template left in it."""
    verdict = facts(finding(reason)).verdict
    told = letters.sentences(verdict, WORDING, audience=audience)
    concerned = audience is Audience.SECTION or WORDING.reasons[reason].audience is not Audience.SECTION
    assert len(told) == concerned
    for sentence in told:
        assert re.search(r"[。）]$", sentence), sentence
        assert "{" not in sentence
        assert "  " not in sentence


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_can_be_written_with_every_reason(kind: LetterKind, reason: Reason) -> None:
    """Whatever an office makes of a reason in intake.toml, the letter stands."""
    expect_readable(compose(kind, facts(finding(reason)), WORDING))


@pytest.mark.parametrize("pair", list(itertools.combinations(RETURNED, 2)), ids="-".join)
def test_every_pair_of_faults_makes_one_letter(pair: tuple[Reason, Reason]) -> None:
    """Each fault is named, missing fields as one; the count is that of the list."""
    text = returned(*(finding(reason) for reason in pair))
    expect_readable(text)
    count = 1 if all(reason in _FIELD for reason in pair) else 2
    assert f"请补正以下 {count} 处" in text.body
    assert len(re.findall(r"^\d\. ", text.body, re.M)) == count


def test_all_faults_at_once_stay_within_four_kilobytes() -> None:
    """Remedies give way before a letter grows too long; every fault is still named."""
    many = [
        finding(reason, name=f"{'很长的文件名' * 30}{i}.docx")
        for i, reason in enumerate(RETURNED)
        if "name" in DETAILS.get(reason, {})
    ]
    long = replace(FULL, title=Found("扎实推进困难群众救助工作" * 50, Source.SUBJECT))
    text = returned(*many, *(finding(r) for r in RETURNED if "name" not in DETAILS.get(r, {})), fields=long)
    expect_readable(text)
    assert text.body.count("很长的文件名") >= len(many)


def test_every_alert_has_its_text() -> None:
    """Each alert of the code can be written, and says what to do."""
    details = {
        "place": "file",
        "number": "20190412-7F3A9K",
        "sender": "a@b.example",
        "recipient": "a@b.example",
    }
    details |= {"subject": "回执：标题", "what": "邮箱连接中断", "cause": "timeout"}
    for alert in Alert:
        text = compose(LetterKind.ALERT, AlertFacts(alert=alert, at=NOW, details=details), WORDING)
        assert text.subject
        assert len(text.body) > 20
        assert "{{" not in text.body


# ---- what they say -----------------------------------------------------------------------------------------


def test_a_receipt_names_what_was_registered() -> None:
    """Number, the four fields, the file with its count, the time of arrival; remarks as a numbered list."""
    text = compose(
        LetterKind.RECEIPT,
        facts(finding(R.FOUND_ELSEWHERE), finding(R.OVER_SHORT_LIMIT), finding(R.OTHERS_NOT_TAKEN)),
        WORDING,
    )
    assert text.subject == f"回执：{TITLE}"
    for part in (
        "县民政局 彭利 同志：",
        "20190412-7F3A9K",
        TITLE,
        UNIT,
        "6220000",
        "（全文 320 字）",
        "2019年4月12日 09:41",
    ):
        assert part in text.body
    assert "1. 主题中未注明联系方式，已按正文中的“6220000”登记。" in text.body
    assert "3. 除信息稿外，附件“照片.jpg”未予收录" in text.body


def test_a_clean_receipt_has_no_remarks() -> None:
    """Nothing to say, nothing said; what only the section reads is not told."""
    text = compose(
        LetterKind.RECEIPT, facts(finding(R.SENDER_NOT_REGISTERED), finding(R.LATE_REPORT)), WORDING
    )
    assert "提示" not in text.body
    assert "没有登记" not in text.body


def test_fields_found_in_several_places_are_one_remark() -> None:
    """Each field with its place; the advice once."""
    two = (
        finding(R.FOUND_ELSEWHERE),
        finding(R.FOUND_ELSEWHERE, field="unit", source="register", value=UNIT),
    )
    body = compose(LetterKind.RECEIPT, facts(*two), WORDING).body
    assert "主题中未注明联系方式和报送单位" in body
    assert body.count("下次请在主题中一并注明") == 1


def test_a_pdf_beside_a_picture_is_one_sentence_with_the_remedy_of_the_pdf() -> None:
    """The picture needs no advice of its own."""
    text = returned(finding(R.OTHER_TYPE), finding(R.OTHER_TYPE, name="照片.jpg", type="jpg"))
    assert "请补正以下 1 处" in text.body
    assert "附件“稿件.pdf”（PDF 文件）、“照片.jpg”（图片）不是 Word 文件" in text.body
    assert "扫描件" not in text.body


def test_many_files_are_counted() -> None:
    """Four names at most; then how many."""
    text = returned(*(finding(R.OTHER_TYPE, name=f"{i}.jpg", type="jpg") for i in range(9)))
    assert "“2.jpg”（图片）等 9 个不是 Word 文件" in text.body


@pytest.mark.parametrize(
    ("missing", "line", "placeholders"),
    [
        ((R.MISSING_CONTACTS,), f"{TITLE}-{UNIT}-彭利-电话", "把“电话”换成"),
        ((R.MISSING_UNIT, R.MISSING_SUBMITTERS), f"{TITLE}-单位-报送人-6220000", "把“单位”“报送人”换成"),
        ((R.MISSING_TITLE,), f"标题-{UNIT}-彭利-6220000", "把“标题”换成"),
    ],
)
def test_the_subject_to_copy_lacks_only_what_is_missing(
    missing: tuple[Reason, ...], line: str, placeholders: str
) -> None:
    """Known values are filled in, and a good file need not be sent again."""
    text = returned(*(finding(reason) for reason in missing))
    assert f"\n　{line}\n" in text.body
    assert placeholders in text.body
    assert "附件不必重发" in text.body


def test_a_subject_that_lacks_nothing_is_offered_as_it_is() -> None:
    """A wrong file alone: no placeholder, and it reads back as the same four fields."""
    text = returned(finding(R.OTHER_TYPE))
    assert "换成" not in text.body
    assert f"\n　{SUBJECT}\n" in text.body
    assert read_subject(SUBJECT, POLICY.roster, POLICY.lexicon).contacts == ("6220000",)


def test_a_number_that_is_none_is_told_with_the_missing_contact() -> None:
    """One point, not two."""
    text = returned(finding(R.MISSING_CONTACTS), finding(R.BAD_CONTACT))
    assert "请补正以下 1 处" in text.body
    assert "“1380013800”不像完整的电话号码" in text.body


@pytest.mark.parametrize(
    ("document", "place"), [(True, "主题、正文和 Word 文稿中都没有找到"), (False, "主题和正文中都没有找到")]
)
def test_it_says_where_a_missing_field_was_sought(document: bool, place: str) -> None:
    """The Word file only where there was one to read."""
    assert place in returned(finding(R.MISSING_CONTACTS), document=document).body


def test_a_cloud_attachment_is_named_with_its_expiry() -> None:
    """Or without, where the link says nothing."""
    assert (
        "附件“稿件.docx”是以超大附件（网盘链接）方式发来的，链接到 2019年5月12日 失效"
        in returned(finding(R.CLOUD_ATTACHMENT)).body
    )
    assert "附件是以超大附件" in returned(finding(R.CLOUD_ATTACHMENT, name="", expires="")).body


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (finding(R.OTHERS_NOT_TAKEN, name="“最后一公里”.jpg"), "附件“‘最后一公里’.jpg”未予收录"),
        (finding(R.FOUND_ELSEWHERE, field="title", value="打通“最后一公里”"), "“打通‘最后一公里’”登记"),
        (finding(R.BAD_CONTACT, value="“138”"), "“‘138’”不像完整的电话号码"),
        (finding(R.OTHER_TYPE, name="“甲‘乙’”.pdf", type="pdf"), "附件“‘甲“乙”’.pdf”（PDF 文件）"),
    ],
)
def test_marks_inside_quotation_marks_are_the_inner_ones(found: Finding, said: str) -> None:
    """“…‘…’…”, as Chinese is set."""
    kind = LetterKind.RETURNED if OUTCOMES[found.reason] is Outcome.RETURNED else LetterKind.RECEIPT
    assert said in compose(kind, facts(found), WORDING).body


def test_several_files_are_named_with_inner_marks_and_counted_where_many() -> None:
    """The names come as one text whose marks are those of the names too."""
    names = "、".join(f"“推进“{word}”.docx”" for word in "甲乙丙丁戊")
    few = "“推进“一网”.docx”、“乙.docx”"
    said = [
        compose(LetterKind.HELD_NOTICE, facts(finding(R.SEVERAL_DOCUMENTS, names=one)), WORDING).body
        for one in (few, names)
    ]
    assert "：“推进‘一网’.docx”、“乙.docx”。" in said[0]
    assert "：“推进‘甲’.docx”、“推进‘乙’.docx”、“推进‘丙’.docx”等 5 个。" in said[1]


def test_a_held_notice_accuses_nobody() -> None:
    """Neither the word nor the other unit of a suspected 雷同."""
    body = compose(LetterKind.HELD_NOTICE, facts(finding(R.SAME_TEXT_OTHER_UNIT)), WORDING).body
    assert "人工核对" in body
    for word in ("雷同", "抄袭", "县水利局", "相同", "20190401"):
        assert word not in body


def test_a_held_notice_names_what_else_is_wrong() -> None:
    """So that the unit can mend it meanwhile."""
    body = compose(
        LetterKind.HELD_NOTICE, facts(finding(R.UNIT_NOT_ON_ROSTER), finding(R.MISSING_CONTACTS)), WORDING
    ).body
    assert "说明：来信所写单位“县公安局”不在报送单位名单内" in body
    assert "补正以下 1 处" in body


def test_a_duplicate_names_the_earlier_number_and_date() -> None:
    """And not a new number."""
    body = compose(
        LetterKind.DUPLICATE, facts(finding(R.SAME_DOCUMENT), relation=Relation.DUPLICATE), WORDING
    ).body
    assert "20190409-AAAAAA" in body
    assert "2019年4月9日 09:41" in body
    assert "20190412-7F3A9K" not in body


def test_a_new_version_is_not_registered_twice() -> None:
    """It replaces the earlier file under the same number."""
    body = compose(
        LetterKind.NEW_VERSION, facts(finding(R.NEW_VERSION), relation=Relation.VERSION), WORDING
    ).body
    assert "替换此前（2019年4月9日 09:41）报送的稿件，仍用原编号，不重复登记" in body


def test_a_completed_item_keeps_its_first_arrival() -> None:
    """With the file that lies here already where the reply brought none; without a lesson on subjects."""
    body = compose(
        LetterKind.COMPLETED,
        facts(
            finding(R.COMPLETES_RETURNED),
            finding(R.FOUND_ELSEWHERE),
            relation=Relation.COMPLETION,
            document=False,
        ),
        WORDING,
    ).body
    assert "收到时间：2019年4月9日 09:41（补正材料 2019年4月12日 09:41 收到）" in body
    assert "收到附件：旧稿.docx" in body
    assert "下次请" not in body


def test_a_title_is_never_a_template() -> None:
    """What a mail says is a value: it prints as it is."""
    title = "{{7*7}}{% for x in y %}{{ number.__class__ }}"
    text = compose(
        LetterKind.RECEIPT, facts(fields=replace(FULL, title=Found(title, Source.SUBJECT))), WORDING
    )
    assert text.subject == f"回执：{title}"
    assert f"标　　题：{title}" in text.body


def test_a_long_title_is_cut_in_the_subject_alone() -> None:
    """Sixty characters there; the body has it whole."""
    title = "扎实推进困难群众救助工作" * 10
    text = compose(
        LetterKind.RECEIPT, facts(fields=replace(FULL, title=Found(title, Source.SUBJECT))), WORDING
    )
    assert text.subject == f"回执：{title[:59]}…"
    assert title in text.body


@pytest.mark.parametrize("prefix", ["回复：", "Re: ", "答复: 回复："])
def test_a_letter_without_a_title_gives_a_reply_none(prefix: str) -> None:
    """The dated subject of such a letter is not read as a title when it comes back."""
    subject = returned(finding(R.MISSING_TITLE)).subject
    assert subject == "退回补正：（无主题）2019年4月12日"
    assert read_subject(prefix + subject, POLICY.roster, POLICY.lexicon).title is None


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_reply_to_a_letter_reads_as_the_same_title(kind: LetterKind) -> None:
    """Every answer's subject begins with a prefix that a later subject drops."""
    subject = compose(kind, facts(finding(R.MISSING_CONTACTS)), WORDING).subject
    assert read_subject(f"回复：{subject}", POLICY.roster, POLICY.lexicon).title == TITLE


@pytest.mark.parametrize(
    "evil",
    ["标题\r\nBcc: x@evil.example", "标题\n\n正文", "标题\x00\x0b\u202e\ufffe结束", "标题\u2028下行\ud800"],
)
def test_controls_never_reach_a_letter(evil: str) -> None:
    """Line ends, direction marks and halves of characters are gone from subject and body."""
    fields = replace(FULL, title=Found(evil, Source.SUBJECT), submitters=Found((evil,), Source.SUBJECT))
    text = compose(LetterKind.RECEIPT, facts(finding(R.OTHERS_NOT_TAKEN, name=evil), fields=fields), WORDING)
    assert text.subject.isprintable()
    assert all(line.isprintable() for line in text.body.replace("\u3000", "").split("\n"))
    message = parsed(frozen(text))
    assert set(message.keys()) == set(parsed(frozen(LetterText(subject="a", body="b"))).keys())


def test_the_digest_lists_what_waits() -> None:
    """Counts, what waits, remarks and troubles; only what there is."""
    row = DigestRow(number="20190412-7F3A9K", label=f"{UNIT}《{TITLE}》", why="询问事项。")
    full = DigestFacts(
        day=NOW,
        counts={Outcome.ACCEPTED: 3, Outcome.HELD: 2},
        sent=4,
        unsent=1,
        letters_waiting=1,
        waiting=(row,),
        waiting_total=2,
        remarks=(row,),
        troubles=("邮箱连接中断 2 次。",),
        console="http://127.0.0.1:8080/",
    )
    text = compose(LetterKind.DIGEST, full, WORDING)
    assert text.subject == "每日情况：2019年4月12日"
    for part in ("来信 5 封：已登记 3 封，待审 2 封。", "另有 1 封待发", "其余 1 件", "邮箱连接中断"):
        assert part in text.body
    quiet = compose(LetterKind.DIGEST, DigestFacts(day=NOW, counts={}, sent=0), WORDING)
    assert "没有需要处理的事项。" in quiet.body


def test_the_draft_goes_out_with_its_tasks() -> None:
    """What the section has to do stands line by line."""
    draft = BulletinDraftFacts(
        title="2019年3月份通报", period="3月份", summary="收到信息 132 条。", todo=("甲。", "乙。")
    )
    text = compose(LetterKind.BULLETIN_DRAFT, draft, WORDING)
    assert text.subject == "待审：2019年3月份通报（草稿）"
    assert "以下 2 项" in text.body
    assert "未经您在网页上点“批准并发送”，不会发给任何单位。" in text.body


def test_other_facts_fill_their_own_template() -> None:
    """A new kind of letter is a dataclass and a template."""

    @dataclass(frozen=True)
    class Facts:
        title: str
        unit: str
        office: str
        phones: tuple[str, ...]

    text = compose(LetterKind.BULLETIN, Facts("三月通报", UNIT, "信息科", ("6106766",)), WORDING)
    assert "三月通报" in text.subject
    assert UNIT in text.body


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("回执：x\n\n{{ number }\n", 3),
        ("回执：x\n\n{% if %}", 3),
        ("回执：x\n\n{{ nothing }}", 3),
        ("{% include 'no.txt' %}", 0),
    ],
)
def test_a_broken_template_is_named_with_its_line(template: str, line: int) -> None:
    """Whoever edited it finds the place."""
    broken = replace(WORDING, templates={**WORDING.templates, "letters/receipt.txt": template})
    with pytest.raises(ConfigError) as error:
        compose(LetterKind.RECEIPT, facts(), broken)
    assert error.value.code == "template_error"
    assert error.value.details["line"] == str(line)


def test_a_check_finds_broken_templates_before_any_letter_is_written() -> None:
    """Letters and sentences alike; the shipped ones are sound."""
    letters.check(WORDING)
    reasons = {
        **WORDING.reasons,
        R.CORRECTION: type(WORDING.reasons[R.CORRECTION])(sentence="{{", audience=Audience.SECTION),
    }
    with pytest.raises(ConfigError) as error:
        letters.check(replace(WORDING, reasons=reasons))
    assert error.value.details["key"].startswith("correction.")


def test_templates_run_in_a_sandbox() -> None:
    """A template cannot reach into Python."""
    broken = replace(
        WORDING, templates={**WORDING.templates, "letters/receipt.txt": "{{ number.__class__.__mro__ }}"}
    )
    with pytest.raises(ConfigError):
        compose(LetterKind.RECEIPT, facts(), broken)


# ---- on the wire -------------------------------------------------------------------------------------------


def frozen(text: LetterText, kind: LetterKind = LetterKind.RECEIPT, **over: object) -> bytes:
    whole = {
        "kind": kind,
        "sender": BOX,
        "recipient": UNIT_BOX,
        "message_id": message_id(kind, "20190412-7F3A9K", SECRET, "tancheng.example"),
        "date": NOW,
        "loop_id": "0123abcd",
    }
    return freeze(text, **{**whole, **over})  # type: ignore[arg-type]


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email_policy.default)
    assert isinstance(message, EmailMessage)
    return message


LONG = LetterText(
    subject=f"回执：{TITLE}——" + "汉字 and ASCII " * 12, body="第一行\n\n　第二行\n.\nFrom 第四行\n"
)


def test_a_letter_reads_back_as_it_was_written() -> None:
    """Subject, body, names and addresses, by another's parser."""
    message = parsed(frozen(LONG))
    assert message["Subject"] == LONG.subject.strip()
    assert message.get_content().replace("\r\n", "\n") == LONG.body
    assert message["From"].addresses[0].display_name == BOX.name
    assert message["To"].addresses[0].addr_spec == UNIT_BOX.address
    assert message["Date"].datetime == NOW
    assert message["Date"].datetime.utcoffset() == timedelta(hours=8)
    assert not message.defects


def test_it_carries_the_headers_of_an_automatic_answer() -> None:
    """RFC 3834, 5322 section 3.6.4, and no Precedence."""
    raw = frozen(
        LONG, in_reply_to="<2@u.example>", references=("<1@u.example>", "not an id", "<2@u.example>")
    )
    message = parsed(raw)
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["X-Mailbot-Loop"] == "0123abcd"
    assert message["In-Reply-To"] == "<2@u.example>"
    assert message["References"].split() == ["<1@u.example>", "<2@u.example>"]
    assert message["Precedence"] is None
    assert message.get_content_type() == "text/plain"


@pytest.mark.parametrize("kind", list(LetterKind))
def test_only_answers_are_marked_as_replies(kind: LetterKind) -> None:
    """auto-generated for alerts, circulars and reminders (RFC 3834 section 5)."""
    expected = "auto-replied" if kind in letters.ANSWERS else "auto-generated"
    assert parsed(frozen(LONG, kind))["Auto-Submitted"] == expected


def test_it_is_seven_bit_with_short_lines_and_crlf() -> None:
    """RFC 5322 section 2.1.1 and RFC 2047: short lines, no bare line end, each encoded word within 75."""
    raw = frozen(
        LONG,
        files=(LetterFile(name="关于2019年3月份政务信息工作情况的通报（草稿）.docx", content=b"PK" * 500),),
    )
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    lines = [line for line in raw.split(b"\r\n") if not line.startswith(b"Content-Type")]
    assert max(map(len, lines)) <= 78
    assert all(len(word) <= 75 for word in re.findall(rb"=\?utf-8\?B\?[^?]*\?=", raw))


def test_each_encoded_word_holds_whole_characters() -> None:
    """A client that decodes word by word shows no broken character."""
    subject = LetterText(subject="标题" + "𠮷野家" * 30, body="x\n")
    for word in re.findall(rb"=\?utf-8\?B\?([^?]*)\?=", frozen(subject)):
        base64.b64decode(word).decode("utf-8")


@pytest.mark.parametrize(
    "name", ["通报（草稿）.docx", "关于" + "很长" * 40 + ".docx", "a b'c%.docx", "../../etc/passwd", "x.docx"]
)
def test_files_keep_their_names(name: str) -> None:
    """By RFC 2231 and, for older clients, as a quoted encoded word."""
    message = parsed(
        frozen(LONG, LetterKind.BULLETIN_DRAFT, files=(LetterFile(name=name, content=b"\x00PK"),))
    )
    body, attachment = message.iter_parts()
    assert body.get_content().replace("\r\n", "\n") == LONG.body
    assert attachment.get_filename() == name.replace("/", "_")
    assert attachment.get_content() == b"\x00PK"
    quoted = str(make_header(decode_header(attachment.get_param("name", header="Content-Type"))))
    assert quoted == name.replace("/", "_")


@pytest.mark.parametrize(
    "address",
    [
        "a@x.example>\r\nRCPT TO:<evil@x.example",
        "a@x.example, b@y.example",
        "彭利@x.example",
        "a b@x.example",
        "",
        "a@b@c",
    ],
)
def test_an_address_that_could_leave_its_header_is_refused(address: str) -> None:
    """Before anything is sent."""
    with pytest.raises(StateError):
        frozen(LONG, recipient=Address(address=address))


def test_ids_that_could_leave_their_header_are_refused_or_left_out() -> None:
    """Ours are refused, foreign ones left out."""
    with pytest.raises(StateError):
        frozen(LONG, message_id="<a@b>\r\nBcc: <x@evil.example>")
    with pytest.raises(StateError):
        frozen(LONG, loop_id="a\r\nBcc: x")
    message = parsed(frozen(LONG, in_reply_to="<a@b>\r\nBcc: x", references=("<c@d>\r\nBcc: y",)))
    assert (message["Bcc"], message["In-Reply-To"], message["References"]) == (None, None, None)


def test_a_subject_with_line_ends_stays_one_header() -> None:
    """Should one ever get here."""
    message = parsed(frozen(LetterText(subject="a\r\nBcc: x@evil.example", body="b")))
    assert message["Bcc"] is None
    assert message["Subject"] == "a Bcc: x@evil.example"


def test_freezing_twice_gives_the_same_bytes() -> None:
    """Promise P4: a repeat is the same letter."""
    assert frozen(LONG) == frozen(LONG)


# ---- Message-IDs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(LetterKind))
@pytest.mark.parametrize(
    "key", ["20190412-7F3A9K", "bulletin:monthly:2019-03:2:mzj@lyoa.example", "约稿2019-003"]
)
def test_our_message_ids_are_known_again(kind: LetterKind, key: str) -> None:
    """Deterministic, and ours alone under this key and domain."""
    made = message_id(kind, key, SECRET, "tancheng.example")
    assert made == message_id(kind, key, SECRET, "tancheng.example")
    assert re.fullmatch(r"<[!-~]+@tancheng\.example>", made)
    assert is_ours(made, SECRET, "tancheng.example")
    assert is_ours(made.strip("<>"), SECRET, "TANCHENG.example")
    assert not is_ours(made, b"other", "tancheng.example")
    assert not is_ours(made, SECRET, "other.example")
    assert not is_ours(made.replace(".", ".x", 1), SECRET, "tancheng.example")


def test_kinds_and_keys_never_share_a_message_id() -> None:
    """Two letters, two ids."""
    ids = {
        message_id(kind, key, SECRET, "x.example") for kind in LetterKind for key in ("a", "b", "a:b", "约稿")
    }
    assert len(ids) == 4 * len(LetterKind)


@pytest.mark.parametrize("foreign", ["", "<a@b>", "<r.1.0@x.example>", "r" * 2000, "<r..@tancheng.example>"])
def test_foreign_message_ids_are_not_ours(foreign: str) -> None:
    """Whatever they look like."""
    assert not is_ours(foreign, SECRET, "tancheng.example")


def test_writing_and_freezing_a_receipt_is_little_work() -> None:
    """It is part of taking in a mail: no template is compiled anew, no table is built again."""
    made = facts(finding(R.FOUND_ELSEWHERE))
    compose(LetterKind.RECEIPT, made, WORDING)
    assert calls(lambda: frozen(compose(LetterKind.RECEIPT, made, WORDING))) < 5000


def test_times_are_told_as_the_section_writes_them() -> None:
    """No leading zeros in month and day."""
    early = datetime(2019, 3, 4, 8, 5, tzinfo=NOW.tzinfo)
    assert (
        "收到时间：2019年3月4日 08:05" in compose(LetterKind.RECEIPT, facts(arrived_at=early), WORDING).body
    )
