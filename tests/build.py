"""Builders of mails and Word files for tests: bytes as they come off the wire, deterministic, stdlib only.

mail(subject="…", files=[("稿.docx", docx("第一段"))])            a submission
mail(subject="…", encoding="raw-gbk", name_encoding="2231-cont")  the same, as an old client writes it
entity([("Subject", b"…")], multipart("mixed", part(b"…")))       anything odd, laid together by hand
"""

from __future__ import annotations

import base64
import hashlib
import io
import quopri
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Literal
from xml.sax.saxutils import escape

Encoding = Literal[
    "utf-8-b",
    "utf-8-q",
    "gb18030-b",
    "gbk-b",
    "gb2312-b",
    "gb2312-declared-gbk",
    "utf-8-split",
    "gbk-split",
    "raw-utf8",
    "raw-gbk",
]
NameEncoding = Literal[
    "2047-utf8",
    "2047-gbk",
    "2231-utf8",
    "2231-gbk",
    "2231-cont",
    "raw-utf8",
    "raw-gbk",
    "percent",
    "none",
]
Attached = tuple[str, bytes] | tuple[str, bytes, str] | bytes
"""A name and its bytes, perhaps with a content type; or a whole part made by part()."""

BOX = "郯城县政府办公室信息科 <xxk@oa.tancheng.example>"
UNIT = "马头镇 <matou@oa.tancheng.example>"
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DATE = "Fri, 12 Apr 2019 09:30:00 +0800"

# ---- headers -----------------------------------------------------------------------------------------------

_WORDS = {  # label, codec, Q instead of B
    "utf-8-b": ("UTF-8", "utf-8", False),
    "utf-8-q": ("utf-8", "utf-8", True),
    "gb18030-b": ("gb18030", "gb18030", False),
    "gbk-b": ("GBK", "gbk", False),
    "gb2312-b": ("gb2312", "gb2312", False),
    "gb2312-declared-gbk": ("gb2312", "gbk", False),
}
_SPLIT = {"utf-8-split": "utf-8", "gbk-split": "gbk"}
_RAW = {"raw-utf8": "utf-8", "raw-gbk": "gbk"}


def word(label: str, data: bytes, *, q: bool = False) -> str:
    """One encoded word of RFC 2047 with any label over any bytes."""
    if not q:
        return f"=?{label}?B?{base64.b64encode(data).decode()}?="
    text = "".join(chr(b) if chr(b).isalnum() and b < 128 else "_" if b == 32 else f"={b:02X}" for b in data)
    return f"=?{label}?Q?{text}?="


def words(text: str, encoding: Encoding = "utf-8-b") -> bytes:
    """A header's value: ASCII as it is, anything else in encoded words, folded; or raw 8-bit bytes."""
    if encoding in _RAW:
        return text.encode(_RAW[encoding])
    if text.isascii():
        return text.encode()
    if encoding in _SPLIT:
        raw = text.encode(_SPLIT[encoding])
        cut = [word(_SPLIT[encoding], raw[i : i + 31]) for i in range(0, len(raw), 31)]
        return "\r\n ".join(cut).encode()
    label, codec, q = _WORDS[encoding]
    chunks = _whole_characters(text, codec, 14 if q else 42)
    return "\r\n ".join(word(label, chunk, q=q) for chunk in chunks).encode()


def _whole_characters(text: str, codec: str, limit: int) -> list[bytes]:
    chunks, current = [], b""
    for character in text:
        encoded = character.encode(codec)
        if len(current) + len(encoded) > limit:
            chunks.append(current)
            current = b""
        current += encoded
    return [*chunks, current]


def mailbox(written: str, encoding: Encoding = "utf-8-b") -> bytes:
    """'张三 <a@x.example>' with its name encoded."""
    name, angle, rest = written.partition("<")
    if not angle:
        return written.encode()
    return words(name.strip(), encoding) + b" <" + rest.encode()


def entity(headers: Iterable[tuple[str, bytes | str]], body: bytes = b"") -> bytes:
    """Header lines and a body.  A body made by part() or multipart() brings its own Content-Type lines."""
    lines = [name.encode() + b": " + (v.encode() if isinstance(v, str) else v) for name, v in headers]
    if not body.lower().startswith(b"content-"):
        lines.append(b"")
    return b"\r\n".join(lines) + b"\r\n" + body


# ---- parts -------------------------------------------------------------------------------------------------


def parameter(key: str, name: str, encoding: NameEncoding = "2047-utf8") -> bytes:
    """'; filename=…' in any of the ways file names come; empty for 'none'."""
    if encoding == "none":
        return b""
    head = b";\r\n " + key.encode()
    if encoding in ("2231-utf8", "2231-gbk", "2231-cont"):
        codec = "gbk" if encoding == "2231-gbk" else "utf-8"
        percent = "".join(f"%{b:02X}" for b in name.encode(codec))
        if encoding != "2231-cont":
            return head + f"*={codec}''{percent}".encode()
        pieces = [percent[i : i + 48] for i in range(0, len(percent), 48)]
        return b"".join(head + _continued(i, piece).encode() for i, piece in enumerate(pieces))
    if encoding == "percent":
        return head + ('="' + "".join(f"%{b:02X}" for b in name.encode()) + '"').encode()
    value = {
        "2047-utf8": lambda: words(name, "utf-8-b"),
        "2047-gbk": lambda: words(name, "gbk-b"),
        "raw-utf8": name.encode,
        "raw-gbk": lambda: name.encode("gbk"),
    }[encoding]()
    return head + b'="' + value + b'"'


def _continued(index: int, piece: str) -> str:
    return f"*{index}*={'' if index else chr(85) + 'TF-8' + chr(39) * 2}{piece}"


def part(
    content: bytes,
    content_type: str = "application/octet-stream",
    *,
    name: str = "",
    name_encoding: NameEncoding = "2047-utf8",
    disposition: str = "attachment",
    cte: str = "base64",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """One leaf part with its header lines.  disposition '' leaves that header out."""
    named = bool(name)
    lines = [
        b"Content-Type: "
        + content_type.encode()
        + (parameter("name", name, name_encoding) if named else b""),
        b"Content-Transfer-Encoding: " + cte.encode(),
    ]
    if disposition:
        value = disposition.encode() + (parameter("filename", name, name_encoding) if named else b"")
        lines.append(b"Content-Disposition: " + value)
    lines += [f"{k}: {v}".encode() for k, v in (headers or {}).items()]
    return b"\r\n".join(lines) + b"\r\n\r\n" + _transfer(content, cte)


def _transfer(content: bytes, cte: str) -> bytes:
    if cte.strip().lower() == "base64":
        return base64.encodebytes(content).replace(b"\n", b"\r\n")
    if cte.strip().lower() == "quoted-printable":
        return quopri.encodestring(content.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return content


def body(
    text: str, subtype: str = "plain", *, charset: str = "utf-8", cte: str = "base64", label: str = ""
) -> bytes:
    """A text part; `label` declares another charset than the one it is written in."""
    raw = text.replace("\r\n", "\n").replace("\n", "\r\n").encode(charset)
    return part(raw, f"text/{subtype}; charset={label or charset}", disposition="", cte=cte)


def multipart(subtype: str, *parts: bytes, parameters: str = "", boundary: str = "") -> bytes:
    """Parts between boundaries.  `parameters` as '; report-type=delivery-status'."""
    mark = boundary or "=_" + hashlib.md5(b"\0".join(parts), usedforsecurity=False).hexdigest()[:16]
    head = f'Content-Type: multipart/{subtype}{parameters};\r\n boundary="{mark}"\r\n\r\n'.encode()
    return head + b"".join(f"--{mark}\r\n".encode() + p + b"\r\n" for p in parts) + f"--{mark}--\r\n".encode()


def _attached(file: Attached, name_encoding: NameEncoding) -> bytes:
    if isinstance(file, bytes):
        return file
    name, content = file[0], file[1]
    kind = file[2] if len(file) == 3 else _type_of(name)
    return part(content, kind, name=name, name_encoding=name_encoding)


def _type_of(name: str) -> str:
    extension = name.rpartition(".")[2].lower()
    known = {"docx": DOCX_TYPE, "doc": "application/msword", "pdf": "application/pdf", "jpg": "image/jpeg"}
    return known.get(extension, "application/octet-stream")


# ---- whole mails -------------------------------------------------------------------------------------------


def mail(
    *,
    subject: str = "马头镇扎实推进春季造林工作-马头镇-张三-13900000001",
    sender: str | None = UNIT,
    to: str = BOX,
    text: str | None = "信息科：\n    附件为我镇上报的政务信息，请查收。\n",
    html: str | None = None,
    files: Sequence[Attached] = (),
    headers: Mapping[str, str] | Sequence[tuple[str, bytes | str]] = (),
    date: datetime | str | None = DATE,
    message_id: str | None = None,
    in_reply_to: str | None = None,
    references: str | None = None,
    encoding: Encoding = "utf-8-b",
    name_encoding: NameEncoding = "2047-utf8",
    charset: str = "utf-8",
    label: str = "",
    cte: str = "base64",
) -> bytes:
    """A mail as bytes with CRLF.  `message_id` is derived from the content unless given; '' leaves it out."""
    content = _content(text, html, [_attached(f, name_encoding) for f in files], charset, label, cte)
    lines: list[tuple[str, bytes | str]] = list(headers.items() if isinstance(headers, Mapping) else headers)
    if date:
        lines.append(("Date", date if isinstance(date, str) else format_datetime(date)))
    if sender is not None:
        lines.append(("From", mailbox(sender, encoding)))
    lines += [("To", mailbox(to, encoding)), ("Subject", words(subject, encoding))]
    seed = repr((subject, sender, date, headers)).encode() + content
    known = (
        message_id if message_id is not None else f"<{hashlib.sha256(seed).hexdigest()[:16]}@mail.example>"
    )
    extra = (("Message-ID", known), ("In-Reply-To", in_reply_to), ("References", references))
    lines += [(k, v) for k, v in extra if v]
    return entity([*lines, ("MIME-Version", "1.0")], content)


def _content(
    text: str | None, html: str | None, attached: list[bytes], charset: str, label: str, cte: str
) -> bytes:
    texts = [body(text, charset=charset, label=label, cte=cte)] if text is not None else []
    if html is not None:
        texts.append(body(html, "html", charset=charset, label=label, cte=cte))
    main = multipart("alternative", *texts) if len(texts) == 2 else (texts or [b""])[0]
    if not attached:
        return main
    return multipart("mixed", *([main] if main else []), *attached)


def forwarded(inner: bytes, *, base64_encoded: bool = False, name: str = "") -> bytes:
    """A message/rfc822 part; in base64 as some Chinese clients send it against RFC 2046."""
    cte = "base64" if base64_encoded else "8bit"
    return part(inner, "message/rfc822", name=name, cte=cte)


def bounce(
    *, original_id: str = "<r1@oa.tancheng.example>", envelope_id: str = "", to: str = "a@x.example"
) -> bytes:
    """A delivery report of RFC 3464 on a mail with that Message-ID."""
    envelope = f"Original-Envelope-Id: {envelope_id}\r\n" if envelope_id else ""
    status = f"Reporting-MTA: dns; mx.example\r\n{envelope}"
    recipient = f"Final-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.1.1"
    report = multipart(
        "report",
        body("Your message could not be delivered.\n"),
        part(f"{status}\r\n{recipient}\r\n".encode(), "message/delivery-status", disposition="", cte="7bit"),
        part(
            f"Message-ID: {original_id}\r\nSubject: x\r\n".encode(),
            "text/rfc822-headers",
            disposition="",
            cte="7bit",
        ),
        parameters="; report-type=delivery-status",
    )
    head = [
        ("Return-Path", "<>"),
        ("From", "Mail Delivery System <MAILER-DAEMON@mx.example>"),
        ("To", "xxk@oa.tancheng.example"),
    ]
    return entity(
        [
            *head,
            ("Subject", "Undelivered Mail Returned to Sender"),
            ("Message-ID", "<b1@mx.example>"),
            ("Date", DATE),
        ],
        report,
    )


def tnef(*files: tuple[str, bytes], codec: str = "gbk") -> bytes:
    """winmail.dat of MS-OXTNEF with attachments (attAttachRendData, attAttachTitle, attAttachData)."""

    def attribute(level: int, kind: int, data: bytes) -> bytes:
        return struct.pack("<BII", level, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)

    out = struct.pack("<IH", 0x223E9F78, 1) + attribute(1, 0x00089006, b"\x00\x00\x01\x00")
    for name, content in files:
        out += attribute(2, 0x00069002, bytes(14))
        out += attribute(2, 0x00018010, name.encode(codec) + b"\0") + attribute(2, 0x0006800F, content)
    return out


def pkcs7_signed(content: bytes, *, indefinite: bool = False) -> bytes:
    """The DER shell of CMS SignedData around `content`, or BER with indefinite lengths; nothing is signed."""
    data_oid, signed_oid = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")
    if indefinite:
        chunks = b"".join(_der(0x04, content[i : i + 1000]) for i in range(0, len(content), 1000))
        octets = b"\x24\x80" + chunks + b"\0\0"
        inner = b"\x30\x80" + data_oid + b"\xa0\x80" + octets + b"\0\0\0\0"
        signed = b"\x30\x80\x02\x01\x01\x31\x00" + inner + b"\x31\x00\0\0"
        return b"\x30\x80" + signed_oid + b"\xa0\x80" + signed + b"\0\0\0\0"
    inner = _der(0x30, data_oid + _der(0xA0, _der(0x04, content)))
    signed = _der(0x30, b"\x02\x01\x01\x31\x00" + inner + b"\x31\x00")
    return _der(0x30, signed_oid + _der(0xA0, signed))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


# ---- Word files and their likes ----------------------------------------------------------------------------

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_PKG = "http://schemas.openxmlformats.org/package/2006"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_MACRO = "application/vnd.ms-word.document.macroEnabled.main+xml"


def docx(
    *paragraphs: str,
    title: str | None = None,
    table: Sequence[Sequence[str]] | None = None,
    extra: Mapping[str, bytes] | None = None,
    xml: str | None = None,
) -> bytes:
    """A small .docx that Word opens.  `extra` adds members; `xml` is set into w:body as it is."""
    return _package(_document(paragraphs, title, table, xml), _MAIN, extra or {})


def docm(*paragraphs: str, title: str | None = None) -> bytes:
    """The same with a macro project (CFB bytes of no real project)."""
    vba = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    return _package(_document(paragraphs, title, None, None), _MACRO, {"word/vbaProject.bin": vba})


def _document(
    paragraphs: Sequence[str], title: str | None, table: Sequence[Sequence[str]] | None, xml: str | None
) -> str:
    content = _paragraph(title, '<w:pPr><w:jc w:val="center"/></w:pPr>') if title is not None else ""
    content += "".join(_paragraph(p) for p in paragraphs)
    for row_cells in [table] if table else []:
        rows = "".join(
            "<w:tr>" + "".join(f"<w:tc>{_paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
            for row in row_cells
        )
        content += f"<w:tbl><w:tblPr/><w:tblGrid/>{rows}</w:tbl>{_paragraph('')}"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return f"{head}<w:document {_W}><w:body>{content}{xml or ''}<w:sectPr/></w:body></w:document>"


def _paragraph(text: str, properties: str = "") -> str:
    return f'<w:p>{properties}<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def _package(document: str, main_type: str, extra: Mapping[str, bytes]) -> bytes:
    types = (
        f'<Types xmlns="{_PKG}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main_type}"/></Types>'
    )
    root = _relationships(f"{_DOC}/officeDocument", "word/document.xml")
    members: dict[str, bytes] = {
        "[Content_Types].xml": types.encode(),
        "_rels/.rels": root.encode(),
        "word/document.xml": document.encode("utf-8", "surrogatepass"),
    }
    if "word/vbaProject.bin" in extra:
        vba = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
        members["word/_rels/document.xml.rels"] = _relationships(vba, "vbaProject.bin").encode()
    return archive({**members, **extra})


def _relationships(kind: str, target: str) -> str:
    one = f'<Relationship Id="rId1" Type="{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_PKG}/relationships">{one}</Relationships>'


def archive(members: Mapping[str, bytes]) -> bytes:
    """A zip with fixed times."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2019, 3, 4, 8, 0, 0))
            package.writestr(info, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def fake(
    kind: Literal["rtf", "html", "mht", "pdf", "zip", "xls", "xlsx", "jpg", "png", "rar", "text", "empty"],
) -> bytes:
    """The first bytes, as far as needed to be known by, of files that are not Word's."""
    return {
        "rtf": lambda: b"{\\rtf1\\ansi\\ansicpg936{\\fonttbl{\\f0 SimSun;}}\\f0 \\'d0\\'c5\\'cf\\'a2\\par}",
        "html": "<html><head><meta charset=utf-8></head><body><p>信息</p></body></html>".encode,
        "mht": lambda: (
            b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
            b'Content-Type: text/html; charset="utf-8"\r\n\r\n<html><body>x</body></html>\r\n--b--\r\n'
        ),
        "pdf": lambda: b"%PDF-1.4\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
        "zip": lambda: archive({"a.txt": b"a", "b.txt": b"b"}),
        "xls": lambda: (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + b"W\0o\0r\0k\0b\0o\0o\0k\0" + bytes(496)
        ),
        "xlsx": lambda: archive({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}),
        "jpg": lambda: b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(200) + b"\xff\xd9",
        "png": lambda: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(100),
        "rar": lambda: b"Rar!\x1a\x07\x00" + bytes(100),
        "text": lambda: "这是一段文字。\r\n".encode("gbk"),
        "empty": lambda: b"",
    }[kind]()
