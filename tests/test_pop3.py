"""Pop3Mailbox against a real Dovecot, and against a scripted host for what it will not do."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import need
from servers import PASSWORD, Dovecot, ScriptedHost

from mailbot.clock import SHANGHAI, FixedClock
from mailbot.errors import ConfigError, TransportError
from mailbot.transport.pop3 import Pop3Mailbox, Pop3Settings

pytestmark = pytest.mark.wire

NOON = datetime(2019, 4, 12, 12, 0, tzinfo=SHANGHAI)


def never(_: str) -> bool:
    return False


def letter(text: str = "x", size: int = 0) -> bytes:
    return f"Subject: {text}\r\n\r\n.{text}\r\n..\r\n".encode() + b"x" * size + b"\r\n"


def mailbox_of(host: Any, port: int, box: str = "a@b.example", **changes: Any) -> Pop3Mailbox:
    known: dict[str, Any] = {"host": host.host, "port": port, "tls": "none", "username": box}
    known |= {"password": PASSWORD, "connect_timeout_s": 5, "read_timeout_s": 2}
    return Pop3Mailbox(Pop3Settings(**(known | changes)), arrival_of=lambda raw: NOON, clock=FixedClock(NOON))


def code_of(mailbox: Pop3Mailbox) -> str:
    with pytest.raises(TransportError) as caught:
        list(mailbox.new(never))
    assert PASSWORD not in str(caught.value)
    return caught.value.code


@pytest.fixture(scope="module")
def pop3(dovecot: Dovecot) -> Dovecot:
    """Dovecot, where it speaks POP3."""
    if not dovecot.has_pop3:
        need("dovecot-pop3d")
    return dovecot


# ---- a real host -------------------------------------------------------------------------------------------


def test_mails_come_once_in_the_order_of_the_box(pop3: Dovecot, box: str) -> None:
    """Bytes as they are, leading dots too; nothing is deleted or flagged."""
    mails = [letter(t) for t in "abc"]
    pop3.deliver(mails, user=box)
    mailbox = mailbox_of(pop3, pop3.pop3, box)
    found = list(mailbox.new(never))
    assert [(a.raw, a.size, a.arrived_at) for a in found] == [(m, len(m), NOON) for m in mails]
    assert {a.key.rpartition("/")[0] for a in found} == {f"pop3:{box}@127.0.0.1"}
    mailbox.done(found[0].key)
    assert not list(mailbox.new({a.key for a in found}.__contains__))
    assert pop3.state(user=box) == {1: (), 2: (), 3: ()}


def test_lines_longer_than_poplib_takes_are_read(pop3: Dovecot, box: str) -> None:
    """One mail with a line of 100,000 bytes must not hold up the box."""
    mails = [letter("a", size=100_000), letter("b")]
    pop3.deliver(mails, user=box)
    assert [a.raw for a in mailbox_of(pop3, pop3.pop3, box).new(never)] == mails


def test_a_mail_over_the_limit_is_named_and_not_fetched(pop3: Dovecot, box: str) -> None:
    """raw is None; its arrival is read from its header by TOP."""
    pop3.deliver([letter("a", size=5000), letter("b")], user=box)
    found = list(mailbox_of(pop3, pop3.pop3, box, max_bytes=1000).new(never))
    assert [a.raw for a in found] == [None, letter("b")]
    assert found[0].size > 5000
    assert found[0].head == letter("a").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def test_a_round_given_up_in_the_middle_leaves_the_box_free(pop3: Dovecot, box: str) -> None:
    """The session ends with its iterator: POP3 locks the box (RFC 1939 section 8)."""
    pop3.deliver([letter(t) for t in "ab"], user=box)
    mailbox = mailbox_of(pop3, pop3.pop3, box)
    first: Iterator[Any] = mailbox.new(never)
    next(first)
    first.close()  # type: ignore[attr-defined]
    assert len(list(mailbox.new(never))) == 2


def test_tls_is_verified(pop3: Dovecot, box: str) -> None:
    """Implicit and by STLS; nobody's certificate is refused before the password."""
    pop3.deliver([letter("a")], user=box)
    for tls, port in (("ssl", pop3.pop3s), ("starttls", pop3.pop3)):
        assert len(list(mailbox_of(pop3, port, box, tls=tls, ca_file=pop3.ca_file).new(never))) == 1
        assert code_of(mailbox_of(pop3, port, box, tls=tls)) == "tls_untrusted"


def test_a_wrong_password_is_permanent(pop3: Dovecot, box: str) -> None:
    """And is not told to anybody."""
    with pytest.raises(TransportError) as caught:
        list(mailbox_of(pop3, pop3.pop3, box, password="no-such-word").new(never))
    assert (caught.value.code, caught.value.permanent) == ("login_refused", True)
    assert "no-such-word" not in str(caught.value)


# ---- a scripted one ----------------------------------------------------------------------------------------


class FakePop3(ScriptedHost):
    """Answers each command from `answers` ('' closes), else +OK."""

    def __init__(self, answers: dict[str, str]) -> None:
        super().__init__(self._speak)
        self.answers = {"GREETING": "+OK ready"} | answers
        self.commands: list[str] = []

    def _speak(self, sock: socket.socket) -> None:
        lines = sock.makefile("rb")
        command = "GREETING"
        while command:
            answer = self.answers.get(command, self.answers.get(command.split(maxsplit=1)[0], "+OK"))
            if not answer:
                return
            sock.sendall(answer.replace("\n", "\r\n").encode() + b"\r\n")
            command = lines.readline().decode().strip()
            self.commands.append(command)


MAIL = "+OK\nSubject: x\n\nx1234\n."
TWO = {"CAPA": "+OK\nUSER\n.", "LIST": "+OK\n1 20\n2 20\n.", "UIDL": "+OK\n1 a\n2 a/b\n."}
TWO |= {"RETR": MAIL, "TOP": MAIL}


def test_names_with_a_slash_and_copies_of_a_name_are_two_mails() -> None:
    """A host that gives two mails one name, against the RFC, loses neither."""
    with FakePop3(TWO | {"UIDL": "+OK\n1 a/b\n2 a/b\n."}) as host:
        found = list(mailbox_of(host, host.port).new(never))
    assert [a.key.rsplit("/", 1)[1] for a in found] == ["a%2Fb", "a%2Fb;2"]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"UIDL": "-ERR what"}, "pop3_no_uidl"),
        ({"UIDL": ""}, "connection_lost"),
        ({"PASS": "-ERR [AUTH] no"}, "login_refused"),
        ({"PASS": "-ERR [IN-USE] locked by another session"}, "server_error"),
        ({"PASS": ""}, "connection_lost"),
        ({"LIST": "-ERR broken"}, "server_error"),
        ({"TOP": ""}, "connection_lost"),
        ({"TOP": "-ERR", "RETR": ""}, "connection_lost"),
        ({"TOP": "-ERR", "RETR": "+OK\nSubject: cut"}, "read_timeout"),
        ({"GREETING": ""}, "connection_lost"),
        ({"GREETING": "-ERR go away"}, "connection_lost"),
    ],
)
def test_failures_are_told_apart(answers: dict[str, str], code: str) -> None:
    """Each by its stable code."""
    with FakePop3(TWO | answers) as host:
        assert code_of(mailbox_of(host, host.port, read_timeout_s=0.5)) == code


def test_one_damaged_mail_hides_no_other() -> None:
    """The host refuses to give one, or gives it empty."""
    for bad in ("-ERR damaged", "+OK\n."):
        with FakePop3(TWO | {"TOP": "-ERR what", "RETR 1": bad}) as host:
            found = list(mailbox_of(host, host.port).new(never))
        assert [a.key.rsplit("/", 1)[1] for a in found] == ["a%2Fb"]


@pytest.mark.parametrize("top", ["-ERR what", "+OK\nSubject: x\n\n."])
def test_a_host_without_top_or_with_half_of_it_is_asked_by_retr(top: str) -> None:
    """TOP leaves mails unread, but is optional, and in some hosts cuts."""
    with FakePop3(TWO | {"TOP": top, "LIST": "+OK\n1 50\n2 50\n."}) as host:
        found = list(mailbox_of(host, host.port).new(never))
    assert [a.raw for a in found] == [b"Subject: x\r\n\r\nx1234\r\n"] * 2
    assert len([c for c in host.commands if c.startswith("RETR")]) == 2


def test_a_giant_whose_header_cannot_be_read_arrived_when_it_was_seen() -> None:
    """TOP is optional in POP3."""
    with FakePop3(TWO | {"TOP": "-ERR what"}) as host:
        found = list(mailbox_of(host, host.port, max_bytes=5).new(never))
    assert [(a.raw, a.size, a.arrived_at) for a in found] == [(None, 20, NOON)] * 2


def test_a_stripped_stls_stops_before_the_password(tmp_path: Path) -> None:
    """No plain fallback."""
    with FakePop3(TWO) as host:
        assert code_of(mailbox_of(host, host.port, tls="starttls")) == "tls_not_offered"
        assert not [c for c in host.commands if c.startswith(("USER", "PASS"))]


def test_nothing_is_ever_deleted() -> None:
    """No DELE in a whole round."""
    with FakePop3(TWO) as host:
        mailbox = mailbox_of(host, host.port)
        for arrival in mailbox.new(never):
            mailbox.done(arrival.key)
        assert mailbox.sent("<a@b>") is None
    assert {c[:4] for c in host.commands if c} == {"USER", "PASS", "UIDL", "LIST", "TOP ", "QUIT"}


def test_settings_with_line_breaks_are_refused() -> None:
    """Nothing reaches a command line that could be another command."""
    with pytest.raises(ConfigError):
        Pop3Mailbox(Pop3Settings(host="h", username="a\r\nDELE 1", password="p"), arrival_of=lambda raw: NOON)
