"""Mails and files made to break a reader, on the whole road: one outcome each, in time, no harm in letters.

Road parses every letter back and holds its headers to ours; here it is asked what became of the mail.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import build
import build_word
import pytest
from corpus_submissions import prose
from road import Road, Seen, parsed, swift

from mailbot.model import Correspondent, Outcome, Reason

TAIL = "-马头镇-张三-13900000001"
SUBJECT = f"造林工作情况{TAIL}"
SENDER = "matou@oa.tancheng.example"
WORD = build.docx(*prose(30_000))
R = Reason


@pytest.fixture(scope="module")
def road() -> Iterator[Road]:
    with Road(Correspondent(address=SENDER, unit="马头镇", name="张三", phone="13900000001")) as road:
        yield road


def take(road: Road, raw: bytes) -> Seen:
    return swift(road, raw)


def send(road: Road, content: bytes, name: str = "稿.docx") -> Seen:
    return take(road, build.mail(subject=SUBJECT, sender=SENDER, files=[(name, content)]))


# ---- files -------------------------------------------------------------------------------------------------


def bomb(megabytes: int, member: str = "word/document.xml") -> bytes:
    """A package with one member that inflates to so much."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        if member != "word/document.xml":
            package.writestr("word/document.xml", "<w:document/>")
        large = zipfile.ZipInfo(member)
        large.compress_type = zipfile.ZIP_DEFLATED
        with package.open(large, "w", force_zip64=True) as target:
            for _ in range(megabytes):
                target.write(bytes(1024 * 1024))
    return out.getvalue()


def xml(document: str) -> bytes:
    """A .docx whose main part is this very text."""
    return build.archive({**build_word.members(build_word.p("x")), "word/document.xml": document.encode()})


SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
BODY = f"<w:document {SPACE}><w:body><w:p><w:r><w:t>&e;</w:t></w:r></w:p></w:body></w:document>"
XXE = f'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>{BODY}'
LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10 if i else "ha"}">' for i in range(10))
LAUGHING = f"<!DOCTYPE a [{LAUGHS}]>{BODY.replace('&e;', '&l9;')}"
DEEP = f"<w:document {SPACE}><w:body>{'<w:p>' * 20_000}{'</w:p>' * 20_000}</w:body></w:document>"
NAMES = " ".join(f"a{i}='x'" for i in range(50_000))
ATTRIBUTES = f"<w:document {SPACE} {NAMES}><w:body/></w:document>"
MEMBERS = build.archive(
    {**build_word.members(build_word.p("x")), **{f"word/{i}.xml": b"" for i in range(2000)}}
)
FILES = [
    ("a zip bomb in the text", bomb(300), R.HOSTILE_DOCUMENT),
    ("a zip bomb beside the text", bomb(300, "word/media/image1.png"), R.HOSTILE_DOCUMENT),
    ("XXE", xml(XXE), R.HOSTILE_DOCUMENT),
    ("a billion laughs", xml(LAUGHING), R.HOSTILE_DOCUMENT),
    ("20,000 elements deep", xml(DEEP), R.HOSTILE_DOCUMENT),
    ("2,000 members", MEMBERS, R.HOSTILE_DOCUMENT),
]


@pytest.mark.parametrize(("name", "content", "reason"), FILES, ids=[row[0] for row in FILES])
def test_a_hostile_file_is_returned_for_what_it_is(
    name: str, content: bytes, reason: Reason, road: Road
) -> None:
    """A known correspondent is told; its name and nothing of its inside stands in the letter."""
    seen = send(road, content)
    assert (seen.outcome, reason in seen.reasons) == (Outcome.RETURNED, True), (name, seen.reasons)
    assert seen.letter is not None and "root:" not in seen.letter.body


def test_a_stranger_is_not_told_of_a_hostile_file(road: Road) -> None:
    """RFC 5321 section 6.2: no answer to whoever the sender claims to be."""
    raw = build.mail(subject=SUBJECT, sender="a@evil.example", files=[("稿.docx", FILES[0][1])])
    assert take(road, raw).letter is None


@pytest.mark.parametrize("encoding", ["UTF28", "GB2312", "UTF-7", "x"])
def test_a_text_in_an_unreadable_encoding_is_corrupt(encoding: str, road: Road) -> None:
    """ECMA-376 allows UTF-8 and UTF-16 alone; expat raises three kinds of errors for the others."""
    content = xml(f'<?xml version="1.0" encoding="{encoding}"?><w:document {SPACE}><w:body/></w:document>')
    seen = send(road, content)
    assert (seen.outcome, R.CORRUPT in seen.reasons) == (Outcome.RETURNED, True)


@pytest.mark.parametrize("paragraphs", [20_000, 500_000])
def test_half_a_million_paragraphs_are_answered_in_time(paragraphs: int, road: Road) -> None:
    """Whatever is made of them."""
    seen = send(road, build_word.package("<w:p><w:r><w:t>行</w:t></w:r></w:p>" * paragraphs))
    assert seen.letter is not None


LARGE = {"attributes": xml(ATTRIBUTES), "doc": build_word.doc("行\r" * 300_000)}


@pytest.mark.parametrize("content", LARGE.values(), ids=LARGE)
def test_a_large_file_is_answered_in_time(content: bytes, road: Road) -> None:
    """Fifty thousand attributes; three hundred thousand lines in a .doc."""
    assert send(road, content).letter is not None


# ---- structure and headers ---------------------------------------------------------------------------------


def nested(levels: int) -> bytes:
    content = build.body("深处")
    for level in range(levels, 0, -1):
        content = build.multipart("mixed", content, boundary=f"b{level}")
    return build.entity([("From", SENDER), ("Subject", build.words(SUBJECT))], content)


def sent(subject: str = SUBJECT, *, sender: str = SENDER, **over: object) -> bytes:
    return build.mail(subject=subject, sender=sender, **over)  # type: ignore[arg-type]


MANY = [f"{i}@x.example" for i in range(20_000)]
FORWARDS = b"From: a@x.example\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 1000
MAILS = [
    ("1,000 multiparts inside one another", nested(1000)),
    ("1,000 forwards inside one another", FORWARDS),
    ("10,000 parts", sent(files=[build.part(b"x", name="a.txt")] * 10_000)),
    ("2,000 Word files", sent(files=[("a.docx", WORD)] * 2000)),
    ("a header line of 1 MB", sent(headers={"X-A": "a" * 1_000_000})),
    ("a subject of 1 MB", sent("题" * 300_000 + TAIL)),
    ("a subject of 25,000 characters in cut words", sent("题" * 25_000, encoding="utf-8-split")),
    ("200,000 brackets in the subject", sent("【" * 100_000 + "】" * 100_000)),
    ("16,000 headers", sent(headers=[(f"X-{i}", "x") for i in range(16_000)])),
    ("20,000 recipients", sent(to=", ".join(MANY))),
    ("20,000 references", sent(references=" ".join(f"<{one}>" for one in MANY))),
    ("brackets in To", sent(to="(" * 5000)),
    ("a From name of 100 KB", sent(sender="名" * 30_000 + f" <{SENDER}>")),
    ("a body of 5 MB in one line", sent(text="字" * 1_700_000)),
    ("100,000 tags in HTML", sent(text=None, html="<div>" * 100_000)),
    ("no header", b"\r\n\r\n" + b"x" * 100),
    ("nothing", b""),
    ("one line feed", b"\n"),
    ("zeros", bytes(10_000)),
    ("a picture", build.fake("jpg")),
    ("a Word file", WORD),
]


@pytest.mark.parametrize(("name", "raw"), MAILS, ids=[row[0] for row in MAILS])
def test_a_mail_out_of_all_measure_has_its_outcome_in_time(name: str, raw: bytes, road: Road) -> None:
    """Recorded once, in the ledger, with a reason."""
    seen = take(road, raw)
    assert seen.reasons or seen.outcome is Outcome.ACCEPTED, name


DATES = (
    "Fri, 31 Dec 9999 23:59:59 +0000",
    "Fri, 31 Dec 9999 23:59:59 -1200",
    "Mon, 01 Jan 0001 00:00:00 +1400",
    "Fri, 99 Foo 2019 99:99:99 +9999",
    "Thu, 01 Jan 1970 00:00:00 +0000",
    "Fri, 12 Apr 2019 09:30:00 +240000",
    "",
    "下午",
)


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("received", [False, True], ids=["Date", "Received"])
def test_an_impossible_date_is_no_obstacle(date: str, received: bool, road: Road) -> None:
    """The mail is taken, and its letter has a date."""
    hops = [("Received", f"from a.example by b.example; {date}")] if received else []
    raw = build.mail(subject=SUBJECT, sender=SENDER, headers=hops, date=date or None)
    seen = take(road, raw)
    assert seen.letter is not None and seen.letter.content is not None
    assert parsed(seen.letter.content)["Date"].datetime is not None


@pytest.mark.parametrize("name", ["张三", "a@evil.example", "\r\nBcc: x@evil.example"])
@pytest.mark.parametrize("form", ["{0}matou@oa.tancheng.example", "<{0}matou@oa.tancheng.example>"])
def test_a_name_glued_to_its_address_is_no_part_of_it(name: str, form: str, road: Road) -> None:
    """A mail host would read the encoded word as a local part of other characters."""
    sender = form.format(build.word("gbk", name.encode("gbk")))
    content = build.multipart("mixed", build.part(build.docx(*prose(33_000)), name="稿.docx"))
    seen = take(road, build.entity([("From", sender), ("Subject", build.words(SUBJECT))], content))
    assert seen.mail.sender is not None and seen.mail.sender.address == SENDER
    assert seen.letter is not None and seen.letter.recipient == SENDER


# ---- what could leave its place in the letter --------------------------------------------------------------

INJECTIONS = (
    "\r\nBcc: victim@evil.example",
    "\nBcc: victim@evil.example\n\nhello",
    "\rBcc: victim@evil.example",
    "\x0bBcc: x@evil.example",
    "\u2028Bcc: x@evil.example",
    "\x85Bcc: x@evil.example",
    "%0d%0aBcc: x@evil.example",
    "=0D=0ABcc: x@evil.example",
    "=?utf-8?B?DQpCY2M6IHhAZXZpbA==?=",
    "\x00\x01\x1b[31m",
    "{{7*7}}{% for x in y %}",
    "${7*7}#{7*7}<%= 7*7 %>",
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    "\u202e\u2066gnp.exe\u2069",
    "\ufeff\u200b\u200d\U000e0041",
    "\ud800\udfff\ufffe",
    "𠮷㛃\U0010fffd",
    "%s%n{0}{x}\\1$1",
    ".\r\n.\r\n",
)
FIELDS = (
    "title",
    "unit",
    "person",
    "phone",
    "file",
    "sender name",
    "address",
    "Message-ID",
    "body",
    "document",
)


def raw(text: str) -> bytes:
    """UTF-8, lone surrogates and all."""
    return text.encode("utf-8", "surrogatepass")


def poisoned(field: str, poison: str) -> bytes:
    """A submission with the poison in one field."""
    at = dict.fromkeys(FIELDS, "") | {field: poison}
    sender = build.word("utf-8", raw(f"张三{at['sender name']}")).encode() + raw(
        f" <matou{at['address']}@oa.example>"
    )
    subject = f"造林工作{at['title']}情况-马头镇{at['unit']}-张三{at['person']}-13900000001{at['phone']}"
    file = build.docx(*prose(31_000), f"单位{at['document']}：马头镇", title=f"造林{at['document']}")
    percent = "".join(f"%{b:02X}" for b in raw(f"稿{at['file']}.docx"))
    return build.entity(
        [
            ("From", sender),
            ("Subject", build.word("utf-8", raw(subject))),
            ("Message-ID", raw(f"<a{at['Message-ID']}@x.example>")),
        ],
        build.multipart(
            "mixed",
            build.part(raw(f"报送人：李四{at['body']}\r\n"), "text/plain; charset=utf-8", disposition=""),
            build.part(file, disposition=f"attachment; filename*=utf-8''{percent}"),
        ),
    )


@pytest.mark.parametrize("field", FIELDS)
def test_nothing_written_into_a_field_leaves_it(field: str) -> None:
    """The letter has our headers alone, one recipient and no controls; formulas stay plain text."""
    for poison in INJECTIONS:
        with Road() as road:
            seen = take(road, poisoned(field, poison))
        if seen.letter is None:
            assert seen.outcome in (Outcome.HELD, Outcome.IGNORED), poison
            continue
        assert seen.letter.recipient.endswith("@oa.example") or field == "address"
        assert "49" not in seen.letter.body + seen.letter.subject, poison
        assert "\nBcc:" not in seen.letter.body


PATHS = (
    ("../../../etc/cron.d/稿.docx", "稿.docx"),
    ("..\\..\\稿.docx", "稿.docx"),
    ("C:\\稿.docx", "稿.docx"),
    ("/稿.docx", "稿.docx"),
    ("稿\u202excod.docx", "稿xcod.docx"),
    ("稿\x00.docx", "稿.docx"),
    ("\u200b.htaccess", ".htaccess"),
    ("CON.docx", "CON.docx"),
)


@pytest.mark.parametrize(("name", "cleaned"), PATHS)
def test_a_path_in_a_file_name_goes_nowhere(name: str, cleaned: str, road: Road) -> None:
    """Only its last part is kept, as text; documents lie under their sha256."""
    part = build.part(build.docx(*prose(32_000 + len(name))), name=name, name_encoding="2231-utf8")
    seen = take(road, build.mail(subject=f"{len(name)}号造林情况{TAIL}", sender=SENDER, files=[part]))
    assert seen.document is not None
    assert seen.document.name == cleaned
