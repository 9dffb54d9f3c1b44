"""Bulletins: one per kind and period (promise P6), approval of one exact file (promise P7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_samples import NOW, digest, later

from mailbot.errors import NotFound, StateError
from mailbot.model import Bulletin, BulletinKind, BulletinState, Passage
from mailbot.store import Store

MONTHLY = BulletinKind.MONTHLY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "var")
    yield opened
    opened.close()


def draft(store: Store, content: bytes = b"draft", total: int = 1, period: str = "2019-03") -> Bulletin:
    return store.save_draft(
        kind=MONTHLY,
        period=period,
        sha256=store.save_bulletin_file(content),
        file_name="通报.docx",
        figures={"total": total, "rows": [["港上镇", "1.2"]]},
        now=NOW,
    )


def test_a_file_is_kept_under_its_sha256(store: Store, tmp_path: Path) -> None:
    """Durable like a mail, its owner's alone, and verified when read."""
    sha256 = store.save_bulletin_file(b"PK bulletin")
    path = tmp_path / "var" / "bulletins" / f"{sha256}.docx"

    assert sha256 == digest("PK bulletin")
    assert store.bulletin_file(sha256) == b"PK bulletin"
    assert path.stat().st_mode & 0o777 == 0o600

    path.write_bytes(b"PK BULLETIN")
    with pytest.raises(NotFound) as caught:
        store.bulletin_file(sha256)
    assert caught.value.code == "bulletin_file_missing"


def test_a_period_has_one_draft(store: Store) -> None:
    """A redraft takes its place and is counted; the same file once more is the same draft."""
    first = draft(store)
    assert (first.state, first.drafts, first.drafted_at) == (BulletinState.DRAFT, 1, NOW)
    assert draft(store) == first

    second = draft(store, b"second", total=2)
    assert (second.id, second.drafts, second.sha256) == (first.id, 2, digest("second"))
    assert store.bulletins() == [second]
    assert store.bulletin_figures(MONTHLY, "2019-03") == {"total": 2, "rows": [["港上镇", "1.2"]]}


def test_an_approved_bulletin_is_frozen(store: Store) -> None:
    """Table and file stay as issued: no redraft, no second approval, no statement changes it."""
    present = draft(store)
    store.approve_bulletin(present.id, sha256=present.sha256, by="周某某", now=later(hours=1))

    approved = store.bulletin(MONTHLY, "2019-03")
    assert approved is not None
    assert (approved.state, approved.approved_by, approved.approved_at) == (
        BulletinState.APPROVED,
        "周某某",
        later(hours=1),
    )
    for act in (
        lambda: draft(store, b"other"),
        lambda: store.approve_bulletin(present.id, sha256=present.sha256, by="吴某某", now=NOW),
    ):
        with pytest.raises(StateError) as caught:
            act()
        assert caught.value.code == "bulletin_approved"
    with pytest.raises(Exception, match="frozen"):
        store._db.run("UPDATE bulletin SET figures = '{}'")
    assert store.bulletin(MONTHLY, "2019-03") == approved


def test_only_the_very_file_that_was_seen_is_approved(store: Store) -> None:
    """P7: a redraft in between, or one changed byte, is refused."""
    seen = draft(store)
    draft(store, b"drafu")

    with pytest.raises(StateError) as caught:
        store.approve_bulletin(seen.id, sha256=seen.sha256, by="周某某", now=NOW)
    assert caught.value.code == "bulletin_changed"
    present = store.bulletin(MONTHLY, "2019-03")
    assert present is not None
    assert present.state is BulletinState.DRAFT


def test_what_is_not_there_is_named(store: Store) -> None:
    """NotFound or None."""
    assert store.bulletin(MONTHLY, "2019-03") is None
    assert store.bulletin_figures(MONTHLY, "2019-03") is None
    for act in (
        lambda: store.approve_bulletin(7, sha256="0" * 64, by="周某某", now=NOW),
        lambda: store.bulletin_file("0" * 64),
    ):
        with pytest.raises(NotFound):
            act()


def test_bulletins_are_listed_newest_period_first(store: Store) -> None:
    """As the console shows them."""
    for period in ("2019-02", "2019-04", "2019-03"):
        draft(store, period.encode(), period=period)

    assert [b.period for b in store.bulletins()] == ["2019-04", "2019-03", "2019-02"]


def test_bulletins_of_an_older_database_stay_as_they_were(tmp_path: Path) -> None:
    """Its tables become wider; what was approved stays approved, frozen, and the same file."""
    from sqlite_utils import Database

    from mailbot.store.schema import migrations

    var = tmp_path / "var"
    for directory in (var, var / "mail", var / "bulletins"):
        directory.mkdir()
    db = Database(var / "mailbot.sqlite")
    migrations.apply(db, stop_before="m0004_bulletins")
    db.execute(
        """INSERT INTO bulletin (id, kind, period, state, sha256, file_name, figures, drafted_at, drafts,
             approved_by, approved_at) VALUES (7, 'monthly', '2019-03', 'approved', ?, '通报.docx', '{"a":1}',
             '2019-04-01T08:00:00+08:00', 3, '王主任', '2019-04-02T08:00:00+08:00')""",
        (digest("x"),),
    )
    db.conn.commit()
    db.close()
    store = Store.open(var)
    (kept,) = store.bulletins()
    assert (kept.id, kept.drafts, kept.approved_by, kept.uploaded_by) == (7, 3, "王主任", None)
    assert store.bulletin_figures(MONTHLY, "2019-03") == {"a": 1}
    with pytest.raises(StateError) as caught:
        draft(store)
    assert caught.value.code == "bulletin_approved"
    store.close()


def test_who_brought_a_text_back_is_kept_until_it_is_drafted_anew(store: Store) -> None:
    """With the file; a redraft is nobody's."""
    draft(store)
    sha256 = store.save_bulletin_file(b"from Word")
    given = {"kind": MONTHLY, "period": "2019-03", "file_name": "通报.docx", "figures": {}, "now": NOW}
    uploaded = store.save_draft(**given, sha256=sha256, uploaded_by="李科员")  # type: ignore[arg-type]
    assert (uploaded.uploaded_by, uploaded.drafts) == ("李科员", 2)
    assert draft(store, b"third").uploaded_by is None


def test_notes_are_one_for_each_passage(store: Store) -> None:
    """A later one takes its place, an empty one takes it away."""
    for passage, text in ((Passage.OVERVIEW, "甲"), (Passage.OVERVIEW, "乙"), (Passage.PROBLEMS, "丙")):
        store.set_bulletin_note(MONTHLY, "2019-03", passage, text, by="李科员", now=NOW)
    assert store.bulletin_notes(MONTHLY, "2019-03") == {Passage.OVERVIEW: "乙", Passage.PROBLEMS: "丙"}
    store.set_bulletin_note(MONTHLY, "2019-03", Passage.OVERVIEW, "", by="李科员", now=NOW)
    assert store.bulletin_notes(MONTHLY, "2019-03") == {Passage.PROBLEMS: "丙"}
    assert store.bulletin_notes(MONTHLY, "2019-04") == {}
