"""The ledger and the spool: no mail is lost, none is taken twice (promises P1 and P2)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import (
    INBOX,
    NOW,
    RENEWED,
    admit,
    digest,
    document,
    fields,
    finding,
    later,
    read,
    record,
    verdict,
)

from mailbot.clock import SHANGHAI
from mailbot.errors import NotFound, StateError
from mailbot.model import LetterKind, MailState, Outcome, Relation
from mailbot.store import Admission, Store

TIMES = st.datetimes(
    min_value=NOW.replace(year=1901, tzinfo=None),
    max_value=NOW.replace(year=2200, tzinfo=None),
    timezones=st.just(SHANGHAI),
    allow_imaginary=False,  # the hour that summer time left out is no time
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "var")
    yield opened
    opened.close()


# ---- the spool


def test_a_spooled_mail_lies_under_its_sha256_and_carries_its_arrival(store: Store, tmp_path: Path) -> None:
    """The file's time is the arrival, so that a file without a row can be adopted."""
    sha256 = store.spool(b"raw mail", later(seconds=0.25))

    path = tmp_path / "var" / "mail" / sha256[:2] / f"{sha256}.eml"
    assert sha256 == digest("raw mail")
    assert path.read_bytes() == b"raw mail"
    assert path.stat().st_mtime_ns == int(later().timestamp()) * 10**9 + 250_000_000
    assert store.raw(sha256) == b"raw mail"


def test_spooled_files_are_their_owners_alone(store: Store, tmp_path: Path) -> None:
    """Mails hold names and phones: 0600 and 0700, whatever the umask."""
    sha256 = store.spool(b"raw mail", NOW)
    path = tmp_path / "var" / "mail" / sha256[:2] / f"{sha256}.eml"

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_spooling_again_keeps_the_file_that_is_there(store: Store, tmp_path: Path) -> None:
    """The same bytes are written once."""
    sha256 = store.spool(b"raw mail", NOW)
    path = tmp_path / "var" / "mail" / sha256[:2] / f"{sha256}.eml"
    before = path.stat()

    store.spool(b"raw mail", later(days=1))

    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_spooling_again_mends_a_damaged_file(store: Store, tmp_path: Path) -> None:
    """Of the right size is not enough: the source gives the bytes once more, so they are compared."""
    sha256 = store.spool(b"raw mail", NOW)
    (tmp_path / "var" / "mail" / sha256[:2] / f"{sha256}.eml").write_bytes(b"RAW MAIL")

    store.spool(b"raw mail", NOW)

    assert store.raw(sha256) == b"raw mail"


def test_many_mails_are_spooled_in_the_order_given(store: Store) -> None:
    """The batch returns one sha256 for each, repeated bytes too."""
    mails = [(f"mail {i % 3}".encode(), NOW) for i in range(7)]

    digests = store.spool_many(mails)

    assert digests == [digest(f"mail {i % 3}") for i in range(7)]
    assert [store.raw(d) for d in digests] == [raw for raw, _ in mails]


def test_a_file_is_synced_before_its_name_and_the_directory_after(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P2: write, fsync, rename, fsync of the directory, in this order."""
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace

    def sync(handle: int) -> None:
        calls.append("directory" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def rename(source: Path, target: Path, **_: object) -> None:
        calls.append("rename")
        replace(source, target)

    store.spool(b"the first makes the directory", NOW)
    other = next(
        b for b in (f"mail {i}".encode() for i in range(5000)) if digest(b.decode())[:2] == digest("x")[:2]
    )
    store.spool(b"x", NOW)
    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", rename)
    store.spool(other, NOW)

    assert calls == ["file", "rename", "directory"]


@pytest.mark.parametrize("damage", [lambda p: p.unlink(), lambda p: p.write_bytes(b"other bytes")])
def test_lost_or_changed_bytes_are_named(store: Store, tmp_path: Path, damage: object) -> None:
    """raw() never hands out bytes that are not the mail's."""
    sha256 = store.spool(b"raw mail", NOW)
    damage(tmp_path / "var" / "mail" / sha256[:2] / f"{sha256}.eml")  # type: ignore[operator]

    with pytest.raises(NotFound) as caught:
        store.raw(sha256)
    assert caught.value.code == "raw_missing"


# ---- admission


def test_a_key_is_admitted_once(store: Store) -> None:
    """The same mail polled twice has one row."""
    first, mail_id = admit(store)

    assert first is Admission.NEW
    assert store.knows(f"{INBOX}/1")
    assert not store.knows(f"{INBOX}/2")
    assert admit(store) == (Admission.KNOWN, mail_id)
    assert len(store.mails()) == 1


def test_a_key_used_again_changes_nothing(store: Store) -> None:
    """A source must not give one key to two mails; should it, the first one's row stands."""
    _, mail_id = admit(store, b"the first")
    before = store.mail(mail_id)

    assert admit(store, b"another") == (Admission.KNOWN, mail_id)
    assert store.mail(mail_id) == before


def test_the_same_bytes_under_one_uidvalidity_get_a_row_of_their_own(store: Store) -> None:
    """Each (mailbox, UIDVALIDITY, UID) has a ledger row (promise P1)."""
    _, first = admit(store, b"twice", uid=1)
    admission, second = admit(store, b"twice", uid=2)

    assert admission is Admission.SAME_BYTES
    assert second != first
    assert store.mail(first).sha256 == store.mail(second).sha256


def test_after_a_change_of_uidvalidity_rows_are_bound_again_one_to_one(store: Store) -> None:
    """Three mails, two with the same bytes: three rows before and after, and a fourth copy is a new one."""
    ids = [admit(store, raw, uid)[1] for uid, raw in enumerate((b"a", b"twice", b"twice"), start=1)]
    for number, mail_id in zip("ABC", ids, strict=True):
        record(store, mail_id, f"20190412-{number}AAAAA")

    again = [admit(store, raw, uid, epoch=RENEWED) for uid, raw in ((7, b"twice"), (8, b"a"), (9, b"twice"))]
    fourth, _ = admit(store, b"twice", 10, epoch=RENEWED)

    assert [admission for admission, _ in again] == [Admission.REBOUND] * 3
    assert sorted(mail_id for _, mail_id in again) == sorted(ids)
    assert fourth is Admission.SAME_BYTES
    assert store.pending(10)[0].key == f"{RENEWED}/10"
    assert not store.knows(f"{INBOX}/1")
    assert store.knows(f"{RENEWED}/8")


def test_a_mail_bound_again_keeps_its_number_and_is_settled_anew(store: Store) -> None:
    """0 new records, 0 receipts; but the source is told once more, for it knows the mail by another key."""
    _, mail_id = admit(store)
    record(store, mail_id, "20190412-AAAAAA")
    store.settle(mail_id)

    admit(store, uid=5, epoch=RENEWED)

    assert store.mail(mail_id).number == "20190412-AAAAAA"
    assert store.pending(10) == []
    assert [m.key for m in store.unsettled(10)] == [f"{RENEWED}/5"]


@pytest.mark.parametrize(
    "other",
    [
        "imap:xxk@mail.tancheng.example/存档;uidvalidity=1",
        "imap:dcs@mail.tancheng.example/INBOX;uidvalidity=1",
        "folder:收件",
    ],
)
def test_a_row_is_never_bound_to_another_source(store: Store, other: str) -> None:
    """The same bytes in another folder, box or source are a second mail, reported as the same bytes."""
    admit(store, epoch=INBOX)

    assert admit(store, epoch=other)[0] is Admission.SAME_BYTES
    assert len(store.pending(10)) == 2


def test_a_folder_has_one_epoch(store: Store) -> None:
    """Two files with the same bytes in a folder are two mails."""
    admit(store, uid=1, epoch="folder:收件")

    assert admit(store, uid=2, epoch="folder:收件")[0] is Admission.SAME_BYTES


def test_a_mail_too_large_to_fetch_is_bound_again_by_size_and_time(store: Store) -> None:
    """It has no bytes to know it by; it must not be returned twice after a change of UIDVALIDITY."""

    def oversize(epoch: str, uid: int, size: int = 99) -> Admission:
        key = f"{epoch}/{uid}"
        return store.admit(key=key, sha256=digest(key), size=size, arrived_at=NOW, spooled=False, now=NOW)[0]

    assert [oversize(INBOX, 1), oversize(INBOX, 2)] == [Admission.NEW, Admission.NEW]
    assert [oversize(RENEWED, 1), oversize(RENEWED, 2)] == [Admission.REBOUND, Admission.REBOUND]
    assert [oversize(RENEWED, 3), oversize(RENEWED, 4, size=98)] == [Admission.NEW, Admission.NEW]


# ---- adoption


def test_a_spooled_file_without_a_row_is_adopted_and_bound_when_it_arrives(store: Store) -> None:
    """A crash between spool and row loses nothing and takes nothing twice."""
    admit(store, b"has its row", uid=1)
    store.spool(b"orphan", later(hours=-3))

    assert store.adopt_orphans(NOW) == 1
    orphan = store.pending(1)[0]
    assert (orphan.arrived_at, orphan.size, orphan.sha256) == (later(hours=-3), 6, digest("orphan"))
    assert store.adopt_orphans(NOW) == 0

    assert admit(store, b"orphan", uid=2, at=later(hours=-3)) == (Admission.REBOUND, orphan.id)
    assert admit(store, b"orphan", uid=3)[0] is Admission.SAME_BYTES


def test_an_adopted_mail_has_no_source_to_tell(store: Store) -> None:
    """Until it arrives under its own key it is not settled."""
    store.spool(b"orphan", NOW)
    store.adopt_orphans(NOW)
    record(store, store.pending(1)[0].id, "20190412-AAAAAA")

    assert store.unsettled(10) == []
    admit(store, b"orphan", uid=2)
    assert [m.key for m in store.unsettled(10)] == [f"{INBOX}/2"]


def test_what_a_crash_left_half_written_is_removed(store: Store, tmp_path: Path) -> None:
    """Cut-off files go; foreign files stay and get no row."""
    sha256 = store.spool(b"whole", NOW)
    folder = tmp_path / "var" / "mail" / sha256[:2]
    (folder / f"{sha256}.eml.12-34.tmp").write_bytes(b"wh")
    (folder / "notes.txt").write_bytes(b"not ours")
    (folder / "short.eml").write_bytes(b"not ours")

    assert store.adopt_orphans(NOW) == 1
    assert sorted(p.name for p in folder.iterdir()) == sorted([f"{sha256}.eml", "notes.txt", "short.eml"])


def test_the_time_of_a_file_keeps_microseconds_and_summer_time(store: Store) -> None:
    """Adopted arrivals are exact, in the summer time of 1986 to 1991 too (promise P11)."""
    times = [
        datetime(1990, 7, 1, 12, 0, 0, 123456, tzinfo=SHANGHAI),
        datetime(2019, 2, 28, 23, 59, 59, 999999, tzinfo=SHANGHAI),
    ]
    for when in times:
        store.spool(str(when).encode(), when)
    store.adopt_orphans(NOW)

    assert [m.arrived_at for m in store.pending(10)] == times
    assert store.pending(1)[0].arrived_at.utcoffset() == times[0].utcoffset()


# ---- outcomes


def test_pending_mails_come_by_arrival(store: Store) -> None:
    """Oldest arrival first, whatever order they were admitted in."""
    for uid, hours in enumerate((3, 1, 2)):
        admit(store, str(uid).encode(), uid, at=later(hours=hours))

    assert [m.arrived_at for m in store.pending(2)] == [later(hours=1), later(hours=2)]


def test_a_verdict_is_read_back_as_it_was_judged(store: Store) -> None:
    """All but the document's text, which stands in the table of documents."""
    _, mail_id = admit(store)
    judged = verdict(
        Outcome.ACCEPTED_WITH_REMARKS,
        findings=(finding(field="contacts", where="正文"),),
        fields=fields(event_date=date(2019, 4, 10), co_units=("县水利局",), bad_contacts=("1390000",)),
        document=document(),
        not_taken=("图片.jpg",),
        relation=Relation.VERSION,
        related="20190401-BBBBBB",
        answer=LetterKind.NEW_VERSION,
    )

    store.record(mail_id, number="20190401-BBBBBB", mail=read(), verdict=judged, now=NOW)

    kept = store.verdict(mail_id)
    assert kept is not None
    assert kept.document is not None
    assert kept.document.paragraphs == ()
    assert (
        kept.outcome,
        kept.findings,
        kept.fields,
        kept.not_taken,
        kept.relation,
        kept.related,
        kept.answer,
    ) == (
        judged.outcome,
        judged.findings,
        judged.fields,
        judged.not_taken,
        judged.relation,
        judged.related,
        judged.answer,
    )
    mail = store.mail(mail_id)
    assert (mail.state, mail.outcome, mail.number) == (
        MailState.DONE,
        Outcome.ACCEPTED_WITH_REMARKS,
        "20190401-BBBBBB",
    )
    assert (mail.sender, mail.subject, mail.message_id, mail.processed_at) == (
        "gangshang@tancheng.example",
        "春耕备播进展情况 港上镇 孙某某",
        "<m1@tancheng.example>",
        NOW,
    )


@given(text=st.text(), confidence=st.floats(0, 1), at=TIMES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_written_is_read_back(store: Store, text: str, confidence: float, at: datetime) -> None:
    """Any text, NUL and all; any confidence to the last bit; any time."""
    raw = f"{text!r} {confidence!r} {at!r}".encode()
    sha256, number = store.spool(raw, NOW), "20190412-AAAAAA"
    _, mail_id = store.admit(
        key=digest(repr(raw)), sha256=sha256, size=1, arrived_at=at, spooled=True, now=NOW
    )
    judged = verdict(
        Outcome.RETURNED,
        findings=(finding(name=text),),
        fields=fields(text, unit_as_written=text, confidence=confidence),
        not_taken=(text,),
    )
    if store.verdict(mail_id) is None:
        store.record(mail_id, number=number, mail=read(subject=text), verdict=judged, now=at)

    assert store.verdict(mail_id) == judged
    assert (store.mail(mail_id).subject, store.mail(mail_id).arrived_at) == (text, at)


def test_a_mail_has_one_outcome(store: Store) -> None:
    """P1: a second recording is refused, and so is parking what is recorded."""
    _, mail_id = admit(store)
    record(store, mail_id, "20190412-AAAAAA")

    for again in (
        lambda: record(store, mail_id, "20190412-BBBBBB", Outcome.RETURNED),
        lambda: store.note_failure(mail_id, "late", park=True),
    ):
        with pytest.raises(StateError) as caught:
            again()
        assert caught.value.code == "already_recorded"
    assert store.mail(mail_id).outcome is Outcome.ACCEPTED


def test_a_mail_that_fails_is_tried_parked_and_tried_again(store: Store) -> None:
    """P3: tries are counted; parked it waits for a person; reopened it starts afresh."""
    _, mail_id = admit(store)
    store.note_failure(mail_id, "TimeoutError", park=False)
    assert (store.pending(1)[0].attempts, store.pending(1)[0].last_error) == (1, "TimeoutError")

    store.note_failure(mail_id, "MemoryError", park=True)
    parked = store.mail(mail_id)
    assert (parked.state, parked.outcome, parked.attempts) == (MailState.PARKED, Outcome.PARKED, 2)
    assert store.pending(1) == []

    store.reopen(mail_id)
    assert (store.pending(1)[0].attempts, store.mail(mail_id).outcome) == (0, None)
    with pytest.raises(StateError) as caught:
        store.reopen(mail_id)
    assert caught.value.code == "not_parked"


def test_settled_are_the_mails_whose_source_was_told(store: Store) -> None:
    """Done and parked ones are due, new ones not."""
    ids = [admit(store, str(uid).encode(), uid)[1] for uid in range(3)]
    record(store, ids[0], "20190412-AAAAAA")
    store.note_failure(ids[1], "broken", park=True)

    assert [m.id for m in store.unsettled(10)] == ids[:2]
    store.settle(ids[0])
    assert [m.id for m in store.unsettled(10)] == [ids[1]]


def test_the_same_bytes_name_the_first_ones_number_and_nobody_is_left_out(store: Store) -> None:
    """Of three copies in any order of processing exactly one is the item."""
    ids = [admit(store, b"copy", uid)[1] for uid in range(3)]
    third, first, second = (store.mail(i) for i in (ids[2], ids[0], ids[1]))

    assert store.same_bytes(third) is None
    record(store, third.id, "20190412-CCCCCC")
    assert store.same_bytes(third) is None
    assert store.same_bytes(first) == "20190412-CCCCCC"
    record(store, first.id, "20190412-CCCCCC", Outcome.DUPLICATE, at=later(seconds=1))
    assert store.same_bytes(second) == "20190412-CCCCCC"


def test_the_same_bytes_of_another_source_are_named_too(store: Store) -> None:
    """A mail that was imported and then polled is one mail."""
    _, imported = admit(store, b"copy", epoch="folder:旧信")
    record(store, imported, "20190412-AAAAAA")
    _, polled = admit(store, b"copy")

    assert store.same_bytes(store.mail(polled)) == "20190412-AAAAAA"


def test_a_parked_copy_does_not_stand_for_the_item(store: Store) -> None:
    """What our own code could not handle is no item; the next copy gets its own chance."""
    _, first = admit(store, b"copy", 1)
    store.note_failure(first, "broken", park=True)
    _, second = admit(store, b"copy", 2)

    assert store.same_bytes(store.mail(second)) is None


def test_a_number_takes_ten_characters_where_another_mail_has_the_six(store: Store) -> None:
    """20190412-7F3A9K, ten on collision (promise P9); duplicates that join an item do not count."""
    _, mail_id = admit(store)
    mail = store.mail(mail_id)
    six = store.number_for(mail)
    assert len(six) == 15
    record(store, mail_id, six)
    _, joined = admit(store, b"joins the item", 2)
    record(store, joined, six, Outcome.DUPLICATE, at=later(minutes=1))
    assert store.number_for(mail) == six

    _, other = admit(store, b"other", 3)
    taken = store.number_for(store.mail(other))
    _, holder = admit(store, b"holder", 4)
    record(store, holder, taken)
    assert store.number_for(store.mail(other)) == f"{taken}{store.number_for(store.mail(other))[15:]}"
    assert len(store.number_for(store.mail(other))) == 19


# ---- lists


def test_mails_are_found_by_one_or_two_characters(store: Store) -> None:
    """instr() finds what full-text search needs three characters for; sender and number too, any case."""
    for uid, subject in enumerate(("三夏生产", "防汛备汛", "秋收")):
        _, mail_id = admit(store, subject.encode(), uid)
        store.record(
            mail_id, number=f"20190412-AAAA0{uid}", mail=read(subject=subject), verdict=verdict(), now=NOW
        )

    assert [m.subject for m in store.mails(text="三夏")] == ["三夏生产"]
    assert [m.subject for m in store.mails(text="汛")] == ["防汛备汛"]
    assert [m.subject for m in store.mails(text="aaaa02")] == ["秋收"]
    assert len(store.mails(text="GANGSHANG@")) == 3
    assert store.mails(text="%") == []


def test_mails_are_listed_newest_first_within_bounds(store: Store) -> None:
    """`since` is inside, `until` is not."""
    for uid in range(4):
        admit(store, str(uid).encode(), uid, at=later(days=uid))

    listed = store.mails(since=later(days=1), until=later(days=3))
    assert [m.arrived_at for m in listed] == [later(days=2), later(days=1)]
    assert [m.arrived_at for m in store.mails(limit=2, offset=1)] == [later(days=2), later(days=1)]


def test_mails_are_listed_by_outcome_and_state_and_counted(store: Store) -> None:
    """What the console's filters and the digest ask."""
    ids = [admit(store, str(uid).encode(), uid)[1] for uid in range(4)]
    record(store, ids[0], "20190412-AAAAAA", Outcome.HELD)
    record(store, ids[1], "20190412-BBBBBB", Outcome.HELD)
    store.note_failure(ids[2], "broken", park=True)

    assert {m.id for m in store.mails(outcome=Outcome.HELD)} == set(ids[:2])
    assert [m.id for m in store.mails(state=MailState.PARKED)] == [ids[2]]
    assert store.outcome_counts(NOW, later(seconds=1)) == {Outcome.HELD: 2, Outcome.PARKED: 1}
    assert store.outcome_counts(later(seconds=1), later(days=1)) == {}


def test_a_mail_that_is_not_there_is_named(store: Store) -> None:
    """NotFound, whatever is asked of it."""
    for ask in (store.mail, store.verdict, store.reopen):
        with pytest.raises(NotFound) as caught:
            ask(7)
        assert caught.value.code == "no_mail"


def test_a_time_without_zone_is_refused(store: Store) -> None:
    """P11: nothing is guessed from the machine's zone."""
    with pytest.raises(ValueError, match="without zone"):
        store.admit(
            key="k/1",
            sha256="0" * 64,
            size=1,
            arrived_at=NOW.replace(tzinfo=None),
            spooled=True,
            now=NOW,
        )
