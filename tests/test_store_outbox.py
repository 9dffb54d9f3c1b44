"""The outbox: no letter is lost, none goes twice by itself, none changes once released (promise P4)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from store_samples import NOW, SENDER, admit, later, letter

from mailbot.errors import NotFound, StateError
from mailbot.model import LetterFile, LetterKind, LetterState
from mailbot.store import Store

HELD, READY = LetterState.HELD, LetterState.READY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "var")
    yield opened
    opened.close()


def add(store: Store, name: str = "1", *, now: datetime = NOW, **others: object) -> int:
    letter_id = store.add_letter(letter(f"<r.{name}@tancheng.example>", **others), now)
    assert letter_id is not None
    return letter_id


def claimed(store: Store, name: str = "1") -> int:
    letter_id = add(store, name)
    present = store.claim_letter(NOW)
    assert present is not None
    assert present.id == letter_id
    return letter_id


# ---- queueing


def test_a_letter_is_read_back_as_it_was_queued(store: Store) -> None:
    """Everything that is needed to send it, to show it and to thread it."""
    _, mail_id = admit(store)
    letter_id = add(
        store,
        mail_id=mail_id,
        number="20190412-AAAAAA",
        in_reply_to="<m1@tancheng.example>",
        references=("<m0@tancheng.example>", "<m1@tancheng.example>"),
        due_at=later(minutes=1),
    )

    kept = store.letter(letter_id)
    assert (kept.kind, kept.state, kept.recipient, kept.number) == (
        LetterKind.RECEIPT,
        READY,
        SENDER,
        "20190412-AAAAAA",
    )
    assert (kept.created_at, kept.due_at, kept.sent_at, kept.version) == (NOW, later(minutes=1), None, 1)
    assert kept.content == b"Subject: receipt\r\n\r\n"
    assert store.thread(letter_id) == (
        "<m1@tancheng.example>",
        ("<m0@tancheng.example>", "<m1@tancheng.example>"),
    )
    assert store.letter_for_mail(mail_id) == kept
    assert store.letter_for_mail(mail_id + 1) is None


def test_a_mail_has_one_letter_of_a_kind(store: Store) -> None:
    """Judging a mail twice answers it once; a letter of another kind is another matter."""
    _, mail_id = admit(store)
    add(store, "1", mail_id=mail_id)

    assert store.add_letter(letter("<r.2@tancheng.example>", mail_id=mail_id), NOW) is None
    assert add(store, "3", mail_id=mail_id, kind=LetterKind.HELD_NOTICE)
    newest = store.letter_for_mail(mail_id)
    assert newest is not None
    assert newest.kind is LetterKind.HELD_NOTICE


def test_a_recipient_has_one_letter_about_a_thing(store: Store) -> None:
    """Approving twice queues one bulletin for each unit; case makes no other address."""
    about = {"kind": LetterKind.BULLETIN, "about": "bulletin:monthly:2019-03:1"}
    add(store, "1", **about)

    assert store.add_letter(letter("<r.2@tancheng.example>", recipient=SENDER.upper(), **about), NOW) is None
    assert add(store, "3", recipient="other@tancheng.example", **about)
    assert add(store, "4", kind=LetterKind.REMINDER, about=about["about"])


def test_a_withdrawn_letter_is_not_written_again_by_a_job(store: Store) -> None:
    """A reminder that a person withdrew stays withdrawn however often the job runs."""
    about = {"kind": LetterKind.REMINDER, "about": "solicitation:2019-003:1"}
    store.withdraw_letter(add(store, "1", **about), version=1)

    assert store.add_letter(letter("<r.2@tancheng.example>", **about), NOW) is None


def test_a_message_id_is_used_once(store: Store) -> None:
    """It is how a letter in doubt is looked for, and how a reply finds its item."""
    add(store, "1")

    assert store.add_letter(letter("<r.1@tancheng.example>", recipient="other@tancheng.example"), NOW) is None


def test_letters_without_mail_and_matter_are_free(store: Store) -> None:
    """Alerts and digests have neither; each is its own."""
    for name in "12":
        add(store, name, kind=LetterKind.ALERT)

    assert store.letter_counts() == {READY: 2}


def test_a_letter_starts_held_or_ready(store: Store) -> None:
    """No letter is born sent; a ready one has its bytes."""
    with pytest.raises(ValueError, match="cannot start"):
        store.add_letter(letter(state=LetterState.SENT), NOW)
    with pytest.raises(Exception, match="CHECK"):
        store.add_letter(letter(content=None), NOW)


def test_files_go_with_a_letter_in_order(store: Store) -> None:
    """The 通报 and its tables."""
    files = (
        LetterFile(name="通报.docx", content=b"PK1"),
        LetterFile(name="附件.xlsx", content=b"PK2", content_type="x/y"),
    )
    letter_id = add(store, files=files)

    assert store.letter_files(letter_id) == files


def test_letters_are_listed_and_counted(store: Store) -> None:
    """Newest first, by state and kind."""
    first, second = add(store, "1"), add(store, "2", state=HELD, kind=LetterKind.RETURNED)

    assert [one.id for one in store.letters()] == [second, first]
    assert [one.id for one in store.letters(limit=1, offset=1)] == [first]
    assert [one.id for one in store.letters(state=HELD)] == [second]
    assert [one.id for one in store.letters(kind=LetterKind.RECEIPT)] == [first]
    assert store.letters(state=HELD, kind=LetterKind.RECEIPT) == []
    assert store.letter_counts() == {HELD: 1, READY: 1}


def test_a_reply_finds_the_newest_letter_it_refers_to(store: Store) -> None:
    """With angle brackets or without; foreign ids find nothing."""
    add(store, "1", number="20190412-AAAAAA")
    add(store, "2", number="20190412-BBBBBB", kind=LetterKind.RETURNED)

    link = store.thread_link(["<x@y>", "r.1@tancheng.example", "<r.2@tancheng.example>"])
    assert link is not None
    assert (link.kind, link.number, link.message_id) == (
        LetterKind.RETURNED,
        "20190412-BBBBBB",
        "<r.2@tancheng.example>",
    )
    assert store.thread_link(["<x@y>", "", "<>"]) is None
    assert store.thread_link([]) is None


# ---- brakes


def test_answers_to_an_address_are_counted_since_a_time(store: Store) -> None:
    """Brakes count what was written, whatever became of it, but not what was withdrawn."""
    add(store, "1", now=later(hours=-2))
    add(store, "2", kind=LetterKind.RETURNED, body="缺少附件。")
    add(store, "3", recipient="other@tancheng.example")
    store.withdraw_letter(add(store, "4"), version=1)

    assert store.answered_since(SENDER, later(hours=-1)) == 1
    assert store.answered_since(SENDER.upper(), later(hours=-3)) == 2
    assert store.answered_since("", later(hours=-3)) == 3
    assert store.answered_since(SENDER, later(hours=-3), kinds=[LetterKind.RETURNED, LetterKind.ALERT]) == 1
    assert store.answered_since("", later(hours=-3), kinds=[LetterKind.ALERT]) == 0
    assert store.answered_since(SENDER, later(hours=-3), body="缺少附件。") == 1
    assert store.answered_since("", later(hours=-3), body="别的。") == 0


# ---- a person's decisions


def test_a_held_letter_is_edited_then_released(store: Store) -> None:
    """Each step counts the version, so that two people do not overwrite each other."""
    letter_id = add(store, state=HELD)
    store.edit_letter(
        letter_id, recipient="other@tancheng.example", subject="回执：改", body="改。", version=1
    )
    with pytest.raises(StateError) as caught:
        store.edit_letter(letter_id, recipient=SENDER, subject="", body="", version=1)
    assert caught.value.code == "changed_meanwhile"

    store.release_letter(letter_id, b"frozen", later(minutes=5), version=2)

    kept = store.letter(letter_id)
    assert (kept.state, kept.content, kept.subject, kept.due_at, kept.version) == (
        READY,
        b"frozen",
        "回执：改",
        later(minutes=5),
        3,
    )


def test_a_released_letter_is_neither_edited_nor_released(store: Store) -> None:
    """StateError names the state it is in."""
    letter_id = add(store)
    for act in (
        lambda: store.edit_letter(letter_id, recipient=SENDER, subject="x", body="x", version=1),
        lambda: store.release_letter(letter_id, b"other", None, version=1),
    ):
        with pytest.raises(StateError) as caught:
            act()
        assert (caught.value.code, caught.value.details["state"]) == ("letter_state", "ready")


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("content", "BLOB"),
        ("recipient", "TEXT"),
        ("subject", "TEXT"),
        ("body", "TEXT"),
        ("message_id", "TEXT"),
    ],
)
def test_a_released_letter_is_frozen_in_the_database_itself(store: Store, column: str, kind: str) -> None:
    """Whatever statement anybody writes: bytes, text, recipient and Message-ID stay."""
    add(store)
    with pytest.raises(Exception, match="frozen"):
        store._db.run(f"UPDATE letter SET {column} = CAST('x' || {column} AS {kind})")


def test_a_held_letter_is_due_for_release_at_its_time(store: Store) -> None:
    """release_after; without a time it waits for a person."""
    timed = add(store, "1", state=HELD, due_at=later(hours=1))
    add(store, "2", state=HELD)
    add(store, "3", due_at=NOW)

    assert store.due_holds(NOW) == []
    assert [one.id for one in store.due_holds(later(hours=1))] == [timed]


def test_a_letter_that_is_being_sent_or_was_sent_cannot_be_withdrawn(store: Store) -> None:
    """It may be on its way."""
    letter_id = claimed(store)
    for state in ("sending", "sent"):
        with pytest.raises(StateError) as caught:
            store.withdraw_letter(letter_id, version=store.letter(letter_id).version)
        assert caught.value.details["state"] == state
        if state == "sending":
            store.mark_sent(letter_id, "250 OK", NOW)


# ---- sending


def test_the_oldest_letter_that_is_due_is_claimed(store: Store) -> None:
    """In order of writing, past those whose time has not come."""
    late, first, second = add(store, "1", due_at=later(hours=1)), add(store, "2"), add(store, "3", due_at=NOW)
    add(store, "4", state=HELD)

    assert store.next_due() == NOW
    ids = [one.id for one in iter(lambda: store.claim_letter(NOW), None)]
    assert ids == [first, second]
    assert store.next_due() == later(hours=1)
    due = store.claim_letter(later(hours=1))
    assert due is not None
    assert (due.id, due.state) == (late, LetterState.SENDING)
    assert store.next_due() is None


def test_two_connections_never_claim_one_letter(store: Store, tmp_path: Path) -> None:
    """The conditional update decides, not the reading before it."""
    other = Store.open(tmp_path / "var", check=False)
    for i in range(20):
        add(store, str(i))

    mine, theirs = [], []
    for _ in range(11):
        mine.append(store.claim_letter(NOW))
        theirs.append(other.claim_letter(NOW))

    ids = [one.id for one in [*mine, *theirs] if one]
    assert len(ids) == len(set(ids)) == 20
    other.close()


def test_a_letter_is_sent(store: Store) -> None:
    """Claim, phase mark, answer."""
    letter_id = claimed(store)
    assert not store.letter(letter_id).at_dot
    store.mark_at_dot(letter_id, NOW)
    assert store.letter(letter_id).at_dot
    store.mark_sent(letter_id, "250 OK", later(seconds=2))

    kept = store.letter(letter_id)
    assert (kept.state, kept.reply, kept.sent_at) == (LetterState.SENT, "250 OK", later(seconds=2))
    assert store.claim_letter(later(days=9)) is None


def test_the_phase_mark_needs_a_claimed_letter(store: Store) -> None:
    """What nobody claimed must not be sent: the mark refuses, and the final dot is not written."""
    letter_id = add(store)
    with pytest.raises(StateError) as caught:
        store.mark_at_dot(letter_id, NOW)
    assert caught.value.code == "letter_state"


def test_a_letter_put_off_comes_again_at_its_time(store: Store) -> None:
    """4xx: the same bytes, a new try, no phase mark."""
    letter_id = claimed(store)
    store.mark_at_dot(letter_id, NOW)
    store.mark_retry(letter_id, later(minutes=5), "451 later")

    kept = store.letter(letter_id)
    assert (kept.state, kept.attempts, kept.at_dot, kept.reply) == (READY, 1, False, "451 later")
    assert store.claim_letter(later(minutes=4)) is None
    again = store.claim_letter(later(minutes=5))
    assert again is not None
    assert again.content == b"Subject: receipt\r\n\r\n"


def test_a_refused_letter_stops(store: Store) -> None:
    """5xx: not tried again by itself; a person may."""
    letter_id = claimed(store)
    store.mark_failed(letter_id, "550 no such user")

    assert store.claim_letter(later(days=9)) is None
    assert not store.resend(letter_id, NOW)
    assert store.resend(letter_id, NOW, by_person=True)
    assert store.claim_letter(NOW) is not None


def test_a_bounce_shows_a_sent_letter_as_failed(store: Store) -> None:
    """A delivery report is tied to its letter."""
    letter_id = claimed(store)
    store.mark_sent(letter_id, "250 OK", NOW)
    store.mark_failed(letter_id, "5.1.1 unknown")

    assert store.letter(letter_id).state is LetterState.FAILED


def test_what_a_crash_interrupted_is_found(store: Store) -> None:
    """With its phase mark, which says whether it may have gone."""
    before, after = claimed(store, "1"), claimed(store, "2")
    store.mark_at_dot(after, NOW)

    assert [(one.id, one.at_dot) for one in store.interrupted()] == [(before, False), (after, True)]


def test_a_letter_in_doubt_is_sent_once_more_by_itself_and_no_more(store: Store) -> None:
    """P4: a second doubt goes to a person."""
    letter_id = claimed(store)
    store.mark_uncertain(letter_id, later(minutes=15), "cut")
    assert store.uncertain_due(later(minutes=14)) == []
    assert [one.id for one in store.uncertain_due(later(minutes=15))] == [letter_id]

    assert store.resend(letter_id, later(minutes=15))
    assert store.claim_letter(later(minutes=15)) is not None
    store.mark_uncertain(letter_id, later(minutes=30), "cut again")
    assert not store.resend(letter_id, later(minutes=30))
    store.mark_uncertain(letter_id, None, "left to a person")
    assert store.uncertain_due(later(days=99)) == []
    assert store.resend(letter_id, later(minutes=30), by_person=True)


def test_a_letter_in_doubt_that_is_found_in_sent_is_sent(store: Store) -> None:
    """And nothing goes a second time."""
    letter_id = claimed(store)
    store.mark_uncertain(letter_id, later(minutes=15), "cut")
    store.mark_sent(letter_id, "found in Sent", later(minutes=16))

    assert not store.resend(letter_id, later(minutes=17))
    assert store.claim_letter(later(days=1)) is None


def test_a_letter_that_is_not_there_is_named(store: Store) -> None:
    """NotFound, also from a change."""
    for ask in (store.letter, store.thread, lambda i: store.mark_sent(i, "", NOW)):
        with pytest.raises(NotFound) as caught:
            ask(7)
        assert caught.value.code == "no_letter"


# ---- any sequence of acts


class OutboxActs(RuleBasedStateMachine):
    """Whatever order two workers, a clock and a person act in: every letter stays, its bytes stay, and none
    is with both workers."""

    letters = Bundle("letters")
    in_hand = Bundle("in_hand")

    @initialize()
    def open(self) -> None:
        self.home = tempfile.TemporaryDirectory()
        self.stores = [Store.open(Path(self.home.name) / "var", check=False) for _ in range(2)]
        self.now = NOW
        self.content: dict[int, bytes | None] = {}
        self.sending: set[int] = set()
        self.sent: set[int] = set()
        self.own_resends: dict[int, int] = {}

    def teardown(self) -> None:
        if not hasattr(self, "stores"):
            return
        self.everything_can_be_brought_to_an_end()
        for store in self.stores:
            store.close()
        self.home.cleanup()

    @rule(target=letters, held=st.booleans(), wait=st.integers(0, 3))
    def write(self, held: bool, wait: int) -> int:
        name = str(len(self.content))
        state = HELD if held else READY
        content = None if held else f"bytes {name}".encode()
        due_at = self.now + timedelta(minutes=wait) if wait else None
        letter_id = self.stores[0].add_letter(
            letter(f"<r.{name}@tancheng.example>", state=state, content=content, due_at=due_at), self.now
        )
        assert letter_id is not None
        self.content[letter_id] = content
        return letter_id

    @rule(letter_id=letters)
    def release(self, letter_id: int) -> None:
        present = self.stores[1].letter(letter_id)
        content = f"released {letter_id}".encode()
        try:
            self.stores[1].release_letter(letter_id, content, None, version=present.version)
        except StateError:
            assert present.state is not HELD
        else:
            self.content[letter_id] = content

    @rule(letter_id=letters, seen=st.integers(0, 1))
    def withdraw(self, letter_id: int, seen: int) -> None:
        present = self.stores[1].letter(letter_id)
        try:
            self.stores[1].withdraw_letter(letter_id, version=present.version - seen)
        except StateError:
            assert seen or present.state in {LetterState.SENDING, LetterState.SENT, LetterState.WITHDRAWN}

    @rule(target=in_hand, worker=st.integers(0, 1))
    def claim(self, worker: int) -> object:
        claimed_one = self.stores[worker].claim_letter(self.now)
        if claimed_one is None:
            return multiple()
        assert claimed_one.id not in self.sending | self.sent
        assert claimed_one.content == self.content[claimed_one.id]
        self.sending.add(claimed_one.id)
        return claimed_one.id

    @rule(
        letter_id=consumes(in_hand),
        worker=st.integers(0, 1),
        ending=st.sampled_from("srfu"),
        dot=st.booleans(),
    )
    def end(self, letter_id: int, worker: int, ending: str, dot: bool) -> None:
        store = self.stores[worker]
        if dot:
            store.mark_at_dot(letter_id, self.now)
        if ending == "s":
            store.mark_sent(letter_id, "250", self.now)
            self.sent.add(letter_id)
        elif ending == "r":
            store.mark_retry(letter_id, self.now + timedelta(minutes=1), "451")
        elif ending == "f":
            store.mark_failed(letter_id, "550")
        else:
            store.mark_uncertain(letter_id, self.now + timedelta(minutes=15), "cut")
        self.sending.discard(letter_id)

    @rule(letter_id=letters)
    def resend(self, letter_id: int) -> None:
        if self.stores[0].resend(letter_id, self.now):
            self.own_resends[letter_id] = self.own_resends.get(letter_id, 0) + 1
            assert self.own_resends[letter_id] == 1

    @rule(minutes=st.integers(1, 20))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    def every_letter_is_there_with_its_bytes(self) -> None:
        if not hasattr(self, "stores"):
            return
        present = {one.id: one for one in self.stores[1].letters(limit=1000)}
        assert {i: one.content for i, one in present.items()} == self.content
        assert {i for i, one in present.items() if one.state is LetterState.SENDING} == self.sending
        assert {i for i, one in present.items() if one.state is LetterState.SENT} == self.sent

    def everything_can_be_brought_to_an_end(self) -> None:
        """After a crash, with a person's word where one is needed, no letter is stuck."""
        store = self.stores[0]
        for one in store.interrupted():
            store.mark_retry(one.id, self.now, "interrupted")
        for one in store.letters(limit=1000):
            if one.state is HELD:
                store.release_letter(one.id, b"released", None, version=one.version)
            store.resend(one.id, self.now, by_person=True)
        while one := store.claim_letter(self.now + timedelta(days=1)):
            store.mark_sent(one.id, "250", self.now)
        assert set(store.letter_counts()) <= {LetterState.SENT, LetterState.WITHDRAWN}


TestOutboxActs = OutboxActs.TestCase
TestOutboxActs.settings = settings(
    max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_the_letters_about_an_item_come_in_the_order_they_were_made(store: Store) -> None:
    """Whatever their kind and state; those about other items and about none stay out."""
    for message_id, number in (
        ("<a@t.example>", "20190412-7F3A9K"),
        ("<b@t.example>", None),
        ("<c@t.example>", "20190412-XXXXXX"),
        ("<d@t.example>", "20190412-7F3A9K"),
    ):
        store.add_letter(letter(message_id, number=number, about=message_id), NOW)
    found = store.letters_of("20190412-7F3A9K")
    assert [one.message_id for one in found] == ["<a@t.example>", "<d@t.example>"]
    assert store.letters_of("20190412-000000") == []
