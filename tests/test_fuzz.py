"""Mails and documents spoilt at random, with fixed seeds: no crash, no hang, one outcome each, a good letter.

600 of them by default; MAILBOT_FUZZ=10000 for the slow lane.  `case(n)` is always the same mail.
"""

from __future__ import annotations

import io
import os
import random
import zipfile
from collections.abc import Callable

import build
import build_word
import pytest
from corpus_machines import SAMPLES
from corpus_submissions import ROWS, prose
from road import Road, swift

CASES = int(os.environ.get("MAILBOT_FUZZ", "600"))
BATCH = 100
HEAD = 600
TOKENS = (
    *(
        b"=?",
        b"?=",
        b"=?utf-8?B?",
        b"=?gbk?Q?=",
        b"charset=",
        b"filename*0*=",
        b"name*=",
        b"utf-8''%",
        b"boundary=",
    ),
    *(
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"--",
        b'"',
        b"(",
        b")",
        b"<",
        b">",
        b"@",
        b";",
        b":",
        b",",
        b"%",
    ),
    *(
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\x81\x30\x89\x38",
        "，".encode(),
        "回执：".encode("gbk"),
        b"{{",
        b"-1",
        b"9" * 12,
    ),
    *(b"Content-Type: multipart/mixed\r\n", b"Content-Type: message/rfc822\r\n", b"Auto-Submitted: "),
    *(
        b"Content-Transfer-Encoding: base64\r\n",
        b"From: a@x.example\r\n",
        b"Subject: x\r\n",
        b"begin 644 a\r\n",
    ),
    *(b"<div>", b"<!--", b"&#x", b"&#0;", b"]]>", b"<![CDATA[", b"<w:p>", b"</w:p>", b"<w:del>", b"<w:tbl>"),
    *(b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x78\x9f\x3e\x22"),
)

Change = Callable[[random.Random, bytearray], None]


def _place(draw: random.Random, data: bytearray) -> int:
    """Anywhere, and every other time in the header, where most of the reading is done."""
    return draw.randrange(min(len(data), HEAD) if draw.random() < 0.5 else len(data))


def flip(draw: random.Random, data: bytearray) -> None:
    for _ in range(draw.choice((1, 3, 20))):
        data[_place(draw, data)] = draw.randrange(256)


def insert(draw: random.Random, data: bytearray) -> None:
    at = _place(draw, data)
    data[at:at] = draw.choice(TOKENS) * draw.choice((1, 1, 1, 2, 50, 2000))


def delete(draw: random.Random, data: bytearray) -> None:
    at = _place(draw, data)
    del data[at : at + draw.choice((1, 5, 80, 1000))]


def double(draw: random.Random, data: bytearray) -> None:
    at = _place(draw, data)
    data[at:at] = bytes(data[at : at + draw.choice((10, 100, 2000))]) * draw.choice((1, 1, 10))


def cut(draw: random.Random, data: bytearray) -> None:
    del data[_place(draw, data) :]


def swap(draw: random.Random, data: bytearray) -> None:
    """Two lines change places."""
    lines = bytes(data).split(b"\n")
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    data[:] = b"\n".join(lines)


def number(draw: random.Random, data: bytearray) -> None:
    """Four bytes, as a length or an offset in a binary file."""
    at = draw.randrange(len(data))
    value = draw.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, draw.randrange(2**32)))
    data[at : at + 4] = value.to_bytes(4, "little")


CHANGES: tuple[Change, ...] = (flip, insert, delete, double, cut, swap, number)


def spoil(draw: random.Random, data: bytes, changes: tuple[Change, ...] = CHANGES) -> bytes:
    out = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 3, 6))):
        if out:
            draw.choice(changes)(draw, out)
    return bytes(out)


# ---- what is spoilt ----------------------------------------------------------------------------------------

MAILS = [row.raw for row in ROWS[:80]] + [sample.raw for sample in SAMPLES]
_P = build_word.p
RICH = build_word.package(
    _P("马头镇造林工作情况")
    + _P(*(build_word.r(text) for text in prose(40_000)))
    + build_word.table(("乡镇", "亩数"), ("马头镇", "3200"))
    + _P(build_word.box(_P("文本框里的话")), build_word.field("PAGE", "1"), build_word.note("footnotes", 0)),
    notes={"footnotes": ["脚注"]},
    styles='<w:style w:type="paragraph" w:styleId="a"><w:name w:val="Title"/></w:style>',
)
BINARY = build_word.doc("\r".join(["马头镇造林工作情况", *prose(40_001), ""]))
OLD = build_word.doc95("\r".join(["造林情况", *prose(40_002)]).encode("gbk"))
SUBJECT = "造林工作情况-马头镇-张三-13900000001"


def mail(draw: random.Random) -> bytes:
    """A mail spoilt as it is, or two of them run together."""
    raw = draw.choice(MAILS)
    if draw.random() < 0.1:
        other = draw.choice(MAILS)
        raw = raw[: draw.randrange(len(raw))] + other[draw.randrange(len(other)) :]
    return spoil(draw, raw)


def document(draw: random.Random) -> bytes:
    """A sound mail with a spoilt Word file."""
    base = draw.choice((RICH, BINARY, BINARY, OLD))
    return build.mail(subject=SUBJECT, files=[(draw.choice(("稿.docx", "稿.doc")), spoil(draw, base))])


def inside(draw: random.Random) -> bytes:
    """A sound zip with a spoilt member."""
    with zipfile.ZipFile(io.BytesIO(RICH)) as package:
        members = {name: package.read(name) for name in package.namelist()}
    name = draw.choice([*members, "word/document.xml", "word/document.xml"])
    members[name] = spoil(draw, members[name])
    return build.mail(subject=SUBJECT, files=[("稿.docx", build.archive(members))])


_PIECES = (
    *("马头镇", "-", "张三", "13900000001", "：", "【", "】", "（", "）", "《", "》", "关于", "县", "约稿"),
    *("回执：", " ", "\u3000", "·", "6106766"),
)
_RANGES = ((0, 0x250), (0x2000, 0x2100), (0x4E00, 0x9FFF), (0x1F300, 0x1FAFF))


def subject(draw: random.Random) -> bytes:
    """A sound mail whose subject is pieces of real ones between odd characters."""
    pieces = [
        draw.choice(_PIECES) if draw.random() < 0.8 else chr(draw.randrange(*draw.choice(_RANGES)))
        for _ in range(draw.choice((3, 10, 40, 300)))
    ]
    file = build.docx(*prose(draw.randrange(41_000, 50_000)))
    return build.mail(subject="".join(pieces), files=[("稿.docx", file)])


KINDS = (mail, mail, mail, document, inside, subject)


def case(number: int) -> bytes:
    """The mail of that number."""
    draw = random.Random(f"mailbot {number}")
    return KINDS[number % len(KINDS)](draw)


@pytest.mark.parametrize("first", range(0, CASES, BATCH))
def test_a_spoilt_mail_has_one_outcome_in_time(first: int) -> None:
    """Road raises for whatever breaks; a mail beyond the time fails here."""
    with Road() as road:
        for number in range(first, min(first + BATCH, CASES)):
            raw = case(number)
            try:
                swift(road, raw)
            except (Exception, pytest.fail.Exception) as error:
                raise AssertionError(f"case({number}): {error}") from error


def test_a_case_is_the_same_each_time() -> None:
    """What fails once can be looked at again."""
    assert [case(n) for n in range(60)] == [case(n) for n in range(60)]
