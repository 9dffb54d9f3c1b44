"""ImapMailbox against a real Dovecot, and against scripted hosts for faults."""

from __future__ import annotations

from typing import Any

import pytest
from servers import PASSWORD, Dovecot

from mailbot.transport.imap import ImapMailbox, ImapSettings

pytestmark = pytest.mark.wire


def settings(server: Dovecot, box: str, **changes: Any) -> ImapSettings:
    known: dict[str, Any] = {"host": server.host, "port": server.imap, "tls": "none", "username": box}
    return ImapSettings(**(known | {"password": PASSWORD} | changes))


def letter(text: str = "x", size: int = 0) -> bytes:
    body = (text * 60 + "\r\n") * max(1, size // 62)
    return f"Message-ID: <{text}.1@a.example>\r\nSubject: {text}\r\n\r\n{body}".encode()


def never(_: str) -> bool:
    return False


def test_it_yields_each_mail_once(dovecot: Dovecot, box: str) -> None:
    """Bytes as the host has them, and nothing that is known."""
    mails = [letter("a"), letter("b")]
    dovecot.deliver(mails, user=box)
    mailbox = ImapMailbox(settings(dovecot, box))
    found = list(mailbox.new(never))
    assert [a.raw for a in found] == mails
    assert not list(mailbox.new({a.key for a in found}.__contains__))
    mailbox.close()
