"""message.py: attachments in every place and under every name that mail clients give them."""

from __future__ import annotations

import binascii
import re
import struct
from typing import get_args

import build
import pytest
from mails import read

from mailbot.model import IncomingMail, PartOrigin

WORD = build.docx("正文")
NAME = "李庄镇镕堃信息稿.docx"
PERCENT = "".join(f"%{b:02X}" for b in NAME.encode())
PERCENT_GB = "".join(f"%{b:02X}" for b in NAME.encode("gb18030"))


def mail_with(*parts: bytes) -> IncomingMail:
    return read(build.mail(files=parts))


def one_word(mail: IncomingMail) -> str:
    """The name of the one attachment, which is the Word file byte for byte."""
    assert [a.content for a in mail.attachments] == [WORD]
    return mail.attachments[0].name


def named(disposition: bytes | str, content_type: bytes | str = "application/octet-stream") -> str:
    """The name read from these headers."""
    fields = [("Content-Type", content_type), ("Content-Disposition", disposition)]
    part = b"".join(
        k.encode() + b": " + (v.encode() if isinstance(v, str) else v) + b"\r\n" for k, v in fields
    )
    mail = mail_with(part + b"Content-Transfer-Encoding: base64\r\n\r\n" + binascii.b2a_base64(WORD))
    return one_word(mail)


# ---- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", [e for e in get_args(build.NameEncoding) if e != "none"])
def test_a_name_is_read_in_every_encoding(encoding: build.NameEncoding) -> None:
    """RFC 2047, RFC 2231, percent and raw 8-bit names."""
    assert one_word(read(build.mail(files=[(NAME.replace("堃", "坤"), WORD)], name_encoding=encoding))) == (
        NAME.replace("堃", "坤")
    )


def segments(percent: str, charset: str, cut: int, *, star: str = "*", quote: str = "") -> list[str]:
    pieces = [percent[i : i + cut] for i in range(0, len(percent), cut)]
    head = f"{charset}''"
    return [
        f";\r\n filename*{i}{star if i else '*'}={quote}{'' if i else head}{piece}{quote}"
        for i, piece in enumerate(pieces)
    ]


@pytest.mark.parametrize("cut", [7, 8, 9, 10, 12, 31])
@pytest.mark.parametrize("star", ["*", ""])
@pytest.mark.parametrize("quote", ["", '"'])
def test_continued_names_are_joined(cut: int, star: str, quote: str) -> None:
    """Cut inside %XX or a character, without later stars, in quotes, out of order, in UTF-8 and GBK."""
    for percent, charset in ((PERCENT, "UTF-8"), (PERCENT_GB, "gb2312")):
        pieces = segments(percent, charset, cut, star=star, quote=quote)
        assert named("attachment" + "".join(pieces)) == NAME
        assert named("attachment" + "".join(reversed(pieces))) == NAME


WORD_2047 = build.word("gb2312", NAME.encode("gb18030"))


@pytest.mark.parametrize(
    "disposition",
    [
        f"attachment; filename*={PERCENT}",
        f"attachment; filename*=''{PERCENT}",
        f"attachment; filename*={PERCENT_GB}",
        f"attachment; filename*=\"UTF-8'zh'{PERCENT}\"",
        f"attachment; filename=\"x.docx\"; filename*=UTF-8''{PERCENT}",
        f"attachment; filename*=UTF-8''{PERCENT}; filename=\"x.docx\"",
        f'attachment; filename="{PERCENT}"',
        f'attachment; filename="{WORD_2047}"',
        f"attachment; filename={WORD_2047}",
        f'attachment; filename="{WORD_2047}',
        f'attachment; filename*0="{WORD_2047[:20]}"; filename*1="{WORD_2047[20:]}"',
        f'ATTACHMENT ;FILENAME = "{WORD_2047}" ; size=12',
        f"attachment; filename={NAME}",
        NAME.encode("gb18030").join((b'attachment; filename="', b'"')),
        NAME.encode("gb18030").join((b"attachment; filename=", b"")),
    ],
)
def test_names_are_read_in_broken_forms(disposition: bytes | str) -> None:
    """No charset, both forms, unquoted, unclosed, cut over continuations, raw: the extended name wins."""
    assert named(disposition) == NAME


def test_a_word_folded_inside_a_character_is_read() -> None:
    """Two encoded words in one quoted name, the cut inside a character."""
    data = NAME.encode()
    value = "\r\n ".join(build.word("utf-8", piece) for piece in (data[:10], data[10:]))
    assert named(f'attachment; filename="{value}"') == NAME


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="20%.docx"', "20%.docx"),
        ('attachment; filename="a;b.docx"', "a;b.docx"),
        ("attachment; filename=a;b.docx", "a;b.docx"),
        ("attachment; filename=a b.docx", "a b.docx"),
        ('attachment; filename="a\\"b.docx"', 'a"b.docx'),
        ("attachment; filename*0*=UTF-8''%61; filename*1=\"20%.docx\"", "a20%.docx"),
        ('attachment; filename="&#20851;&#20110;.docx"', "关于.docx"),
        ('attachment; filename="C:\\我的文档\\稿.docx"', "稿.docx"),
        ('attachment; filename="../../../etc/稿.docx"', "稿.docx"),
        ('attachment; filename="/etc/passwd"', "passwd"),
        ('attachment; filename="稿\u202excod.exe"', "稿xcod.exe"),
        ('attachment; filename="\u200b.htaccess"', ".htaccess"),
        ('attachment; filename=".."', ""),
        ('attachment; filename="CON"', "CON"),
        (f'attachment; filename="{"长" * 400}.docx"', "长" * 195 + ".docx"),
        ("attachment; filename*=UTF-8''a%0D%0ABcc%3A%00x.docx", "a Bcc:x.docx"),
    ],
)
def test_names_are_cleaned(disposition: str, name: str) -> None:
    """No path, controls or direction marks; at most 200 characters with the extension kept."""
    assert named(disposition) == name


def test_an_undamaged_name_is_preferred() -> None:
    """Question marks where the client could not write Chinese, and the true name in Content-Type."""
    assert named('attachment; filename="????.docx"', f'application/x; name="{WORD_2047}"') == NAME


def test_a_name_is_taken_from_content_type_alone() -> None:
    """Content-Disposition without a name, or none at all."""
    assert named("attachment", f'application/msword; name="{WORD_2047}"') == NAME


# ---- places ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("disposition", ["attachment", "inline", ""])
@pytest.mark.parametrize("content_type", [build.DOCX_TYPE, "application/octet-stream", "text/plain"])
def test_a_nameless_word_part_is_found(disposition: str, content_type: str) -> None:
    """Whatever it is declared as: content decides later."""
    mail = mail_with(build.part(WORD, content_type, disposition=disposition))
    assert one_word(mail) == ""


@pytest.mark.parametrize("cte", ["base64", "base64 ", "BASE64", "8bit", "binary", "x-unknown"])
def test_transfer_encodings_are_undone(cte: str) -> None:
    """A trailing blank in the header, binary bytes, an unknown name."""
    assert one_word(mail_with(build.part(WORD, name=NAME, cte=cte))) == NAME


def test_base64_without_a_declaration_is_undone() -> None:
    """The header is missing, the file plainly is base64."""
    part = build.part(WORD, name=NAME).replace(b"Content-Transfer-Encoding: base64\r\n", b"")
    assert one_word(mail_with(part)) == NAME


def test_damaged_base64_gives_what_can_be_had() -> None:
    """Stray characters are passed over; a cut end costs only that end."""
    part = build.part(WORD, name=NAME)
    head, _, data = part.partition(b"\r\n\r\n")
    assert one_word(mail_with(head + b"\r\n\r\n" + data.replace(b"A", b"!A\t", 5))) == NAME
    cut = mail_with(head + b"\r\n\r\n" + data[:-102]).attachments[0].content
    assert len(cut) > len(WORD) - 100
    assert WORD.startswith(cut)


def test_a_uuencoded_part_is_decoded() -> None:
    """Content-Transfer-Encoding: x-uuencode of old clients."""
    lines = b"".join(binascii.b2a_uu(WORD[i : i + 45]) for i in range(0, len(WORD), 45))
    head = b"Content-Type: application/msword; name=a.docx\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n"
    assert one_word(mail_with(head + b"begin 644 a.docx\r\n" + lines + b"`\r\nend\r\n")) == "a.docx"


def test_a_mail_that_is_one_word_part_is_read() -> None:
    """No multipart at all."""
    mail = read(build.entity([("From", "a@x.example")], build.part(WORD, build.DOCX_TYPE, name=NAME)))
    assert (one_word(mail), mail.text) == (NAME, "")


@pytest.mark.parametrize("base64_encoded", [False, True])
def test_a_forwarded_mail_is_opened(*, base64_encoded: bool) -> None:
    """message/rfc822, also sent in base64; its text is older mail."""
    inner = build.mail(files=[(NAME, WORD)], text="里面的话")
    mail = mail_with(build.forwarded(inner, base64_encoded=base64_encoded))
    assert (one_word(mail), mail.attachments[0].origin) == (NAME, PartOrigin.FORWARDED)
    assert (mail.quoted, "里面" in mail.text) == ("里面的话", False)


def test_an_eml_file_is_opened() -> None:
    """A forwarded mail attached as a plain file."""
    mail = mail_with(build.part(build.mail(files=[(NAME, WORD)]), name="转发.eml"))
    assert (one_word(mail), mail.attachments[0].origin) == (NAME, PartOrigin.FORWARDED)


def test_a_forwarded_mail_without_a_file_is_the_attachment() -> None:
    """So that its sender can be told what was found instead of Word."""
    mail = mail_with(build.forwarded(build.mail(subject="旧信")))
    assert [(a.name, a.content_type) for a in mail.attachments] == [("旧信.eml", "message/rfc822")]


def test_forwarding_is_followed_to_a_depth() -> None:
    """Beyond it a defect, no exception."""
    raw = build.mail(files=[(NAME, WORD)])
    for _ in range(3):
        raw = build.mail(files=[build.forwarded(raw)])
    assert one_word(read(raw)) == NAME
    assert "forwarded_too_deep" in read(raw, forwarded_depth=2).defects


@pytest.mark.parametrize("codec", ["gb18030", "utf-8"])
def test_a_winmail_dat_is_opened(codec: str) -> None:
    """TNEF of Outlook, whose names are GBK."""
    raw = build.tnef((NAME, WORD), codec=codec)
    mail = mail_with(build.part(raw, "application/ms-tnef", name="winmail.dat"))
    assert (one_word(mail), mail.attachments[0].origin) == (NAME, PartOrigin.TNEF)
    cut = mail_with(build.part(raw[:-60], "application/ms-tnef", name="winmail.dat"))
    assert cut.attachments[0].content == WORD[:-58]


def test_the_long_name_of_a_winmail_dat_is_preferred() -> None:
    """attAttachTitle may hold an 8.3 name; the MAPI properties hold the full one, in UTF-16."""
    text = (NAME + "\0").encode("utf-16-le")
    padded = text + b"\0" * (-len(text) % 4)
    properties = struct.pack("<IHHIHHII", 2, 0x0003, 0x0E20, 7, 0x001F, 0x3707, 1, len(text)) + padded
    attribute = struct.pack("<BII", 2, 0x00069005, len(properties)) + properties + b"\0\0"
    mail = mail_with(build.part(build.tnef(("XINXI~1.DOC", WORD)) + attribute, name="winmail.dat"))
    assert one_word(mail) == NAME


def test_a_signed_mail_is_opened() -> None:
    """multipart/signed; the signature itself is no attachment."""
    inner = build.multipart("mixed", build.body("您好"), build.part(WORD, name=NAME))
    signature = build.part(b"x", "application/pkcs7-signature", name="smime.p7s")
    mail = read(build.entity([("From", "a@x.example")], build.multipart("signed", inner, signature)))
    assert (one_word(mail), mail.attachments[0].origin, mail.text) == (NAME, PartOrigin.SIGNED, "您好")
    assert not mail.sealed


@pytest.mark.parametrize("indefinite", [False, True])
def test_an_opaque_signed_mail_is_opened(*, indefinite: bool) -> None:
    """smime.p7m with signed-data, in DER and in BER."""
    inner = build.multipart("mixed", build.body("您好"), build.part(WORD, name=NAME))
    blob = build.pkcs7_signed(inner, indefinite=indefinite)
    part = build.part(blob, "application/pkcs7-mime; smime-type=signed-data", name="smime.p7m")
    mail = read(build.entity([("From", "a@x.example")], part))
    assert (one_word(mail), mail.attachments[0].origin, mail.text) == (NAME, PartOrigin.SIGNED, "您好")


def test_encrypted_mail_is_sealed() -> None:
    """S/MIME and PGP in their three shapes: nothing to be read, and said so."""
    enveloped = build.pkcs7_signed(b"x").replace(b"\x07\x02", b"\x07\x03")
    smime = build.part(enveloped, "application/pkcs7-mime; smime-type=enveloped-data", name="smime.p7m")
    pgp = build.multipart(
        "encrypted", build.part(b"Version: 1", "application/pgp-encrypted"), build.part(b"x")
    )
    for content in (smime, pgp):
        assert read(build.entity([("From", "a@x.example")], content)).sealed
    assert read(build.mail(text="-----BEGIN PGP MESSAGE-----\n\nabc\n")).sealed
    assert not read(build.mail()).sealed


@pytest.mark.parametrize("change", [b"", b'boundary="another"'])
def test_parts_are_found_without_their_boundary(change: bytes) -> None:
    """The header names no boundary, or a wrong one."""
    raw = re.sub(rb'boundary="[^"]*"', change, build.mail(files=[(NAME, WORD)]))
    assert one_word(read(raw)) == NAME
    assert "boundary_recovered" in read(raw).defects


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\r\n"])
def test_other_line_ends_are_read(line_end: bytes) -> None:
    """Mails exported as files, also through a text mode that doubled the CR."""
    mail = read(build.mail(files=[(NAME, WORD)]).replace(b"\r\n", line_end))
    assert (one_word(mail), mail.subject[:3]) == (NAME, "马头镇")


@pytest.mark.parametrize(
    "before", [b"\xef\xbb\xbf", b"\r\n\r\n", b"From a@x.example Fri Apr 12 09:30:00 2019\r\n"]
)
def test_what_an_export_puts_before_the_mail_is_passed_over(before: bytes) -> None:
    """Byte order mark, blank lines, mbox line."""
    mail = read(before + build.mail(files=[(NAME, WORD)]))
    assert (one_word(mail), mail.subject[:3]) == (NAME, "马头镇")


# ---- what is no attachment in the sender's eyes ------------------------------------------------------------

PICTURE = {"content_type": "image/png", "name": "图.png"}


def decorations(*parts: bytes, html: str = "<p>x</p>") -> list[bool]:
    related = build.multipart("related", build.body(html, "html"), *parts)
    mail = read(build.entity([("From", "a@x.example")], build.multipart("mixed", related)))
    return [a.decoration for a in mail.attachments]


def test_pictures_that_the_html_shows_are_decoration() -> None:
    """Referenced by cid, whatever their size and disposition."""
    big = build.fake("png") + bytes(100_000)
    part = build.part(big, **PICTURE, headers={"Content-ID": "<Abc@1>"})
    assert decorations(part, html='<img src="cid:abc@1">') == [True]
    assert decorations(part) == [False]


def test_small_inline_pictures_are_decoration_and_attached_ones_are_not() -> None:
    """A signature's picture; a scan that was attached stays an attachment."""
    assert decorations(build.part(build.fake("png"), **PICTURE, disposition="inline")) == [True]
    assert decorations(build.part(build.fake("png"), **PICTURE)) == [False]
    big = build.fake("png") + bytes(100_000)
    assert decorations(build.part(big, **PICTURE, disposition="inline")) == [False]


@pytest.mark.parametrize(
    "part",
    [
        build.part(b"BEGIN:VCARD", "text/vcard", name="张三.vcf"),
        build.part(b"x", "application/pgp-signature", name="signature.asc"),
        build.part(b"", disposition=""),
        build.part(b"footer\r\n", "text/plain", name="ATT00001.txt"),
    ],
)
def test_cards_signatures_and_gateway_leavings_are_no_attachments(part: bytes) -> None:
    """What the sender's program or a gateway added."""
    assert mail_with(part).attachments == ()


def test_an_empty_file_is_kept() -> None:
    """It has its own remedy later on."""
    assert [(a.name, a.content) for a in mail_with(build.part(b"", name=NAME)).attachments] == [(NAME, b"")]


def test_attachments_keep_their_order() -> None:
    """As the sender put them."""
    mail = read(build.mail(files=[("一.docx", WORD), ("二.pdf", build.fake("pdf")), ("三.docx", WORD)]))
    assert [a.name for a in mail.attachments] == ["一.docx", "二.pdf", "三.docx"]
