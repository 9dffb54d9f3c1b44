"""A letter as bytes on the wire (RFC 5322, 2045-2047, 2231, 3834), and the Message-IDs that tell our own.

Written by hand: a receipt is part of taking in a mail, and the email package takes ten times as long.  All of
it is 7-bit ASCII with CRLF, since Coremail announces neither 8BITMIME reliably nor SMTPUTF8.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

from mailbot.errors import StateError
from mailbot.model import Address, LetterFile, LetterKind, LetterText

ANSWERS = frozenset(
    {
        LetterKind.RECEIPT,
        LetterKind.RETURNED,
        LetterKind.HELD_NOTICE,
        LetterKind.DUPLICATE,
        LetterKind.NEW_VERSION,
        LetterKind.COMPLETED,
        LetterKind.CORRECTED,
        LetterKind.DECLINED,
    }
)
"""Letters that answer a mail: auto-replied; all others are auto-generated (RFC 3834 section 5)."""

_MARKS = {
    LetterKind.RECEIPT: "r",
    LetterKind.RETURNED: "b",
    LetterKind.HELD_NOTICE: "h",
    LetterKind.DUPLICATE: "d",
    LetterKind.NEW_VERSION: "v",
    LetterKind.COMPLETED: "c",
    LetterKind.CORRECTED: "e",
    LetterKind.DECLINED: "x",
    LetterKind.ALERT: "a",
    LetterKind.DIGEST: "g",
    LetterKind.BULLETIN_DRAFT: "p",
    LetterKind.BULLETIN: "n",
    LetterKind.SOLICITATION: "s",
    LetterKind.REMINDER: "m",
    LetterKind.FEEDBACK: "f",
}
_OURS = re.compile(r"<?([a-z])\.([A-Za-z0-9-]{1,64})\.([0-9a-f]{20})@([A-Za-z0-9.-]+)>?")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9-]{1,64}")
_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,900}>")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}")
_WORD = 39
"""Bytes of UTF-8 in one encoded word: 'Subject: ' and the word stay within 76 columns (RFC 2047, 2)."""
_REFERENCES = 20
_UTF8 = "utf-8''"


# ---- Message-IDs -------------------------------------------------------------------------------------------


def message_id(kind: LetterKind, key: str, secret: bytes, domain: str) -> str:
    """'<r.20190412-7F3A9K.HMAC@domain>': the same for the same kind and key, however often it is made.

    `key` is the number of the mail that is answered, or what else names this one letter; one that does not
    fit into an address is hashed.
    """
    plain = key if _PLAIN_KEY.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()[:24]
    return f"<{_MARKS[kind]}.{plain}.{_signature(_MARKS[kind], plain, secret)}@{domain}>"


def is_ours(message_id: str, secret: bytes, domain: str) -> bool:
    """Whether we made this Message-ID; angle brackets may be missing."""
    match = _OURS.fullmatch(message_id.strip())
    if match is None or match[4].lower() != domain.lower():
        return False
    return hmac.compare_digest(match[3], _signature(match[1], match[2], secret))


def _signature(mark: str, key: str, secret: bytes) -> str:
    return hmac.new(secret, f"{mark}\0{key}".encode(), hashlib.sha256).hexdigest()[:20]


# ---- the message -------------------------------------------------------------------------------------------


def freeze(
    text: LetterText,
    *,
    kind: LetterKind,
    sender: Address,
    recipient: Address,
    message_id: str,
    date: datetime,
    loop_id: str,
    in_reply_to: str = "",
    references: Sequence[str] = (),
    files: Sequence[LetterFile] = (),
) -> bytes:
    """The letter's bytes.  Not a byte of it changes from one attempt at sending to the next (promise P4).

    `date` is aware.  StateError 'unsafe_address' or 'unsafe_header' where an address, a Message-ID or the
    loop id could leave its header.
    """
    submitted = "auto-replied" if kind in ANSWERS else "auto-generated"
    head = [
        _mailbox("From", sender),
        _mailbox("To", recipient),
        b"Date: " + format_datetime(date).encode("ascii"),
        b"Subject: " + _words(text.subject),
        b"Message-ID: " + _checked_id(message_id),
        *_thread(in_reply_to, references),
        b"Auto-Submitted: " + submitted.encode(),
        b"X-Auto-Response-Suppress: OOF, AutoReply",
        b"X-Mailbot-Loop: " + _token(loop_id),
        b"MIME-Version: 1.0",
    ]
    body = _text_part(text.body)
    if files:
        boundary = b"=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32].encode()
        head.append(b'Content-Type: multipart/mixed; boundary="' + boundary + b'"')
        body = _multipart(boundary, [body, *(_file_part(file) for file in files)])
    return b"\r\n".join(head) + b"\r\n" + body


def _mailbox(header: str, address: Address) -> bytes:
    if not _ADDRESS.fullmatch(address.address):
        raise StateError("unsafe_address", header=header)
    plain = f"<{address.address}>".encode("ascii")
    name = _words(address.name) + b"\r\n " if address.name.strip() else b""
    return header.encode() + b": " + name + plain


def _thread(in_reply_to: str, references: Sequence[str]) -> list[bytes]:
    """In-Reply-To and References (RFC 5322 section 3.6.4).  A foreign id that is malformed is left out."""
    whole = [reference for reference in references if _ID.fullmatch(reference)][-_REFERENCES:]
    if not _ID.fullmatch(in_reply_to):
        return [b"References: " + _folded(whole)] if whole else []
    if in_reply_to not in whole:
        whole.append(in_reply_to)
    return [b"In-Reply-To: " + in_reply_to.encode("ascii"), b"References: " + _folded(whole)]


def _folded(ids: Iterable[str]) -> bytes:
    return b"\r\n ".join(one.encode("ascii") for one in ids)


def _checked_id(message_id: str) -> bytes:
    if not _ID.fullmatch(message_id):
        raise StateError("unsafe_header", header="Message-ID")
    return message_id.encode("ascii")


def _token(text: str) -> bytes:
    if not re.fullmatch(r"[\x21-\x7e]{1,200}", text):
        raise StateError("unsafe_header", header="X-Mailbot-Loop")
    return text.encode("ascii")


def _words(text: str) -> bytes:
    """RFC 2047 encoded words, each of whole characters, one to a line."""
    return b"\r\n ".join(b"=?utf-8?B?" + _base64(chunk) + b"?=" for chunk in _chunks(_one_line(text)))


def _chunks(text: str) -> list[bytes]:
    chunks, current = [], b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(current) + len(encoded) > _WORD:
            chunks.append(current)
            current = b""
        current += encoded
    return [*chunks, current]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _base64(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False)


def _base64_lines(data: bytes) -> bytes:
    """Lines of 76 columns (RFC 2045 section 6.8)."""
    whole = _base64(data)
    return b"\r\n".join(whole[i : i + 76] for i in range(0, len(whole), 76)) + b"\r\n"


def _text_part(body: str) -> bytes:
    """Lines end in CRLF before they are encoded: the canonical form of text (RFC 2046 section 4.1.1)."""
    lines = "\r\n".join(body.rstrip("\n").split("\n")) + "\r\n"
    return (
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + _base64_lines(lines.encode("utf-8", "replace"))
    )


def _file_part(file: LetterFile) -> bytes:
    """RFC 2231 for what is newer, a quoted encoded word as `name` for Foxmail, QQ and older Outlook."""
    if not re.fullmatch(r"[a-z0-9]+/[a-z0-9.+-]+", file.content_type):
        raise StateError("unsafe_header", header="Content-Type")
    name = _one_line(file.name).replace("/", "_").replace("\\", "_")
    return (
        b"Content-Type: " + file.content_type.encode() + b';\r\n name="' + _words(name) + b'"\r\n'
        b"Content-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: attachment;\r\n" + _extended(name) + b"\r\n\r\n" + _base64_lines(file.content)
    )


def _extended(name: str) -> bytes:
    """filename*0*=… (RFC 2231 section 4.1), cut into lines that no host has to cut."""
    percent = re.findall(r"%[0-9A-F]{2}|[^%]", quote(name, safe=""))
    pieces = ["".join(percent[i : i + 20]) for i in range(0, len(percent), 20)] or [""]
    if len(pieces) == 1:
        return f" filename*={_UTF8}{pieces[0]}".encode("ascii")
    lines = [f" filename*{i}*={_UTF8 if i == 0 else ''}{p}" for i, p in enumerate(pieces)]
    return ";\r\n".join(lines).encode("ascii")


def _multipart(boundary: bytes, parts: Sequence[bytes]) -> bytes:
    opening = b"\r\n--" + boundary + b"\r\n"
    return b"".join(opening + part for part in parts) + b"\r\n--" + boundary + b"--\r\n"
