"""Items, versions and documents, and what is held that bears on a new mail (docs/intake.md)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from store_samples import NOW, SENDER, admit, document, fields, item, later

from mailbot.clock import SHANGHAI
from mailbot.errors import NotFound, StateError
from mailbot.model import Month, Submission, SubmissionState, UnitCount, title_key
from mailbot.store import Store

A, B, C = "20190412-AAAAAA", "20190412-BBBBBB", "20190412-CCCCCC"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "var")
    yield opened
    opened.close()


def numbers(found: tuple[Submission, ...]) -> list[str]:
    return [submission.number for submission in found]


def renew(store: Store, number: str, uid: int, **changes: object) -> None:
    _, mail_id = admit(store, f"renewal {uid}".encode(), uid, at=later(days=uid))
    given: dict[str, object] = {
        "state": SubmissionState.ACCEPTED,
        "fields": fields(),
        "document": None,
        **changes,
    }
    store.renew_submission(number=number, mail_id=mail_id, now=later(days=uid), **given)  # type: ignore[arg-type]


# ---- an item and its versions


def test_an_item_is_read_back_as_it_was_saved(store: Store) -> None:
    """Fields with their sources, the document with its counts, one version."""
    paper = document()
    mail_id = item(store, A, paper=paper, given=fields(signer="周某某", solicitation="2019-003"))

    assert store.submission(A) == Submission(
        number=A,
        state=SubmissionState.ACCEPTED,
        fields=fields(signer="周某某", solicitation="2019-003"),
        sender=SENDER,
        arrived_at=NOW,
        mail_id=mail_id,
        document_sha256=paper.sha256,
        text_digest=paper.text_digest,
        document_name="信息.docx",
        words=paper.words,
    )
    assert store.document_text(paper.sha256) == paper.text


def test_a_number_is_given_once(store: Store) -> None:
    """A second item under one number is refused, and leaves nothing behind."""
    item(store, A)
    with pytest.raises(StateError) as caught:
        item(store, A, uid=2)
    assert caught.value.code == "number_taken"
    assert store.submission(A).versions == 1
    assert len(store.mails()) == 1


def test_a_new_version_keeps_arrival_and_sender(store: Store) -> None:
    """The item keeps its first arrival time; fields and document are the new ones."""
    item(store, A, paper=document())
    changed = document("改过的正文。")

    renew(store, A, 2, fields=fields("改过的标题"), document=changed)

    present = store.submission(A)
    assert (present.arrived_at, present.sender, present.versions) == (NOW, SENDER, 2)
    assert present.document_sha256 == changed.sha256
    assert present.fields.title == fields("改过的标题").title
    assert present.mail_id == store.pending(1)[0].id


def test_a_completion_without_a_file_keeps_the_file(store: Store) -> None:
    """A reply that supplies only the missing phone completes the item (docs/intake.md)."""
    item(store, A, state=SubmissionState.RETURNED, paper=document())

    renew(store, A, 2)

    present = store.submission(A)
    assert (present.state, present.document_sha256, present.document_name) == (
        SubmissionState.ACCEPTED,
        document().sha256,
        "信息.docx",
    )


def test_renewing_what_is_not_there_is_refused(store: Store) -> None:
    """NotFound, and no version is left."""
    with pytest.raises(NotFound) as caught:
        renew(store, A, 2)
    assert caught.value.code == "no_submission"


def test_a_persons_decision_changes_only_what_it_names(store: Store) -> None:
    """State alone, fields alone; each counts the row's version."""
    item(store, A, state=SubmissionState.HELD)

    store.amend_submission(A, state=SubmissionState.ACCEPTED)
    store.amend_submission(A, fields=fields(unit="县水利局"), row_version=2)

    present = store.submission(A)
    assert (present.state, present.fields.unit, present.row_version) == (
        SubmissionState.ACCEPTED,
        fields(unit="县水利局").unit,
        3,
    )
    assert [s.number for s in store.submissions(unit="县水利局")] == [A]


def test_an_update_is_never_lost(store: Store) -> None:
    """Who saw an older row is told so."""
    item(store, A)
    store.amend_submission(A, state=SubmissionState.HELD, row_version=1)

    with pytest.raises(StateError) as caught:
        store.amend_submission(A, state=SubmissionState.DECLINED, row_version=1)
    assert caught.value.code == "changed_meanwhile"
    assert store.submission(A).state is SubmissionState.HELD


# ---- documents


def test_a_document_is_kept_once(store: Store) -> None:
    """The second time changes nothing; one without text never replaces one that has it."""
    paper = document()
    store.save_document(paper, [1, 2])
    store.save_document(replace(paper, paragraphs=()), [2, 3])

    assert store.document_text(paper.sha256) == paper.text


def test_text_comes_to_a_document_that_was_kept_without(store: Store) -> None:
    """An item read back from its verdict has no text; the file read anew supplies it."""
    paper = document()
    store.save_document(replace(paper, paragraphs=()), [])
    store.save_document(paper, [])

    assert store.document_text(paper.sha256) == paper.text
    with pytest.raises(NotFound) as caught:
        store.document_text("0" * 64)
    assert caught.value.code == "no_document"


# ---- the same document


def test_the_same_document_is_found_by_file_and_by_text(store: Store) -> None:
    """.doc and .docx with one text are one document; any unit; newest first."""
    paper = document(file="a.docx")
    item(store, A, paper=paper)
    item(store, B, uid=2, paper=document(file="b.doc"), given=fields(unit="县水利局"), at=later(hours=1))
    item(store, C, uid=3, paper=document("别的正文。"))

    assert numbers(store.same_document(sha256=paper.sha256, text_digest="")) == [A]
    assert numbers(store.same_document(sha256="f" * 64, text_digest=paper.text_digest)) == [B, A]


def test_an_empty_digest_matches_nothing(store: Store) -> None:
    """Documents without text are not all the same document."""
    item(store, A, paper=document("", file="a"))

    assert store.same_document(sha256="f" * 64, text_digest="") == ()


def test_an_earlier_version_is_the_same_document_too(store: Store) -> None:
    """A unit that sends the first draft once more sends a duplicate."""
    first = document()
    item(store, A, paper=first)
    renew(store, A, 2, document=document("改过的正文。"))

    assert numbers(store.same_document(sha256=first.sha256, text_digest="")) == [A]


@pytest.mark.parametrize("state", [SubmissionState.RETURNED, SubmissionState.DECLINED])
def test_only_accepted_and_held_items_count(store: Store, state: SubmissionState) -> None:
    """Same again is judged only against accepted or held items (docs/intake.md)."""
    paper = document()
    item(store, A, paper=paper, state=state, hashes=[1])

    assert store.same_document(sha256=paper.sha256, text_digest=paper.text_digest) == ()
    assert store.same_title(unit="港上镇", title_key=title_key("春耕备播进展情况"), since=NOW) == ()
    assert store.lookalikes([1], limit=5) == []


# ---- the same title


def test_the_same_title_of_the_same_unit_is_found_within_the_span(store: Store) -> None:
    """Spaces and width do not make another title; another unit and an older item do."""
    item(store, A, given=fields("春耕 备播 进展"))
    item(store, B, uid=2, given=fields("春耕备播进展", unit="县水利局"))

    key = title_key("春耕　备播进展")
    assert numbers(store.same_title(unit="港上镇", title_key=key, since=NOW)) == [A]
    assert store.same_title(unit="港上镇", title_key=key, since=later(seconds=1)) == ()


def test_a_later_version_keeps_the_title_alive(store: Store) -> None:
    """Thirty days are counted from the latest version: the item is still being worked on."""
    item(store, A)
    renew(store, A, 20)

    assert numbers(
        store.same_title(unit="港上镇", title_key=title_key("春耕备播进展情况"), since=later(days=10))
    ) == [A]


# ---- returned items


def test_returned_items_are_found_by_sender_or_number(store: Store) -> None:
    """What a reply (number) or a resend by the same sender might complete, newest first."""
    returned = SubmissionState.RETURNED
    item(store, A, state=returned)
    item(store, B, uid=2, state=returned, sender="other@tancheng.example", at=later(hours=1))
    item(store, C, uid=3)

    assert numbers(store.returned(sender=SENDER, number=None, since=NOW)) == [A]
    assert numbers(store.returned(sender=SENDER, number=B, since=NOW)) == [B, A]
    assert store.returned(sender=SENDER, number=C, since=later(seconds=1)) == ()
    assert store.returned(sender="", number=None, since=NOW) == ()


# ---- lookalikes


def test_lookalikes_come_by_the_share_of_fingerprints(store: Store) -> None:
    """Strongest first, with the text to measure exactly."""
    item(store, A, paper=document("甲文"), hashes=[1, 2, 3, 4])
    item(store, B, uid=2, paper=document("乙文"), hashes=[1, 2, 9])
    item(store, C, uid=3, paper=document("丙文"), hashes=[7])

    found = store.lookalikes([1, 2, 3, 4], limit=5)

    assert [(s.number, text, share) for s, text, share in found] == [(A, "甲文", 1.0), (B, "乙文", 0.5)]
    assert len(store.lookalikes([1, 2, 3, 4], limit=1)) == 1


def test_a_hash_that_all_have_tells_nothing(store: Store) -> None:
    """Set phrases are skipped: `common` documents may have a hash, one more may not."""
    for uid, number in enumerate((A, B, C)):
        item(store, number, uid=uid, paper=document(f"正文{uid}"), hashes=[5, uid])

    assert len(store.lookalikes([5], limit=9, common=3)) == 3
    assert store.lookalikes([5], limit=9, common=2) == []
    assert [s.number for s, _, _ in store.lookalikes([5, 1], limit=9, common=2)] == [B]


def test_hashes_of_64_bits_are_kept(store: Store) -> None:
    """SQLite's integers are signed; the top bit is no loss."""
    high = [2**64 - 1, 2**63, 2**63 - 1, 0]
    item(store, A, paper=document(), hashes=high)

    assert [share for _, _, share in store.lookalikes(high, limit=5)] == [1.0]
    assert store.lookalikes([], limit=5) == []


def test_one_document_of_two_units_names_both(store: Store) -> None:
    """雷同 between units: both items stand beside the new one."""
    paper = document()
    item(store, A, paper=paper, hashes=[1])
    item(store, B, uid=2, paper=paper, hashes=[1], given=fields(unit="县水利局"))

    assert sorted(s.number for s, _, _ in store.lookalikes([1], limit=5)) == [A, B]


# ---- lists


def test_the_month_of_an_item_is_shanghais(store: Store) -> None:
    """P11: 31 March 23:59:59 is March, a second later April; the end of the year too."""
    item(store, A, at=datetime(2019, 3, 31, 23, 59, 59, tzinfo=SHANGHAI))
    item(store, B, uid=2, at=datetime(2019, 4, 1, tzinfo=SHANGHAI))
    item(store, C, uid=3, at=datetime(2019, 12, 31, 23, 59, 59, 999999, tzinfo=SHANGHAI))

    listed = {
        m: [s.number for s in store.submissions(month=Month.parse(m))]
        for m in ("2019-03", "2019-04", "2019-12")
    }
    assert listed == {"2019-03": [A], "2019-04": [B], "2019-12": [C]}
    assert [s.number for s in store.submissions()] == [A, B, C]


def test_accepted_items_are_counted_by_unit(store: Store) -> None:
    """Held, returned and declined ones count nothing; most first."""
    item(store, A)
    item(store, B, uid=2, given=fields(unit="县水利局"))
    item(store, C, uid=3, given=fields(unit="县水利局"))
    item(store, "20190412-DDDDDD", uid=4, state=SubmissionState.HELD)
    item(store, "20190412-EEEEEE", uid=5, given=fields(unit=None))

    assert store.counts(Month(2019, 4)) == [
        UnitCount(unit="县水利局", submissions=2),
        UnitCount(unit="港上镇", submissions=1),
    ]
    assert store.counts(Month(2019, 5)) == []
    assert [s.number for s in store.submissions(state=SubmissionState.HELD)] == ["20190412-DDDDDD"]


def test_items_come_in_pages_and_are_counted(store: Store) -> None:
    """By the same choice of month, state and unit."""
    for uid, number in enumerate((A, B, C)):
        item(store, number, uid=uid)

    pages = [[s.number for s in store.submissions(limit=2, offset=offset)] for offset in (0, 2, 4)]
    assert pages == [[A, B], [C], []]
    assert store.count_submissions() == 3
    assert store.count_submissions(month=Month(2019, 4), state=SubmissionState.ACCEPTED) == 3
    assert store.count_submissions(month=Month(2019, 5)) == 0
    assert store.count_submissions(unit="县水利局") == len(store.submissions(unit="县水利局"))
