"""SmtpMailer against aiosmtpd and against scripted hosts: every way a delivery can end."""

from __future__ import annotations

import smtplib
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers import PASSWORD, USER, Authority, Ending, FakeSmtp, ScriptedHost, SmtpHost, free_port

from mailbot.errors import ConfigError, TransportError, Uncertain
from mailbot.transport import Outgoing
from mailbot.transport.smtp import SmtpMailer, SmtpSettings, stuffed

pytestmark = pytest.mark.wire


def settings(host: SmtpHost | ScriptedHost, /, **changes: Any) -> SmtpSettings:
    known: dict[str, Any] = {"host": host.host, "port": host.port, "tls": "none", "connect_timeout_s": 2}
    return SmtpSettings(**(known | {"read_timeout_s": 2, "dot_timeout_s": 1} | changes))


def letter(text: str = "x", recipient: str = "matou@oa.tancheng.example", sender: str = USER) -> Outgoing:
    content = f"Message-ID: <{text}@a.example>\r\nSubject: {text}\r\n\r\n.dot\r\n..two\r\n".encode()
    return Outgoing(sender=sender, recipient=recipient, message_id=f"<{text}@a.example>", content=content)


class Mark:
    """Counts the calls of at_dot."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def failure(host: SmtpHost | ScriptedHost, mark: Mark | None = None, **changes: Any) -> TransportError:
    """What send() raises."""
    mailer = SmtpMailer(settings(host, **changes))
    with pytest.raises(TransportError) as caught:
        mailer.send(letter(), mark or Mark())
    mailer.close()
    assert PASSWORD not in str(caught.value)
    return caught.value


# ---- letters that go ---------------------------------------------------------------------------------------


def test_the_bytes_arrive_untouched() -> None:
    """Leading dots and line ends come out as they went in, and at_dot was called once."""
    mark = Mark()
    with SmtpHost() as host:
        mailer = SmtpMailer(settings(host))
        reply = mailer.send(letter(), mark)
        mailer.close()
    assert (reply.code, reply.text, mark.times) == (250, "OK queued", 1)
    assert [(d.sender, d.recipient, d.content) for d in host.letters] == [
        (USER, "matou@oa.tancheng.example", letter().content)
    ]


@given(st.lists(st.sampled_from([b".", b"..", b"a", b"\r\n", b"\n", b"\r", "镇".encode()])).map(b"".join))
def test_no_text_ends_a_letter_early_or_changes(content: bytes) -> None:
    """No lone '.' line before our own, no bare line end (SMTP smuggling), undone by the receiver."""
    text = stuffed(content)
    lines = text.split(b"\r\n")
    assert lines.pop() == b""
    assert b"." not in lines
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    received = b"\r\n".join(line.removeprefix(b".") for line in lines) + b"\r\n"
    normal = smtplib._fix_eols(content.decode()).encode()
    assert received == (normal if normal.endswith(b"\r\n") else normal + b"\r\n")


def test_one_connection_serves_several_letters_up_to_its_limit() -> None:
    """Hosts bound the letters per connection, and dislike a connection for each."""
    with SmtpHost() as host:
        mailer = SmtpMailer(settings(host, letters_per_connection=3))
        for number in range(7):
            mailer.send(letter(str(number)), Mark())
        mailer.close()
    assert len(host.letters) == 7
    assert host.script.connections == 3


def test_a_kept_connection_that_died_is_replaced() -> None:
    """Nothing was offered on it yet, so nothing is in doubt."""
    with FakeSmtp() as host:
        mailer = SmtpMailer(settings(host))
        mailer.send(letter("a"), Mark())
        host.hang_up()
        mailer.send(letter("b"), Mark())
        mailer.close()
    assert (len(host.letters), host.connections) == (2, 2)


def test_an_idle_connection_is_not_used_again() -> None:
    """The host has most likely closed it."""
    with SmtpHost() as host:
        mailer = SmtpMailer(settings(host, idle_limit_s=0.2))
        mailer.send(letter("a"), Mark())
        time.sleep(0.3)
        mailer.send(letter("b"), Mark())
    assert (len(host.letters), host.script.connections) == (2, 2)


def test_delivery_reports_are_asked_for_where_they_are_offered() -> None:
    """ENVID carries the Message-ID, so that a bounce finds its letter (RFC 3461)."""
    with FakeSmtp(features="DSN") as host:
        SmtpMailer(settings(host)).send(letter("a+b"), Mark())
    assert f"MAIL FROM:<{USER}> RET=HDRS ENVID=a+2Bb@a.example" in host.commands
    assert "RCPT TO:<matou@oa.tancheng.example> NOTIFY=FAILURE" in host.commands


def test_check_logs_in_and_sends_nothing() -> None:
    """As doctor does."""
    with SmtpHost(login=True) as host:
        mailer = SmtpMailer(settings(host, username=USER, password=PASSWORD))
        mailer.check()
        mailer.close()
    assert host.script.logins == [(USER, PASSWORD)]
    assert not host.letters


def test_a_host_that_knows_only_helo_is_enough() -> None:
    """RFC 5321 section 3.2."""
    with FakeSmtp({"EHLO": "502 what"}) as host:
        assert SmtpMailer(settings(host)).send(letter(), Mark()).code == 250


# ---- refusals with a code ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "reply", "code", "permanent"),
    [
        ("GREETING", "421 busy", "smtp_deferred", False),
        ("GREETING", "554 no service here", "server_refused", True),
        ("EHLO", "421 too many connections", "smtp_deferred", False),
        ("MAIL", "451 later", "smtp_deferred", False),
        ("MAIL", "553 sender is not the login", "server_refused", True),
        ("MAIL", "552 message too large", "smtp_refused", True),
        ("MAIL", "530 authentication required", "login_refused", True),
        ("RCPT", "450 greylisted", "smtp_deferred", False),
        ("RCPT", "550 no such user", "smtp_refused", True),
        ("RCPT", "550 Sender frequency limited", "smtp_deferred", False),
        ("RCPT", "421 HL:ICC", "smtp_deferred", False),
        ("DATA", "451 later", "smtp_deferred", False),
        ("DATA", "554 no", "smtp_refused", True),
        ("DOT", "451 local error", "smtp_deferred", False),
        ("DOT", "552 quota", "smtp_refused", True),
        ("DOT", "554 DT:SPM spam", "smtp_deferred", False),
        ("DOT", "554 content rejected", "smtp_refused", True),
    ],
)
def test_a_reply_decides(verb: str, reply: str, code: str, permanent: bool) -> None:
    """4xx waits, 5xx stops; at_dot is called only where it came to the dot; the host's words are kept."""
    mark = Mark()
    with FakeSmtp({verb: reply}) as host:
        error = failure(host, mark)
    assert (error.code, error.permanent) == (code, permanent)
    assert not isinstance(error, Uncertain)
    assert error.details["text"] == reply[4:]
    assert mark.times == (verb == "DOT")


def test_a_refused_letter_does_not_touch_the_next() -> None:
    """RSET clears the failed transaction away on the same connection."""
    with SmtpHost() as host:
        host.script.rcpt.append("550 no such user")
        mailer = SmtpMailer(settings(host))
        with pytest.raises(TransportError):
            mailer.send(letter("a"), Mark())
        mailer.send(letter("b"), Mark())
        mailer.close()
    assert [d.content for d in host.letters] == [letter("b").content]
    assert (host.script.connections, host.script.commands.count("RSET")) == (1, 1)


def test_a_refusal_in_the_middle_of_the_text_is_read() -> None:
    """552 and closed before the dot: the host's code counts, not the broken connection."""
    mark = Mark()
    with FakeSmtp(in_text="552 too large\r\n") as host:
        mailer = SmtpMailer(settings(host))
        content = (b"a" * 70 + b"\r\n") * 200_000
        with pytest.raises(TransportError) as caught:
            mailer.send(Outgoing(sender=USER, recipient=USER, message_id="<a@b>", content=content), mark)
    assert (caught.value.code, mark.times) == ("smtp_refused", 0)


# ---- endings without a code --------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["GREETING", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_cut_before_the_dot_is_tried_again(verb: str) -> None:
    """connection_lost: the letter has certainly not gone."""
    mark = Mark()
    with FakeSmtp({verb: ""}) as host:
        error = failure(host, mark)
    assert (error.code, error.permanent, mark.times) == ("connection_lost", False, 0)
    assert not isinstance(error, Uncertain)


def test_a_cut_in_the_text_is_tried_again() -> None:
    """The host closed while it was being told the letter."""
    with FakeSmtp(in_text="") as host:
        mailer = SmtpMailer(settings(host))
        content = (b"a" * 70 + b"\r\n") * 200_000
        with pytest.raises(TransportError) as caught:
            mailer.send(Outgoing(sender=USER, recipient=USER, message_id="<a@b>", content=content), Mark())
    assert caught.value.code == "connection_lost"
    assert not isinstance(caught.value, Uncertain)


@pytest.mark.parametrize("ending", [Ending.CUT_AFTER_DOT, Ending.HANG_AFTER_DOT])
def test_a_cut_after_the_dot_is_uncertain(ending: Ending) -> None:
    """The host has taken it and we cannot know (RFC 1047)."""
    mark = Mark()
    with SmtpHost() as host:
        host.script.dot.append(ending)
        error = failure(host, mark)
    assert isinstance(error, Uncertain)
    assert (error.code, mark.times, len(host.letters)) == ("cut_after_dot", 1, 1)


def test_nonsense_after_the_dot_is_uncertain() -> None:
    """Neither yes nor no."""
    with FakeSmtp({"DOT": "hello"}) as host:
        assert isinstance(failure(host), Uncertain)


def test_a_cut_after_250_is_sent() -> None:
    """What fails at QUIT or before the next letter fails after the letter was taken."""
    with SmtpHost() as host:
        host.script.dot.append(Ending.CUT_AFTER_REPLY)
        mailer = SmtpMailer(settings(host))
        assert mailer.send(letter("a"), Mark()).code == 250
        mailer.send(letter("b"), Mark())
        mailer.close()
    assert len(host.letters) == 2


def test_a_phase_mark_that_fails_sends_nothing() -> None:
    """Where the database cannot take the mark, the dot is not sent, and the error is the database's."""

    def broken() -> None:
        raise RuntimeError("disk full")

    with FakeSmtp() as host:
        mailer = SmtpMailer(settings(host))
        with pytest.raises(RuntimeError, match="disk full"):
            mailer.send(letter("a"), broken)
        mailer.send(letter("b"), Mark())
        mailer.close()
    assert len(host.letters) == 1
    assert b"Subject: b" in host.letters[0]


# ---- TLS and login -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", ["ssl", "starttls"])
def test_tls_and_login_with_the_right_authority(tls: str) -> None:
    """Letter, login and phase mark over TLS; the kept connection also."""
    with SmtpHost(tls=tls, login=True) as host:
        known = {"tls": tls, "ca_file": host.ca_file, "username": USER, "password": PASSWORD}
        mailer = SmtpMailer(settings(host, **known))
        for text in "ab":
            assert mailer.send(letter(text), Mark()).code == 250
        mailer.close()
    assert (len(host.letters), host.script.connections) == (2, 1)


@pytest.mark.parametrize("tls", ["ssl", "starttls"])
def test_tls_nobody_vouches_for_is_refused(tls: str, tmp_path: Path) -> None:
    """Before the password goes out, and whoever else's authority is set."""
    other = Authority(tmp_path).ca_file
    with SmtpHost(tls=tls, login=True) as host:
        for ca_file in (None, other):
            error = failure(host, tls=tls, ca_file=ca_file, username=USER, password=PASSWORD)
            assert (error.code, error.permanent) == ("tls_untrusted", True)
        assert not host.script.logins


def test_a_stripped_starttls_stops_before_the_password() -> None:
    """No plain fallback (parsedmarc GHSA-3588-2mr7-vrcm)."""
    with FakeSmtp(features="AUTH PLAIN LOGIN") as host:
        error = failure(host, tls="starttls", username=USER, password=PASSWORD)
        assert (error.code, error.permanent) == ("tls_not_offered", True)
        assert not [c for c in host.commands if c.startswith("AUTH")]


def test_what_is_injected_before_starttls_is_not_believed() -> None:
    """Lines sent in plain text behind the go-ahead are dropped with it (CVE-2011-0411)."""
    with FakeSmtp({"STARTTLS": "220 go\r\n250-AUTH PLAIN\r\n250 ok"}, features="STARTTLS") as host:
        error = failure(host, tls="starttls", username=USER, password=PASSWORD)
    assert error.code in ("tls_failed", "connection_lost", "read_timeout")
    assert not [c for c in host.commands if c.startswith("AUTH")]


def test_a_wrong_password_is_tried_once() -> None:
    """login_refused is permanent and by one mechanism only: hosts lock a box after several."""
    with SmtpHost(login=True) as host:
        mailer = SmtpMailer(settings(host, username=USER, password="no-such-word"))
        with pytest.raises(TransportError) as caught:
            mailer.send(letter(), Mark())
    assert (caught.value.code, caught.value.permanent) == ("login_refused", True)
    assert host.script.logins == [(USER, "no-such-word")]
    assert "no-such-word" not in f"{caught.value}{mailer._settings}"


@pytest.mark.parametrize(
    ("answers", "features", "code"),
    [
        ({"AUTH": "454 temporary"}, "AUTH PLAIN", "smtp_deferred"),
        ({"AUTH": "535 wrong"}, "AUTH LOGIN", "login_refused"),
        ({}, "AUTH GSSAPI", "auth_not_offered"),
        ({}, "SIZE", "auth_not_offered"),
    ],
)
def test_login_failures_are_told_apart(answers: dict[str, str], features: str, code: str) -> None:
    """4xx waits; no known mechanism is no wrong password."""
    with FakeSmtp(answers, features=features) as host:
        assert failure(host, username=USER, password=PASSWORD).code == code


def test_a_password_that_is_not_ascii_is_refused_here() -> None:
    """AUTH would not carry it."""
    with FakeSmtp(features="AUTH PLAIN") as host:
        assert failure(host, username=USER, password="口令").code == "login_refused"


def test_nobody_listening_and_nobody_answering_are_told_apart() -> None:
    """connect_refused and connect_timeout."""
    with ScriptedHost(lambda sock: time.sleep(3)) as silent:
        assert failure(silent, connect_timeout_s=0.3).code == "connect_timeout"
        assert failure(silent, port=free_port()).code == "connect_refused"


# ---- what is refused before anything is sent ---------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "a@x.example>\r\nRCPT TO:<evil@x.example",
        "a@x.example\n",
        "a b@x.example",
        "a@x.example> SIZE=1",
        "<a@x.example>",
        "张@x.example",
        "a@郯城.example",
        "a@b@c.example",
        "nobody",
        "",
    ],
)
def test_an_address_that_is_none_never_reaches_the_host(address: str) -> None:
    """Neither as sender nor as recipient; bad_address is permanent (aiosmtplib GHSA-v3q9-hj7j-63hq)."""
    with FakeSmtp() as host:
        for bad in (letter(recipient=address), letter(sender=address)):
            with pytest.raises(TransportError) as caught:
                SmtpMailer(settings(host)).send(bad, Mark())
            assert (caught.value.code, caught.value.permanent) == ("bad_address", True)
        assert host.connections == 0


def test_eight_bit_letters_go_only_where_they_are_taken() -> None:
    """RFC 6152; our own letters are 7-bit."""
    raw = "Subject: x\r\n\r\n镇\r\n".encode()
    eight = Outgoing(sender=USER, recipient=USER, message_id="<a@b>", content=raw)
    with FakeSmtp(features="SIZE") as host, pytest.raises(TransportError) as caught:
        SmtpMailer(settings(host)).send(eight, Mark())
    assert caught.value.code == "smtp_refused"
    with FakeSmtp(features="8BITMIME") as host:
        SmtpMailer(settings(host)).send(eight, Mark())
    assert f"MAIL FROM:<{USER}> BODY=8BITMIME" in host.commands


def test_settings_with_line_breaks_are_refused() -> None:
    """Nothing reaches a command line that could be another command."""
    for changes in ({"username": "a\r\nMAIL"}, {"password": "a\n"}, {"helo": "a\r\nQUIT"}):
        with pytest.raises(ConfigError):
            SmtpMailer(SmtpSettings(host="h", **changes))
