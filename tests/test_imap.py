"""ImapMailbox against a real Dovecot, and against scripted hosts for faults that no real one will show."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers import CHINESE_PASSWORD, PASSWORD, Authority, Dovecot, FakeImap, ScriptedHost, free_port
from steps import calls

from mailbot.clock import SHANGHAI, FixedClock
from mailbot.errors import ConfigError, TransportError
from mailbot.transport import Arrival, Mailbox
from mailbot.transport._imap_plan import SETTLE_S, Listed, parse_key, portions
from mailbot.transport._net import is_whole
from mailbot.transport.imap import ImapMailbox, ImapSettings

pytestmark = pytest.mark.wire

NOON = datetime(2019, 4, 12, 12, 0, tzinfo=SHANGHAI)


def settings(server: Dovecot, box: str, **changes: Any) -> ImapSettings:
    known: dict[str, Any] = {"host": server.host, "port": server.imap, "tls": "none", "username": box}
    return ImapSettings(**(known | {"password": PASSWORD} | changes))


def of_fake(host: ScriptedHost, /, **changes: Any) -> ImapSettings:
    known: dict[str, Any] = {"host": host.host, "port": host.port, "tls": "none", "username": "a@b.example"}
    return ImapSettings(
        **(known | {"password": PASSWORD, "connect_timeout_s": 1, "read_timeout_s": 1} | changes)
    )


def letter(text: str = "x", size: int = 0) -> bytes:
    body = (text * 60 + "\r\n") * max(1, size // 62)
    return f"Message-ID: <{text}.1@a.example>\r\nSubject: {text}\r\n\r\n{body}".encode()


def never(_: str) -> bool:
    return False


def code_of(mailbox: Mailbox) -> str:
    with pytest.raises(TransportError) as caught:
        list(mailbox.new(never))
    assert PASSWORD not in f"{caught.value} {caught.value.details}"
    return caught.value.code


@pytest.fixture
def box_with(dovecot: Dovecot, box: str) -> Iterator[ImapMailbox]:
    """A mailbox with three letters a, b, c in it."""
    dovecot.deliver([letter(t) for t in "abc"], user=box)
    mailbox = ImapMailbox(settings(dovecot, box))
    yield mailbox
    mailbox.close()


# ---- reading from a real host ------------------------------------------------------------------------------


def test_it_yields_each_mail_once(box_with: ImapMailbox) -> None:
    """Bytes as the host has them, and then nothing that is known."""
    found = list(box_with.new(never))
    assert [a.raw for a in found] == [letter(t) for t in "abc"]
    assert [a.size for a in found] == [len(letter(t)) for t in "abc"]
    assert not list(box_with.new({a.key for a in found}.__contains__))


def test_a_poll_changes_nothing_on_the_server(dovecot: Dovecot, box: str, box_with: ImapMailbox) -> None:
    """The same UIDs with the same flags, \\Seen among them (promise P1)."""
    before = dovecot.state(user=box)
    for arrival in box_with.new(never):
        box_with.done(arrival.key)
    assert dovecot.state(user=box) == before
    assert all(not flags for flags in before.values())


def test_mails_already_read_by_a_person_are_taken(dovecot: Dovecot, box: str) -> None:
    """\\Seen says nothing about what mailbot has done."""
    dovecot.deliver([letter("a")], user=box)
    with dovecot.client(box) as client:
        client.select_folder("INBOX")
        client.add_flags([1], [b"\\Seen"])
    assert len(list(ImapMailbox(settings(dovecot, box)).new(never))) == 1


def test_the_oldest_comes_first_in_shanghai_time(dovecot: Dovecot, box: str) -> None:
    """By INTERNALDATE, then UID: a mail copied into the box later may have arrived before."""
    for text, hours in (("a", 2), ("b", 1), ("c", 1)):
        dovecot.deliver([letter(text)], user=box, at=NOON + timedelta(hours=hours))
    found = list(ImapMailbox(settings(dovecot, box)).new(never))
    assert [a.raw for a in found] == [letter(t) for t in "bca"]
    assert found[0].arrived_at == NOON + timedelta(hours=1)
    assert found[0].arrived_at.tzinfo is SHANGHAI


def test_portions_are_joined_without_loss(dovecot: Dovecot, box: str) -> None:
    """Limits of count and bytes cut the fetching, never the result."""
    mails = [letter(f"m{n}", size=3000) for n in range(23)]
    dovecot.deliver(mails, user=box)
    mailbox = ImapMailbox(settings(dovecot, box, batch_count=5, batch_bytes=7000))
    assert [a.raw for a in mailbox.new(never)] == mails


def test_a_mail_over_the_limit_is_named_and_not_fetched(dovecot: Dovecot, box: str) -> None:
    """raw is None, the size is told, and the others come as ever."""
    giant = letter("g", size=60_000)
    dovecot.deliver([letter("a"), giant, letter("b")], user=box)
    found = list(ImapMailbox(settings(dovecot, box, max_bytes=50_000)).new(never))
    assert [a.raw for a in found] == [letter("a"), None, letter("b")]
    assert found[1].size == len(giant)
    assert found[1].head == giant[: giant.index(b"\r\n\r\n") + 4]
    assert (found[0].head, found[2].head) == (None, None)
    with dovecot.client(box) as client:
        client.select_folder("INBOX", readonly=True)
        assert client.search("UNSEEN") == client.search("ALL")


def test_another_uidvalidity_is_another_epoch(dovecot: Dovecot, box: str, box_with: ImapMailbox) -> None:
    """After it no key of before is given again, and all mails are seen anew (RFC 4549)."""
    before = [a.key for a in box_with.new(never)]
    dovecot.renumber(user=box)
    box_with.close()
    after = [a.key for a in box_with.new(before.__contains__)]
    assert len(after) == 3
    assert {k.rpartition("/")[0] for k in before}.isdisjoint(k.rpartition("/")[0] for k in after)


def test_a_key_names_its_epoch_before_the_last_slash(dovecot: Dovecot, box: str) -> None:
    """Chinese folders below others are found, and their slash does not break the key."""
    with dovecot.client(box) as client:
        client.create_folder("政务信息.报送")
    dovecot.deliver([letter("a")], user=box, folder="政务信息.报送")
    (found,) = ImapMailbox(settings(dovecot, box, folder="政务信息/报送")).new(never)
    epoch, _, uid = found.key.rpartition("/")
    assert epoch.startswith(f"imap:{box}@127.0.0.1/政务信息%2F报送;uidvalidity=")
    assert uid == "1"
    parsed = parse_key(found.key)
    assert parsed is not None
    assert (parsed[0].folder, parsed[1], str(parsed[0])) == ("政务信息/报送", 1, epoch)


def test_junk_folders_are_read_too_where_there_are_any(dovecot: Dovecot, box: str) -> None:
    """A submission filed as junk is not lost; a folder the host has not is passed over."""
    dovecot.deliver([letter("a")], user=box)
    dovecot.deliver([letter("b")], user=box, folder="垃圾邮件")
    mailbox = ImapMailbox(settings(dovecot, box, extra_folders=("广告邮件", "垃圾邮件")))
    assert [a.raw for a in mailbox.new(never)] == [letter("a"), letter("b")]


def test_mail_arriving_during_a_round_is_in_the_next(
    dovecot: Dovecot, box: str, box_with: ImapMailbox
) -> None:
    """The kept connection sees what has come since."""
    known = {a.key for a in box_with.new(never)}
    dovecot.deliver([letter("d")], user=box)
    assert [a.raw for a in box_with.new(known.__contains__)] == [letter("d")]


# ---- after a mail is settled -------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "flag"), [("seen", b"\\Seen"), ("flag", b"\\Flagged")])
def test_settled_mails_are_flagged_where_configured(
    dovecot: Dovecot, box: str, after: str, flag: bytes
) -> None:
    """Those settled, and no others."""
    dovecot.deliver([letter(t) for t in "ab"], user=box)
    mailbox = ImapMailbox(settings(dovecot, box, after=after))
    found = list(mailbox.new(never))
    assert dovecot.state(user=box) == {1: (), 2: ()}
    mailbox.done(found[0].key)
    assert dovecot.state(user=box) == {1: (flag,), 2: ()}


def test_settled_mails_are_moved_where_configured(dovecot: Dovecot, box: str) -> None:
    """Into a folder that is made, also while others are still to come."""
    dovecot.deliver([letter(t) for t in "abc"], user=box)
    mailbox = ImapMailbox(settings(dovecot, box, after="move", after_folder="已处理/2019", batch_count=1))
    for arrival in mailbox.new(never):
        mailbox.done(arrival.key)
    assert not dovecot.state(user=box)
    assert len(dovecot.state(user=box, folder="已处理.2019")) == 3
    assert not list(mailbox.new(never))


def test_many_are_moved_with_one_command(dovecot: Dovecot, box: str) -> None:
    """done_many() of keys from two folders."""
    dovecot.deliver([letter(t) for t in "abc"], user=box)
    dovecot.deliver([letter("d")], user=box, folder="Junk")
    mailbox = ImapMailbox(settings(dovecot, box, after="move", after_folder="done", extra_folders=("Junk",)))
    mailbox.done_many([a.key for a in mailbox.new(never)])
    assert len(dovecot.state(user=box, folder="done")) == 4


def test_a_stale_or_foreign_key_moves_nothing(dovecot: Dovecot, box: str) -> None:
    """A UID of another UIDVALIDITY, box or kind of source is not this mail (RFC 4549)."""
    dovecot.deliver([letter("a")], user=box)
    mailbox = ImapMailbox(settings(dovecot, box, after="move", after_folder="done"))
    (found,) = mailbox.new(never)
    stale = found.key.replace("uidvalidity=", "uidvalidity=9")
    mailbox.done_many([stale, found.key.replace(box, "other@b.example"), "folder:/x/1", "adopted/ab"])
    assert len(dovecot.state(user=box)) == 1


def test_a_mail_that_is_gone_is_no_error(dovecot: Dovecot, box: str) -> None:
    """Somebody deleted it between the round and done()."""
    dovecot.deliver([letter("a")], user=box)
    mailbox = ImapMailbox(settings(dovecot, box, after="move", after_folder="done"))
    (found,) = mailbox.new(never)
    with dovecot.client(box) as client:
        client.select_folder("INBOX")
        client.delete_messages([1])
        client.expunge()
    mailbox.done(found.key)


# ---- sent and wait -----------------------------------------------------------------------------------------


def test_the_sent_folder_is_searched_by_message_id(dovecot: Dovecot, box: str) -> None:
    """Found by its flag (RFC 6154); the next round is not disturbed by it."""
    dovecot.deliver([letter("a")], user=box, folder="Sent")
    dovecot.deliver([letter("b")], user=box)
    mailbox = ImapMailbox(settings(dovecot, box))
    assert mailbox.sent("<a.1@a.example>") is True
    assert mailbox.sent("<a.1@a.exampl>") is False
    assert mailbox.sent("<b.1@a.example>") is False
    assert mailbox.sent("<回执@a.example>") is None
    assert [a.raw for a in mailbox.new(never)] == [letter("b")]


def test_a_sent_folder_that_is_not_there_tells_nothing(dovecot: Dovecot, box: str) -> None:
    """None, so that a letter in doubt is not taken for lost."""
    assert ImapMailbox(settings(dovecot, box, sent_folder="没有")).sent("<a.1@a.example>") is None
    with FakeImap({}) as host:
        assert ImapMailbox(of_fake(host)).sent("<a.1@a.example>") is None
        host.at["LOGIN"] = "NO wrong"
        assert ImapMailbox(of_fake(host)).sent("<a.1@a.example>") is None


def test_a_search_that_invents_is_not_believed(dovecot: Dovecot) -> None:
    """Hosts that answer every SEARCH with all mails (Sina) do not make a letter sent."""
    with FakeImap({1: letter("a"), 2: letter("b")}) as host:
        host.folders = ("INBOX", "Sent Messages")
        host.served = {1: b"Message-ID: <a.1@a.example>\r\n\r\n", 2: b"\r\n"}
        mailbox = ImapMailbox(of_fake(host))
        host.at["UID SEARCH"] = ""
        host._found = lambda command: "* SEARCH 1 2\r\n"  # type: ignore[method-assign]
        assert mailbox.sent("<a.1@a.example>") is True
        assert mailbox.sent("<zz.1@a.example>") is False


def test_idle_wakes_when_mail_arrives(dovecot: Dovecot, box: str, box_with: ImapMailbox) -> None:
    """Long before the next round."""
    known = {a.key for a in box_with.new(never)}
    timer = threading.Timer(0.5, dovecot.deliver, ([letter("d")],), {"user": box})
    timer.start()
    since = time.monotonic()
    box_with.wait(20)
    assert time.monotonic() - since < 10
    timer.join()
    assert len(list(box_with.new(known.__contains__))) == 1


def test_mail_that_came_between_round_and_wait_wakes_too(
    dovecot: Dovecot, box: str, box_with: ImapMailbox
) -> None:
    """It was announced before IDLE began."""
    list(box_with.new(never))
    dovecot.deliver([letter("d")], user=box)
    since = time.monotonic()
    box_with.wait(20)
    assert time.monotonic() - since < 10


@pytest.mark.parametrize("idle", [True, False])
def test_stop_ends_a_wait(dovecot: Dovecot, box: str, idle: bool) -> None:
    """The worker is not held up for a poll interval."""
    stop = threading.Event()
    mailbox = ImapMailbox(settings(dovecot, box, idle=idle), stop=stop)
    list(mailbox.new(never))
    threading.Timer(0.3, stop.set).start()
    since = time.monotonic()
    mailbox.wait(20)
    assert time.monotonic() - since < 10
    mailbox.close()


def test_a_wait_without_news_lasts_as_asked(dovecot: Dovecot, box: str) -> None:
    """Also before the first round, when there is no connection."""
    mailbox = ImapMailbox(settings(dovecot, box))
    for _ in range(2):
        since = time.monotonic()
        mailbox.wait(0.7)
        assert 0.6 < time.monotonic() - since < 10
        list(mailbox.new(never))


def test_a_host_that_dies_in_idle_does_not_spin() -> None:
    """idle_check() returns at once on a dead connection; the wait lasts all the same, and raises nothing."""
    with FakeImap({}, capability="IDLE") as host:
        host.at["IDLE"] = "BYE"
        mailbox = ImapMailbox(of_fake(host))
        list(mailbox.new(never))
        since = time.monotonic()
        assert calls(lambda: mailbox.wait(1)) < 20_000
        assert 0.9 < time.monotonic() - since < 15
        assert not list(mailbox.new(never))


# ---- TLS, login, folders -----------------------------------------------------------------------------------


def test_tls_with_the_right_authority_is_accepted(dovecot: Dovecot, box: str) -> None:
    """Implicit TLS and STARTTLS, the name verified as well."""
    dovecot.deliver([letter("a")], user=box)
    for tls, port in (("ssl", dovecot.imaps), ("starttls", dovecot.imap)):
        mailbox = ImapMailbox(settings(dovecot, box, tls=tls, port=port, ca_file=dovecot.ca_file))
        assert len(list(mailbox.new(never))) == 1


@pytest.mark.parametrize("tls", ["ssl", "starttls"])
def test_tls_nobody_vouches_for_is_refused(dovecot: Dovecot, box: str, tls: str) -> None:
    """Before the password goes out."""
    port = dovecot.imaps if tls == "ssl" else dovecot.imap
    assert code_of(ImapMailbox(settings(dovecot, box, tls=tls, port=port))) == "tls_untrusted"


def test_another_authority_does_not_do(dovecot: Dovecot, box: str, tmp_path: Path) -> None:
    """ca_file alone decides where it is set."""
    other = Authority(tmp_path).ca_file
    mailbox = ImapMailbox(settings(dovecot, box, tls="ssl", port=dovecot.imaps, ca_file=other))
    assert code_of(mailbox) == "tls_untrusted"


def test_plain_text_on_a_tls_port_is_a_tls_fault(dovecot: Dovecot, box: str) -> None:
    """tls = ssl with the port of plain IMAP."""
    assert code_of(ImapMailbox(settings(dovecot, box, tls="ssl"))) == "tls_failed"


def test_a_stripped_starttls_stops_before_the_password() -> None:
    """A host, or somebody between, that offers no STARTTLS gets no LOGIN (parsedmarc GHSA-3588-2mr7-vrcm)."""
    with FakeImap({}) as host:
        assert code_of(ImapMailbox(of_fake(host, tls="starttls"))) == "tls_not_offered"
        host.greeting = "* PREAUTH welcome"
        host.capability += " STARTTLS"
        assert code_of(ImapMailbox(of_fake(host, tls="starttls"))) == "tls_not_offered"
        assert not host.said("LOGIN")


def test_a_wrong_password_is_told_once_and_for_all(dovecot: Dovecot, box: str) -> None:
    """login_refused is permanent: repeating it locks the box."""
    with pytest.raises(TransportError) as caught:
        list(ImapMailbox(settings(dovecot, box, password="no-such-word")).new(never))
    assert (caught.value.code, caught.value.permanent) == ("login_refused", True)
    assert "no-such-word" not in str(caught.value)


def test_a_password_is_never_in_an_error(caplog: pytest.LogCaptureFixture) -> None:
    """Even where the host repeats it; and in no log line at any level."""
    caplog.set_level(logging.DEBUG)
    with FakeImap({}) as host:
        host.at["LOGIN"] = f"NO bad password {PASSWORD}"
        assert code_of(ImapMailbox(of_fake(host))) == "login_refused"
    assert PASSWORD not in caplog.text
    assert PASSWORD not in repr(of_fake(host))


def test_a_host_that_is_busy_is_tried_again() -> None:
    """RFC 5530 UNAVAILABLE is no wrong password."""
    with FakeImap({}) as host:
        host.at["LOGIN"] = "NO [UNAVAILABLE] later"
        with pytest.raises(TransportError) as caught:
            list(ImapMailbox(of_fake(host)).new(never))
        assert (caught.value.code, caught.value.permanent) == ("server_error", False)
        host.capability = "IMAP4rev1 LOGINDISABLED"
        assert code_of(ImapMailbox(of_fake(host))) == "tls_required"


def test_a_password_in_chinese_works(dovecot: Dovecot) -> None:
    """By AUTHENTICATE PLAIN in UTF-8 (RFC 4616); LOGIN could not say it."""
    user = dovecot.user_with_chinese_password
    assert not list(ImapMailbox(settings(dovecot, user, password=CHINESE_PASSWORD)).new(never))


def test_a_missing_folder_is_named(dovecot: Dovecot, box: str) -> None:
    """folder_missing, and not just any error of the host."""
    with pytest.raises(TransportError) as caught:
        list(ImapMailbox(settings(dovecot, box, folder="没有/这个")).new(never))
    assert caught.value.code == "folder_missing"
    assert caught.value.details["folder"] == "没有/这个"


def test_what_nobody_listens_to_is_refused() -> None:
    """connect_refused, dns_failed and connect_timeout are told apart."""
    with ScriptedHost(lambda sock: time.sleep(3)) as silent:
        known = of_fake(silent)
        assert code_of(ImapMailbox(known)) == "connect_timeout"
        port, name = {"port": free_port()}, {"host": "no-such-host.invalid"}
        assert code_of(ImapMailbox(of_fake(silent, **port))) == "connect_refused"
        assert code_of(ImapMailbox(of_fake(silent, **name))) == "dns_failed"


def test_settings_with_line_breaks_are_refused() -> None:
    """Nothing reaches a command line that could be another command (CPython CVE-2025-15366)."""
    for changes in ({"folder": "a\r\nx DELETE INBOX"}, {"username": "a\n"}, {"password": "a\x00"}):
        with pytest.raises(ConfigError):
            ImapMailbox(ImapSettings(**({"host": "h", "username": "u", "password": "p"} | changes)))


# ---- faults ------------------------------------------------------------------------------------------------


def test_a_host_without_uidnext_idle_move_and_keywords_is_enough() -> None:
    """Coremail's answers as they are known."""
    with FakeImap({7: letter("a"), 9: letter("b")}) as host:
        found = list(ImapMailbox(of_fake(host)).new(never))
    assert [a.key.rpartition("/")[2] for a in found] == ["7", "9"]
    assert found[0].arrived_at == datetime(2019, 4, 12, 9, 7, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("greeting", "capability"),
    [("* OK Coremail System IMap Server Ready", ""), ("* OK ready", "ID"), ("* OK ready", "")],
)
def test_a_host_that_demands_id_gets_it(greeting: str, capability: str) -> None:
    """Offered or not: 163 refuses SELECT as 'Unsafe Login' to a client that has not said who it is."""
    with FakeImap({1: letter("a")}, capability=capability) as host:
        host.greeting, host.demands_id = greeting, True
        assert len(list(ImapMailbox(of_fake(host)).new(never))) == 1
        assert len(host.said("ID (")) == 1


def test_a_host_that_calls_it_unsafe_all_the_same_is_told_apart() -> None:
    """unsafe_login: something is to be allowed in the web mail."""
    with FakeImap({}) as host:
        host.at["EXAMINE"] = "NO EXAMINE Unsafe Login. Please contact us for help"
        with pytest.raises(TransportError) as caught:
            list(ImapMailbox(of_fake(host)).new(never))
    assert (caught.value.code, caught.value.permanent) == ("unsafe_login", True)


def test_what_was_had_before_a_cut_is_yielded_and_the_rest_follows() -> None:
    """A cut inside a literal loses nothing, and the mail that breaks connections comes last, alone."""
    with FakeImap({n: letter(f"m{n}") for n in range(1, 8)}) as host:
        host.cut = {2}
        mailbox = ImapMailbox(of_fake(host, batch_count=3))
        had: dict[str, Arrival] = {}
        for _ in range(6):
            try:
                for arrival in mailbox.new(had.__contains__):
                    had[arrival.key] = arrival
            except TransportError as error:
                assert error.code == "connection_lost"
        assert sorted(a.raw for a in had.values() if a.raw) == [letter(f"m{n}") for n in (1, 3, 4, 5, 6, 7)]
        host.cut = set()
        assert [a.raw for a in mailbox.new(had.__contains__)] == [letter("m2")]


@pytest.mark.parametrize("command", ["LOGIN", "ID", "EXAMINE", "UID SEARCH", "UID FETCH"])
@pytest.mark.parametrize(("fault", "code"), [("BYE", "connection_lost"), ("HANG", "read_timeout")])
def test_a_host_that_leaves_or_hangs_is_met_again(command: str, fault: str, code: str) -> None:
    """At any command: a TransportError within the timeout, and a fresh connection at the next call."""
    with FakeImap({1: letter("a")}) as host:
        mailbox = ImapMailbox(of_fake(host, read_timeout_s=0.3))
        host.at[command] = fault
        assert code_of(mailbox) == code
        host.at.clear()
        assert len(list(mailbox.new(never))) == 1
        assert host.connections == 2


def test_a_payload_that_is_empty_or_short_is_not_there_yet() -> None:
    """It is skipped, never taken and never done (OTRS 11475); the others come."""
    with FakeImap({1: letter("a"), 2: letter("b"), 3: letter("c")}) as host:
        host.served = {1: b"", 2: letter("b")[:50]}
        mailbox = ImapMailbox(of_fake(host))
        for _ in range(3):
            assert [a.raw for a in mailbox.new(never)] == [letter("c")]
        host.served = {}
        assert len(list(mailbox.new(never))) == 3


def test_a_payload_that_stays_short_is_taken_and_one_that_stays_empty_is_told() -> None:
    """A host that counts otherwise must not hide a mail for ever, and nothing is skipped in silence (P12)."""
    clock = FixedClock(NOON)
    with FakeImap({1: letter("a"), 2: letter("b")}) as host:
        host.served = {1: b"", 2: letter("b")[:50]}
        mailbox = ImapMailbox(of_fake(host), clock=clock)
        assert not list(mailbox.new(never))
        clock.sleep(SETTLE_S)
        round_ = mailbox.new(never)
        assert next(round_).raw == letter("b")[:50]
        with pytest.raises(TransportError) as caught:
            next(round_)
        assert caught.value.code == "mail_incomplete"


def test_one_damaged_mail_hides_no_other() -> None:
    """A host that answers NO to a FETCH because of one mail is asked by halves."""
    with FakeImap({n: letter(f"m{n}") for n in range(1, 12)}) as host:
        host.refused = {4}
        found = list(ImapMailbox(of_fake(host)).new(never))
    assert [a.raw for a in found] == [letter(f"m{n}") for n in range(1, 12) if n != 4]


def test_a_host_whose_search_fails_is_listed_by_fetch() -> None:
    """QQ: 'BAD UID SEARCH invalid argument'."""
    with FakeImap({3: letter("a"), 5: letter("b")}) as host:
        host.at["UID SEARCH"] = "BAD UID SEARCH invalid argument"
        found = list(ImapMailbox(of_fake(host)).new(never))
    assert [a.key.rpartition("/")[2] for a in found] == ["3", "5"]


def test_a_box_of_many_years_is_listed() -> None:
    """imaplib refuses an answer of more than a megabyte, so the listing is asked for in parts."""
    with FakeImap(dict.fromkeys(range(1_000_001, 1_150_001), b"")) as host:
        asked: list[str] = []
        assert not list(ImapMailbox(of_fake(host, read_timeout_s=20)).new(lambda key: not asked.append(key)))
    assert len(asked) == 150_000


def test_a_mail_without_internaldate_arrived_as_its_bytes_say() -> None:
    """Promise P11; and without that rule when it was collected."""
    with FakeImap({1: letter("a")}) as host:
        host.dated = False
        (by_rule,) = ImapMailbox(of_fake(host), arrival_of=lambda raw: NOON).new(never)
        (by_clock,) = ImapMailbox(of_fake(host), clock=FixedClock(NOON + timedelta(days=1))).new(never)
    assert (by_rule.arrived_at, by_clock.arrived_at) == (NOON, NOON + timedelta(days=1))


@pytest.mark.parametrize("capability", ["UIDPLUS", ""])
def test_a_move_without_move_expunges_by_uid_or_not_at_all(capability: str) -> None:
    """A plain EXPUNGE would delete what a person has marked (RFC 4315)."""
    with FakeImap({4: letter("a")}, capability=capability) as host:
        mailbox = ImapMailbox(of_fake(host, after="move", after_folder="已处理"))
        mailbox.done_many([a.key for a in mailbox.new(never)])
        assert host.said("UID COPY 4")
        assert host.said("UID STORE 4 +FLAGS.SILENT (\\Deleted)")
        expected = ["UID EXPUNGE 4"] if capability else []
        assert host.said("EXPUNGE") == expected
        assert host.said("CREATE") == ['CREATE "&XfJZBHQG-"']


# ---- the plan, without a host ------------------------------------------------------------------------------


def test_hosts_that_count_line_ends_otherwise_are_believed() -> None:
    """LF sent and CRLF counted, or the other way round; half a mail is never whole."""
    lf = letter("a", size=2000).replace(b"\r\n", b"\n")
    assert is_whole(lf, len(letter("a", size=2000)))
    assert is_whole(letter("a"), len(letter("a")) - 5)
    assert is_whole(letter("a"), None)
    assert not is_whole(b"", 0)
    assert not is_whole(b"", None)
    assert not is_whole(letter("a", size=2000)[:1000], len(letter("a", size=2000)))


def test_a_mail_that_stands_alone_divides_the_portions() -> None:
    """Order is kept, and no portion exceeds its limits."""
    mails = [Listed(uid=n, size=10, arrived_at=NOON) for n in range(1, 8)]
    cut = list(portions(mails, count=2, size=1000, alone=lambda mail: mail.uid == 4))
    assert [[mail.uid for mail in run] for run in cut] == [[1, 2], [3], [4], [5, 6], [7]]
    cut = list(portions(mails, count=9, size=25, alone=lambda mail: False))
    assert [len(run) for run in cut] == [2, 2, 2, 1]
