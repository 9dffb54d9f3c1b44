"""message.py: what is made to break a reader is read within limits, quickly and without an exception."""

from __future__ import annotations

import random

import build
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mails import ARRIVED, read
from steps import stopped_after

from mailbot.intake import message
from mailbot.model import IncomingMail

WORD = build.docx("正文")


def swift(raw: bytes) -> IncomingMail:
    """Each of these takes less than a second; the attacks they show took minutes or for ever."""
    with stopped_after():
        return read(raw)


def nested(levels: int, first: bytes) -> bytes:
    """`first` on the outermost of so many multiparts, each inside the other."""
    content = build.body("深处")
    for level in range(levels, 0, -1):
        parts = (first, content) if level == 1 else (content,)
        content = build.multipart("mixed", *parts, boundary=f"b{level}")
    return build.entity([("From", "a@x.example"), ("Subject", "x")], content)


@pytest.mark.parametrize("levels", [60, 1000])
def test_deep_nesting_is_cut_and_what_stands_above_is_read(levels: int) -> None:
    """Also beyond what the stdlib can parse at all."""
    mail = swift(nested(levels, build.part(WORD, name="稿.docx")))
    assert [a.content for a in mail.attachments] == [WORD]
    assert "too_deep" in mail.defects
    assert mail.subject == "x"


def test_a_thousand_forwards_are_cut() -> None:
    """message/rfc822 within message/rfc822."""
    raw = build.mail()
    for _ in range(1000):
        raw = build.entity([("Subject", "f")], b"Content-Type: message/rfc822\r\n\r\n" + raw)
    assert "forwarded_too_deep" in swift(raw).defects


def test_ten_thousand_parts_are_cut() -> None:
    """The first 200 are read."""
    mail = swift(build.mail(files=[("稿.docx", WORD), *[build.part(b"x", name="a.txt")] * 10_000]))
    assert "too_many_parts" in mail.defects
    assert mail.attachments[0].content == WORD
    assert len(mail.attachments) < 200


@pytest.mark.parametrize(
    "field",
    [
        b"X-Junk: " + b"a" * 1_000_000,
        b"X-Junk: " + b"a\r\n " * 300_000,
        b"\r\n".join(b"X-%d: y" % i for i in range(16_000)),
        b"\r\n".join([b"Received: from a by b; Fri, 12 Apr 2019 09:30:00 +0800"] * 16_000),
        b"To: " + b", ".join(b"u%d@x.example" % i for i in range(20_000)),
        b"To: " + b"(" * 100_000,
        b"Cc: " + b'"\\' * 100_000,
        b"References: " + b"<a@b> " * 200_000,
        b"Received: " + b"(" * 200_000,
    ],
)
def test_huge_headers_do_not_hide_the_mail(field: bytes) -> None:
    """Subject, sender and attachment below them are read all the same."""
    mail = swift(field + b"\r\n" + build.mail(subject="春耕", files=[("稿.docx", WORD)]))
    assert (mail.subject, [a.content for a in mail.attachments]) == ("春耕", [WORD])
    assert mail.sender is not None
    assert "header_too_long" in mail.defects


@pytest.mark.parametrize(
    "value",
    [
        b"=?utf-8?B?5Lit?= " * 60_000,
        b"=?a?q?" * 160_000,
        b"=?a?q?x" * 140_000,
        b"=?" * 500_000,
        b" \r\n " * 250_000,
    ],
)
def test_huge_subjects_cost_no_more_than_their_length(value: bytes) -> None:
    """Encoded words by the ten thousand, unclosed ones, folds."""
    assert len(swift(build.entity([("From", "a@x.example"), ("Subject", value)])).subject) <= 1000


@pytest.mark.parametrize(
    "source",
    [
        "<!--",
        "<a ",
        "<",
        '<a "',
        "&",
        "<a'\"<a\"'",
        "<div>",
        "<blockquote type=cite>",
        "</",
        "<![",
        "<style>",
        "<a href=x>",
    ],
)
def test_broken_html_costs_no_more_than_its_length(source: str) -> None:
    """Unclosed comments, tags, quotes and entities (CVE-2025-6069 and its kind)."""
    swift(build.mail(text=None, html=source * (1_000_000 // len(source))))


@pytest.mark.parametrize(
    "line",
    [
        ">",
        "> x\n",
        "-",
        "-\n",
        "发件人：x\n",
        "From: x\n\n",
        "\n",
        "\r",
        "http://",
        "在 a@b\n",
        "1",
        "超大附件：",
    ],
)
def test_broken_text_costs_no_more_than_its_length(line: str) -> None:
    """Each of the patterns that look for older mail and links."""
    swift(build.mail(text=line * (600_000 // len(line)), cte="8bit"))


def test_text_is_cut_at_its_limit() -> None:
    """And said to be."""
    mail = read(build.mail(text="字" * 1000), text_chars=300)
    assert (mail.text, mail.defects) == ("字" * 300, ("text_too_long",))


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"\r\n\r\n", b"x", b"Subject:", bytes(range(256)) * 8, b"\0" * 5000]
)
def test_what_is_no_mail_is_read_as_an_empty_one(raw: bytes) -> None:
    """No exception, no sender, no attachment."""
    mail = read(raw)
    assert (mail.senders, mail.attachments) == ((), ())


def test_one_crafted_part_does_not_take_the_others_away() -> None:
    """The stdlib raises TypeError on these parameters."""
    crafted = b"Content-Type: text/plain; charset*0=a; charset*=b\r\n\r\n" + "文".encode("gbk") + b"\xff"
    mail = read(build.mail(files=[crafted, ("稿.docx", WORD)]))
    assert [a.content for a in mail.attachments] == [WORD]


_LIMITS = message.MailLimits()
_TOKENS = (
    b"\r\n\r\n",
    b"=?gbk?B?",
    b"?=",
    b'"',
    b"\0",
    b"\xff",
    b"Content-Type: multipart/mixed; boundary=",
    b"--",
)
_TOKENS += (
    b"<",
    b"(",
    b"%E4",
    b"''",
    b'charset="utf-16"',
    b"message/rfc822",
    b"filename*0*=",
    b":",
    b"hz-gb-2312",
)


def _samples() -> list[bytes]:
    forward = build.forwarded(build.mail(files=[("稿.docx", WORD)]), base64_encoded=True)
    return [
        build.mail(html="<div>a<a href='http://pan.baidu.com/s/1'>b</a></div>", files=[("稿.docx", WORD)]),
        build.mail(encoding="raw-gbk", name_encoding="2231-cont", files=[("稿件.docx", WORD), forward]),
        build.mail(
            files=[build.part(build.tnef(("稿.docx", WORD)), "application/ms-tnef", name="winmail.dat")]
        ),
        build.mail(
            files=[build.part(build.pkcs7_signed(build.mail()), "application/pkcs7-mime", name="smime.p7m")]
        ),
        build.bounce(),
    ]


def _mutated(raw: bytes, source: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(source.randrange(1, 12)):
        at = source.randrange(len(data))
        choice = source.randrange(4)
        if choice == 0:
            data[at] = source.randrange(256)
        elif choice == 1:
            data[at:at] = source.choice(_TOKENS)
        elif choice == 2:
            del data[at : at + source.randrange(1, 100)]
        else:
            data[at:at] = data[: source.randrange(300)]
        data = data or bytearray(b"x")
    return bytes(data)


def _clean(text: str) -> bool:
    return not any(c < " " or "\ud800" <= c <= "\udfff" or c == "\u202e" for c in text)


def _sound(mail: IncomingMail) -> bool:
    """No control, lone surrogate or direction mark has come through, and no step failed."""
    lines = [mail.subject, *(a.name for a in mail.attachments), *(s.name for s in mail.senders)]
    failed = [d for d in mail.defects if d.endswith("_unreadable") and d != "part_unreadable"]
    text = f"{mail.text}{mail.quoted}".replace("\n", "").replace("\t", "")
    return all(map(_clean, [*lines, text])) and not failed


@given(st.randoms(use_true_random=False), st.integers(0, 4))
@settings(max_examples=300, deadline=None)
def test_mutated_mails_are_read(source: random.Random, which: int) -> None:
    """Bytes changed, cut, doubled and mixed with what parsers stumble over."""
    raw = _mutated(_samples()[which], source)
    assert _sound(message.read(raw, arrived_at=ARRIVED, limits=_LIMITS))
    message.arrival_of(raw, ARRIVED)


@given(st.binary(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_read(raw: bytes) -> None:
    """Nothing in a mail makes the reader raise."""
    assert _sound(read(raw))
