"""The append-only record, jobs done once per due time (promise P6), and notes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_samples import NOW, later

from mailbot.model import Event
from mailbot.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "var")
    yield opened
    opened.close()


def test_events_are_listed_newest_first(store: Store) -> None:
    """By subject and verb; with who, when and the details."""
    first = Event(at=NOW, who="mailbot", verb="judged", subject="mail:1", details={"outcome": "held"})
    second = Event(at=later(hours=-1), who="周某某", verb="accepted", subject="mail:1")
    third = Event(at=NOW, who="mailbot", verb="judged", subject="mail:2")
    for event in (first, second, third):
        store.add_event(event)

    assert [(e.who, e.verb, e.subject) for e in store.events()] == [
        (e.who, e.verb, e.subject) for e in (third, second, first)
    ]
    kept = store.events(subject="mail:1", verb="judged")
    assert [(e.at, e.details) for e in kept] == [(NOW, {"outcome": "held"})]
    assert len(store.events(limit=2)) == 2


@pytest.mark.parametrize(
    "statement", ["UPDATE event SET who = 'x'", "DELETE FROM event", "REPLACE INTO event"]
)
def test_events_are_append_only(store: Store, statement: str) -> None:
    """The database itself refuses to change, delete or replace one."""
    store.add_event(Event(at=NOW, who="周某某", verb="approved", subject="bulletin:1"))
    if statement.startswith("REPLACE"):
        statement += " (id, at, who, verb, subject) VALUES (1, '', 'x', '', '')"

    with pytest.raises(Exception, match="append-only"):
        store._db.run(statement)
    assert [e.who for e in store.events()] == ["周某某"]


def test_a_job_is_done_once_per_due_time(store: Store) -> None:
    """P6: due-ness is a row, never the timer."""
    assert store.mark_job("draft", NOW, later(minutes=1))
    assert not store.mark_job("draft", NOW, later(minutes=2))
    assert store.mark_job("digest", NOW, NOW)
    assert store.job_done("draft", NOW)
    assert not store.job_done("draft", later(days=30))


def test_a_note_holds_its_latest_value(store: Store) -> None:
    """Small facts such as last_poll."""
    assert store.note("last_poll") is None
    store.set_note("last_poll", "a")
    store.set_note("last_poll", "b")
    assert store.note("last_poll") == "b"
