"""The marks of machines in headers and structure (RFC 3834, 3464, 8098, 2369).

Only what the mail itself says.  What subjects and addresses tell is judged in rules.py, by data/policy/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mailbot.intake._mail import addresses, headers
from mailbot.intake._mail.headers import Head
from mailbot.intake._mail.mime import Tree
from mailbot.model import DeliveryReport, MachineSign

_AUTO_HEADERS = (
    "x-autoreply",
    "x-auto-reply",
    "x-autorespond",
    "x-auto-respond",
    "x-autoresponder",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-fc-machinegenerated",
)
_NO = ("", "no", "false", "0", "none")
_BULK = ("bulk", "list", "junk", "auto_reply", "auto-reply")
_SILENCE = re.compile(r"\b(?:all|oof|autoreply)\b", re.IGNORECASE)
_DMARC = re.compile(r"\bdmarc\s*=\s*fail\b", re.IGNORECASE)
_ENVELOPE_ID = re.compile(rb"^original-envelope-id:[ \t]*([^\r\n]{1,400})", re.IGNORECASE | re.MULTILINE)
_MESSAGE_ID = re.compile(
    rb"^(?:original-|x-)?message-id:\s*(<[^<>\r\n]{1,998}>)", re.IGNORECASE | re.MULTILINE
)
_ANY_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>")
_RECIPIENT = re.compile(rb"^(?:final|original)-recipient:[^;\r\n]*;[ \t]*([^\r\n]{1,320})", re.I | re.M)
_ACTION = re.compile(rb"^action:[ \t]*([a-z]{1,20})", re.I | re.M)
_DIAGNOSTIC = re.compile(
    rb"^(?:diagnostic-code|status):[ \t]*([^\r\n]{1,1000}(?:\r?\n[ \t][^\r\n]{1,500})*)", re.I | re.M
)
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_MOST_REPORTED = 50


def signs(head: Head, tree: Tree) -> frozenset[MachineSign]:
    """All signs found; which of them silence the receipt is for rules.py."""
    return frozenset([*_of_headers(head), *_of_structure(head, tree)])


def _of_headers(head: Head) -> Iterator[MachineSign]:
    if any(_keyword(value) not in ("", "no") for value in head.all("auto-submitted")):
        yield MachineSign.AUTO_SUBMITTED
    if addresses.return_path(head.first("return-path")) == "":
        yield MachineSign.NULL_SENDER
    if any(
        value.strip() for name, value in head.fields if name.startswith("list-") or name == "mailing-list"
    ):
        yield MachineSign.MAILING_LIST
    if any(_keyword(value) in _BULK for value in head.all("precedence")):
        yield MachineSign.BULK
    if any(_keyword(value) not in _NO for name in _AUTO_HEADERS for value in head.all(name)):
        yield MachineSign.AUTO_HEADER
    if any(_SILENCE.search(headers.decode_header(v)) for v in head.all("x-auto-response-suppress")):
        yield MachineSign.ASKS_NO_ANSWER
    results = head.all("authentication-results")
    if results and _DMARC.search(headers.without_comments(headers.decode_header(results[0]))):
        yield MachineSign.DMARC_FAIL


def _keyword(value: bytes) -> str:
    """The first word of a header: comments out, cut at ';', lower case (RFC 3834 section 5)."""
    text = headers.without_comments(headers.decode_header(value)).partition(";")[0]
    return text.strip("\"' \t").lower()


def _of_structure(head: Head, tree: Tree) -> Iterator[MachineSign]:
    report = tree.report_type.lower()
    if "disposition-notification" in report or "message/disposition-notification" in tree.types:
        yield MachineSign.READ_RECEIPT
    elif {"multipart/report", "message/delivery-status"} & tree.types or head.first("x-failed-recipients"):
        yield MachineSign.DELIVERY_REPORT
    calendar = b"calendarmessage" in (head.first("content-class") or b"").lower()
    if calendar or "text/calendar" in tree.types:
        yield MachineSign.CALENDAR


def reported_ids(tree: Tree, text: str) -> tuple[str, ...]:
    """What a report is about, surest first: the envelope id, ids in the returned headers, ids in its text."""
    found: dict[str, None] = {}
    for block in tree.reports:
        for match in _ENVELOPE_ID.finditer(block):
            found[_xtext(headers.decode_header(match[1]))] = None
    for block in [*tree.returned, *tree.reports]:
        for match in _MESSAGE_ID.finditer(block):
            found.update(dict.fromkeys(headers.message_ids(match[1])))
    found.update(dict.fromkeys(_ANY_ID.findall(text)))
    return tuple(found)[:_MOST_REPORTED]


def delivery_report(tree: Tree) -> DeliveryReport | None:
    """The fields of message/delivery-status, of its first recipient; None where there are none."""
    blocks = b"\r\n".join(tree.reports)
    recipients = tuple(dict.fromkeys(_address(match[1]) for match in _RECIPIENT.finditer(blocks)))
    action, said = _ACTION.search(blocks), list(_DIAGNOSTIC.finditer(blocks))
    if not recipients and action is None:
        return None
    said.sort(key=lambda match: not match[0].lower().startswith(b"diagnostic"))
    return DeliveryReport(
        recipients=recipients,
        action=action[1].decode().lower() if action else "",
        diagnostic=" ".join(headers.decode_header(said[0][1]).split()) if said else "",
    )


def _address(value: bytes) -> str:
    return headers.decode_header(value).strip().strip("<>").lower()


def _xtext(value: str) -> str:
    """The encoding of ENVID (RFC 3461 section 4)."""
    return _XTEXT.sub(lambda m: chr(int(m[1], 16)) if 32 <= int(m[1], 16) < 127 else "", value).strip()
