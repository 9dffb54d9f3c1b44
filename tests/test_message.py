"""message.py: headers, senders, dates and the marks of machines, from bytes as clients send them."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from typing import get_args

import build
import pytest
from mails import ARRIVED, read

from mailbot.clock import SHANGHAI
from mailbot.intake import message
from mailbot.model import IncomingMail, MachineSign

SUBJECT = "李庄镇镕堃“三个聚焦”推动春季造林提质增效-李庄镇-张喆-0539-6220001"
BEIJING = "2019-04-12T09:30:00+08:00"


def headers(*fields: tuple[str, bytes | str], body: bytes = b"") -> IncomingMail:
    return read(build.entity([("From", "a@x.example"), *fields], body))


def subject(value: bytes) -> str:
    return headers(("Subject", value)).subject


# ---- subjects ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", [e for e in get_args(build.Encoding) if e != "gb2312-b"])
def test_a_subject_is_read_in_every_encoding(encoding: build.Encoding) -> None:
    """UTF-8, GBK, GB18030, wrongly declared, cut inside a character, or raw 8-bit: the same subject."""
    assert read(build.mail(subject=SUBJECT, encoding=encoding)).subject == SUBJECT


def test_a_character_outside_gbk_is_read_under_the_label_gb2312() -> None:
    """gb2312 and gbk are read as gb18030 everywhere."""
    assert subject(build.word("gb2312", "镕堃喆𠮷".encode("gb18030")).encode()) == "镕堃喆𠮷"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("utf-8", "gbk"),
        ("x-gbk", "gbk"),
        ("x-unknown", "gbk"),
        ("gb2312", "utf-8"),
        ("us-ascii", "gbk"),
        ("iso-8859-1", "gbk"),
        ("iso-8859-1", "utf-8"),
        ("big5", "utf-8"),
        ("", "utf-8"),
        ("hz-gb-2312", "hz"),
    ],
)
def test_the_bytes_decide_where_the_label_lies(label: str, codec: str) -> None:
    """Declared, then strict UTF-8, then strict GB18030; well-formed Chinese UTF-8 beats a GB label."""
    text = "关于推进乡村振兴工作的报告"
    assert subject(build.word(label, text.encode(codec)).encode()) == text


def test_western_names_stay_western() -> None:
    """A Latin label over Latin text is no Chinese."""
    assert subject(build.word("iso-8859-1", "José Müller".encode("latin-1")).encode()) == "José Müller"


def test_a_cut_subject_keeps_what_was_whole() -> None:
    """A subject cut in the middle of its last character does not turn into other characters."""
    cut = "关于推进乡村振兴".encode()[:-1]
    assert subject(build.word("utf-8", cut).encode()) == "关于推进乡村振\ufffd"


def test_base64_cut_between_words_is_joined() -> None:
    """Words cut in the middle of four base64 characters belong together."""
    text = base64.b64encode("中华人民共和国".encode("gbk"))
    assert subject(b"=?gbk?B?" + text[:6] + b"?=\r\n =?gbk?B?" + text[6:] + b"?=") == "中华人民共和国"


@pytest.mark.parametrize(
    ("raw", "read_as"),
    [
        (b"Re:=?gbk?B?1tC5+g==?=abc", "Re:中国abc"),
        ("答复:".encode("gbk") + b"=?gbk?B?1tC5+g==?=", "答复:中国"),
        (b'"=?gbk?B?1tC5+g==?="', '"中国"'),
        (b"=?gbk?Q?=D6=D0_=B9=FA?=", "中 国"),
        (b"=?utf-8?Q?a?b??=", "a?b?"),
        (b"=?utf-8*zh?B?5Lit?= x", "中 x"),
        (b"plain\r\n folded", "plain folded"),
        (b"=?utf-8?B?5Lit", "=?utf-8?B?5Lit"),
        (b"=?gbk?B?1tC5+g==?= =?utf-8?B?5Lit?=", "中国中"),
    ],
)
def test_encoded_words_are_read_wherever_they_stand(raw: bytes, read_as: str) -> None:
    """Glued to text, in quotes, with raw text beside them, of two charsets: what a person would see."""
    assert subject(raw) == read_as


def test_a_word_encoded_twice_is_read() -> None:
    """Some gateways encode an encoded word again."""
    inner = build.word("gbk", "中国".encode("gbk")).encode()
    assert subject(build.word("utf-8", inner).encode()) == "中国"


def test_line_breaks_and_controls_are_taken_out() -> None:
    """Encoded CR LF, NUL, BEL, direction marks, separators, noncharacters, zero-width spaces."""
    hostile = "标题\r\nBcc: x@y.example\0\x07\u202e\u2028\ufffe\uffff\u200b尾\x0b"
    assert subject(build.word("utf-8", hostile.encode()).encode()) == "标题 Bcc: x@y.example 尾"


def test_the_first_of_several_subjects_counts() -> None:
    """Not a list, not the last one."""
    assert headers(("Subject", b"one"), ("Subject", b"two")).subject == "one"


def test_a_raw_subject_broken_over_lines_is_one_subject() -> None:
    """A line that is no header line, with further headers below, belongs to the subject."""
    raw = b"From: a@x.example\r\nSubject: " + "关于推进\r\n春耕".encode("gbk") + b"\r\nDate: x\r\n\r\ntext"
    mail = read(raw)
    assert (mail.subject, mail.text) == ("关于推进 春耕", "text")


def test_a_missing_blank_line_ends_the_headers() -> None:
    """Text that follows the headers at once is text."""
    mail = read(b"From: a@x.example\r\nSubject: x\r\n" + "您好\r\n附件".encode())
    assert (mail.subject, mail.text) == ("x", "您好\n附件")


def test_a_long_subject_is_cut_and_said_to_be() -> None:
    """`subject_chars` bounds what is kept."""
    mail = read(build.mail(subject="长" * 1500))
    assert (mail.subject, mail.defects) == ("长" * 1000, ("subject_too_long",))


# ---- people ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "address", "name"),
    [
        (b"=?gbk?B?1cXI/Q==?= <A@X.example>", "a@x.example", "张三"),
        (b'"=?gbk?B?1cXI/Q==?=" <a@x.example>', "a@x.example", "张三"),
        ("张三".encode("gbk") + b" <a@x.example>", "a@x.example", "张三"),
        ("张三 <a@x.example>".encode(), "a@x.example", "张三"),
        (b"=?gb2312?B?1cXI/Q==?=<a@x.example>", "a@x.example", "张三"),
        ("张三, 李四 <a@x.example>".encode(), "a@x.example", "张三, 李四"),
        ("a@x.example (张三)".encode(), "a@x.example", "张三"),
        (b"a@tancheng.example <x@evil.example>", "x@evil.example", "a@tancheng.example"),
        (b'"a@tancheng.example" <x@evil.example>', "x@evil.example", "a@tancheng.example"),
        (b"(a@tancheng.example) x@evil.example", "x@evil.example", "a@tancheng.example"),
        (b"=?utf-8?Q?<a@tancheng.example>,?= <x@evil.example>", "x@evil.example", "<a@tancheng.example>"),
        (b'"unclosed <a@x.example>', "a@x.example", "unclosed"),
        (b"(" * 5000 + b")" * 5000 + b" <a@x.example>", "a@x.example", ""),
    ],
)
def test_the_sender_is_the_address_in_angle_brackets(raw: bytes, address: str, name: str) -> None:
    """Names are decoded in and out of quotes; no name, comment or encoded word passes for the address."""
    sender = read(build.entity([("From", raw)])).sender
    assert sender is not None
    assert (sender.address, sender.name) == (address, name)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no address",
        b"a@b@c",
        b"<a@x.example\r\n Bcc: y@z.example>",
        b"alice@x)bob@y",
        "张@x.example".encode(),
    ],
)
def test_what_cannot_be_written_to_is_no_sender(raw: bytes) -> None:
    """No @, two of them, a line break or non-ASCII inside: refused."""
    assert read(build.entity([("From", raw)])).senders == ()


def test_several_senders_are_all_kept() -> None:
    """More than one From is a sign of its own, in one header or in two; the same address twice is not."""
    assert len(read(build.entity([("From", "a@x.example, b@x.example")])).senders) == 2
    assert len(read(build.entity([("From", "a@x.example"), ("From", "b@x.example")])).senders) == 2
    assert len(read(build.entity([("From", "a@x.example"), ("From", "A@x.example")])).senders) == 1


def test_recipients_and_threading_are_read() -> None:
    """To and Cc, Message-ID, In-Reply-To, folded References, loop marks and hops."""
    mail = headers(
        ("To", "x@y.example, z@y.example"),
        ("Cc", "c@y.example"),
        ("Message-ID", "\r\n <id@x.example>"),
        ("In-Reply-To", "Your message <r1@x.example>"),
        ("References", "<r0@x.example>\r\n <r1@x.exa\r\n mple> <r0@x.example>"),
        ("X-Mailbot-Loop", "abc"),
        ("Received", "from a by b; Fri, 12 Apr 2019 09:30:00 +0800"),
        ("Received", "from c by a; Fri, 12 Apr 2019 09:29:00 +0800"),
    )
    assert [r.address for r in mail.recipients] == ["x@y.example", "z@y.example", "c@y.example"]
    assert (mail.message_id, mail.in_reply_to) == ("<id@x.example>", "<r1@x.example>")
    assert mail.references == ("<r0@x.example>", "<r1@x.example>")
    assert (mail.loop_ids, mail.hops) == (("abc",), 2)


def test_ids_that_would_break_a_header_are_left_out() -> None:
    """A Message-ID with controls or Chinese cannot be put into our own In-Reply-To."""
    assert headers(("Message-ID", "<中@x>".encode())).message_id == ""
    assert headers(("Message-ID", b"<a\x00b@x>")).message_id == ""


@pytest.mark.parametrize(
    ("raw", "path"),
    [("<>", ""), (" <> (null)", ""), ("<MAILER-DAEMON>", ""), ("<A@x.example>", "a@x.example"), ("", None)],
)
def test_the_return_path_is_read(raw: str, path: str | None) -> None:
    """'' is the null path; an empty header says nothing."""
    mail = headers(("Return-Path", raw))
    assert mail.return_path == path
    assert (MachineSign.NULL_SENDER in mail.signs) == (path == "")


# ---- times -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "Fri, 12 Apr 2019 09:30:00 +0800",
        "Fri, 12 Apr 2019 01:30:00 GMT",
        "Fri, 12 Apr 2019 09:30:00",
        "Fri, 12 Apr 2019 09:30:00 +0800 (中国标准时间)",
        "Fri, 12 Apr 2019 09:30:00 CST",
        "Fri Apr 12 09:30:00 CST 2019",
        "12 Apr 19 9:30 +0800",
        "星期五, 12 四月 2019 09:30:00 +0800",
        "2019年4月12日 星期五 上午 9:30",
        "2019-04-12 09:30:00",
        "2019-04-12T01:30:00Z",
    ],
)
def test_dates_are_read_in_their_many_forms(written: str) -> None:
    """Also half Chinese ones; one without a zone is Beijing time, and so is CST."""
    stated = headers(("Date", written.encode())).date
    assert stated is not None
    assert stated.isoformat() == BEIJING


@pytest.mark.parametrize(
    "written", ["", "tomorrow", "Fri, 31 Dec 9999 23:59:59 -1200", "32 Apr 2019 10:00 +0800"]
)
def test_a_date_that_cannot_be_is_none(written: str) -> None:
    """Year 9999, day 32 or no date at all: no exception."""
    assert headers(("Date", written)).date is None


def hop(when: str) -> tuple[str, str]:
    return "Received", f"from a.example ([10.0.0.1]) by b.example with ESMTP id x; {when}"


def test_arrival_is_the_topmost_received() -> None:
    """Promise P11: not a lower one, and not Date."""
    raw = build.mail(
        headers=[hop("Sun, 31 Mar 2019 16:30:00 +0000"), hop("Sun, 31 Mar 2019 09:00:00 +0800")],
        date="Sat, 30 Mar 2019 09:00:00 +0800",
    )
    arrived = datetime(2019, 4, 1, 0, 30, tzinfo=SHANGHAI)
    assert message.arrival_of(raw, ARRIVED) == arrived
    assert message.arrival_of(raw, None) == arrived
    assert message.arrival_of(raw, None).tzinfo is SHANGHAI


def test_arrival_in_the_future_is_the_time_of_collection() -> None:
    """A wrong clock of the host must not put an item into a month to come."""
    raw = build.mail(headers=[hop("Mon, 13 May 2019 09:00:00 +0800")])
    assert message.arrival_of(raw, ARRIVED) == ARRIVED
    assert message.arrival_of(build.mail(), ARRIVED + timedelta(days=1)) == ARRIVED + timedelta(days=1)


def test_inspect_falls_back_to_date_and_then_to_a_fixed_day() -> None:
    """Received, then Date, then 2000-01-01: the same answer at any time."""
    assert message.arrival_of(build.mail(), None).isoformat() == BEIJING
    assert message.arrival_of(b"", None) == datetime(2000, 1, 1, tzinfo=SHANGHAI)


# ---- marks of machines -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "sign"),
    [
        ("Auto-Submitted", "auto-replied", MachineSign.AUTO_SUBMITTED),
        ("auto-submitted", "AUTO-GENERATED (x); owner=y", MachineSign.AUTO_SUBMITTED),
        ("Auto-Submitted", "(comment) auto-notified", MachineSign.AUTO_SUBMITTED),
        ("List-Id", "<l.x.example>", MachineSign.MAILING_LIST),
        ("List-Unsubscribe", "<mailto:x@y.example>", MachineSign.MAILING_LIST),
        ("Precedence", "bulk", MachineSign.BULK),
        ("Precedence", "Auto_Reply", MachineSign.BULK),
        ("X-Autoreply", "yes", MachineSign.AUTO_HEADER),
        ("X-Autorespond", "x", MachineSign.AUTO_HEADER),
        ("X-Autoresponder", "x", MachineSign.AUTO_HEADER),
        ("X-FC-Machinegenerated", "true", MachineSign.AUTO_HEADER),
        ("X-Auto-Response-Suppress", "OOF, AutoReply", MachineSign.ASKS_NO_ANSWER),
        ("X-Failed-Recipients", "a@x.example", MachineSign.DELIVERY_REPORT),
        ("Authentication-Results", "mx.example; spf=pass; dmarc=fail (p=none) x", MachineSign.DMARC_FAIL),
    ],
)
def test_headers_of_machines_are_signs(name: str, value: str, sign: MachineSign) -> None:
    """Rules 1 to 5 and 12 of docs/intake.md, in any case, with comments and parameters."""
    assert read(build.mail(headers={name: value})).signs == {sign}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Auto-Submitted", "no"),
        ("Auto-Submitted", "No; x=y (person)"),
        ("Precedence", "first-class"),
        ("X-Autoreply", "no"),
        ("X-Auto-Response-Suppress", "DR, RN, NRN"),
        ("Authentication-Results", "mx.example; dmarc=pass"),
        ("ARC-Authentication-Results", "mx.example; dmarc=fail"),
        ("Received", "from a by b; Fri, 12 Apr 2019 09:30:00 +0800"),
    ],
)
def test_headers_of_people_are_none(name: str, value: str) -> None:
    """Auto-Submitted: no, and asking for no read receipt, mark nobody as a machine."""
    assert read(build.mail(headers={name: value})).signs == frozenset()


def test_one_of_several_auto_submitted_is_enough() -> None:
    """A repeated header is read as a whole."""
    mail = headers(("Auto-Submitted", "no"), ("Auto-Submitted", "auto-replied"))
    assert MachineSign.AUTO_SUBMITTED in mail.signs


def test_only_the_topmost_authentication_results_counts() -> None:
    """Those below it were there when the mail came in, written by anybody."""
    mail = headers(
        ("Authentication-Results", "ours; dmarc=pass"), ("Authentication-Results", "theirs; dmarc=fail")
    )
    assert MachineSign.DMARC_FAIL not in mail.signs


def test_a_delivery_report_names_what_it_is_about() -> None:
    """RFC 3464: envelope id, then the Message-ID in the returned headers."""
    mail = read(build.bounce(original_id="<r1@oa.tancheng.example>", envelope_id="20190412-7F3A9K"))
    assert mail.signs == {MachineSign.DELIVERY_REPORT, MachineSign.NULL_SENDER}
    assert mail.reported_message_ids == ("20190412-7F3A9K", "<r1@oa.tancheng.example>")
    assert mail.attachments == ()


def test_a_returned_mail_names_its_id_too() -> None:
    """A report that gives the whole mail back, or names its id in the text alone."""
    whole = build.multipart(
        "report",
        build.body("not delivered: <r2@oa.tancheng.example>"),
        build.forwarded(
            build.mail(message_id="<r1@oa.tancheng.example>", files=[("a.docx", build.docx("x"))])
        ),
        parameters="; report-type=delivery-status",
    )
    mail = headers(("Subject", "x"), body=whole)
    assert mail.reported_message_ids == ("<r1@oa.tancheng.example>", "<r2@oa.tancheng.example>")
    assert mail.attachments == ()


def test_a_read_receipt_is_known() -> None:
    """RFC 8098, by its parts or by report-type alone."""
    note = build.part(
        b"Disposition: manual-action\r\n", "message/disposition-notification", disposition="", cte="7bit"
    )
    for part in (note, build.body("已读")):
        report = build.multipart("report", part, parameters="; report-type=disposition-notification")
        assert headers(("Subject", "x"), body=report).signs == {MachineSign.READ_RECEIPT}


def test_a_bounce_that_a_person_forwards_is_no_bounce() -> None:
    """Structure inside a forwarded mail says nothing of the mail itself."""
    assert read(build.mail(files=[build.forwarded(build.bounce())])).signs == frozenset()


def test_an_invitation_is_known_and_is_no_attachment() -> None:
    """text/calendar beside the text."""
    invitation = build.part(b"BEGIN:VCALENDAR", "text/calendar; method=REQUEST", disposition="")
    mail = read(build.mail(files=[invitation]))
    assert (mail.signs, mail.attachments) == ({MachineSign.CALENDAR}, ())


def test_identity_and_size_are_those_of_the_bytes() -> None:
    """sha256 of the raw mail, or the one handed in."""
    raw = build.mail()
    mail = read(raw)
    assert (mail.sha256, mail.size, mail.arrived_at) == (hashlib.sha256(raw).hexdigest(), len(raw), ARRIVED)
