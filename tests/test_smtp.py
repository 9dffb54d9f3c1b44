"""SmtpMailer against aiosmtpd and against scripted hosts: every way a delivery can end."""

from __future__ import annotations

from typing import Any

import pytest
from servers import USER, Ending, SmtpHost

from mailbot.errors import TransportError, Uncertain
from mailbot.transport import Outgoing
from mailbot.transport.smtp import SmtpMailer, SmtpSettings

pytestmark = pytest.mark.wire


def settings(host: SmtpHost, **changes: Any) -> SmtpSettings:
    known: dict[str, Any] = {"host": host.host, "port": host.port, "tls": "none", "connect_timeout_s": 5}
    return SmtpSettings(**(known | {"read_timeout_s": 2, "dot_timeout_s": 2} | changes))


def letter(text: str = "x", recipient: str = "matou@oa.tancheng.example") -> Outgoing:
    content = f"Message-ID: <{text}@a.example>\r\nSubject: {text}\r\n\r\n.dot\r\n..two\r\n".encode()
    return Outgoing(sender=USER, recipient=recipient, message_id=f"<{text}@a.example>", content=content)


class Mark:
    """Counts the calls of at_dot."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def test_the_bytes_arrive_untouched() -> None:
    """Leading dots and line ends come out as they went in, and at_dot was called once."""
    mark = Mark()
    with SmtpHost() as host:
        mailer = SmtpMailer(settings(host))
        reply = mailer.send(letter(), mark)
        mailer.close()
    assert (reply.code, mark.times) == (250, 1)
    assert [d.content for d in host.letters] == [letter().content]


@pytest.mark.parametrize("ending", [Ending.CUT_AFTER_DOT, Ending.HANG_AFTER_DOT])
def test_a_cut_after_the_dot_is_uncertain(ending: Ending) -> None:
    """The host may have taken it: nobody can know (RFC 1047)."""
    mark = Mark()
    with SmtpHost() as host:
        host.script.dot.append(ending)
        with pytest.raises(Uncertain):
            SmtpMailer(settings(host)).send(letter(), mark)
    assert (mark.times, len(host.letters)) == (1, 1)


def test_a_refused_recipient_is_permanent_and_the_next_letter_goes() -> None:
    """550 at RCPT stops this letter only."""
    with SmtpHost() as host:
        host.script.rcpt.append("550 no such user")
        mailer = SmtpMailer(settings(host))
        with pytest.raises(TransportError) as caught:
            mailer.send(letter("a"), Mark())
        mailer.send(letter("b"), Mark())
        mailer.close()
    assert (caught.value.code, caught.value.permanent) == ("smtp_refused", True)
    assert [d.content for d in host.letters] == [letter("b").content]
    assert host.script.connections == 1
