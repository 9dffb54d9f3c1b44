"""Marks kept between pages: reckoned anew as soon as they would come out otherwise, and not before."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import solicited
from desks import Office

from mailbot.clock import SHANGHAI
from mailbot.facts import Adoption
from mailbot.model import SubmissionState
from mailbot.store import DATABASE, Store, Watch
from mailbot.workflow.marks import credit, standings
from mailbot.workflow.marks.credit import Who
from mailbot.workflow.marks.reckoned import Reckoned

BY = Who(by="周某某", tell=False)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    """A 约稿 is open and one unit has answered it."""
    made = solicited.office(tmp_path / "var")
    code = solicited.opened(made)
    made.one(solicited.answer("县民政局", subject=f"约稿{code} {solicited.TITLE} 县民政局 张一鸣 6220001"))
    yield made
    made.desk.store.close()


@pytest.fixture
def reckoned(tmp_path: Path) -> Iterator[Reckoned]:
    made = Reckoned(Watch(tmp_path / "var" / DATABASE))
    yield made
    made.close()


def number_of(at: Office) -> str:
    return at.desk.store.submissions(state=SubmissionState.ACCEPTED)[0].number


def test_nothing_written_nothing_reckoned(at: Office, reckoned: Reckoned, tmp_path: Path) -> None:
    """The same object is given out, minutes later and to other threads, and it is what reckon() gives."""
    first = reckoned.now(at.desk)
    assert first == standings.reckon(at.desk)
    assert first.marks
    at.clock.sleep(600)
    found = []

    def ask() -> None:
        store = Store.open(tmp_path / "var", check=False)
        found.append(reckoned.now(replace(at.desk, store=store)))
        store.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert found[0] is first
    assert reckoned.now(at.desk) is first


def test_a_fact_of_any_connection_counts_at_once(at: Office, reckoned: Reckoned, tmp_path: Path) -> None:
    """Entered here, withdrawn by another process: the next page shows it."""
    before = reckoned.now(at.desk)
    entry = credit.adopt(at.desk, number_of(at), "县普刊", day=at.clock.now().date(), who=BY)
    after = reckoned.now(at.desk)
    assert any(isinstance(fact, Adoption) for fact in after.facts)
    assert after == standings.reckon(at.desk) != before
    other = Store.open(tmp_path / "var", check=False)
    with other.transaction():
        other.withdraw_fact(entry.fact.id, reason="错", by="周某某", now=at.clock.now())
    other.close()
    assert reckoned.now(at.desk).marks == before.marks


def test_a_deadline_that_passes_counts_without_anything_written(at: Office, reckoned: Reckoned) -> None:
    """In the minute before it nobody has missed it yet; from then on the silent units have."""
    (one,) = at.desk.store.solicitations()
    at.clock.set(one.asks[-1].deadline - timedelta(minutes=1))
    before = reckoned.now(at.desk)
    assert not any(mark.points < 0 for mark in before.marks)
    at.clock.set(one.asks[-1].deadline)
    after = reckoned.now(at.desk)
    assert after == standings.reckon(at.desk)
    assert any(mark.points < 0 for mark in after.marks)


def test_a_new_day_is_reckoned_anew(at: Office, reckoned: Reckoned) -> None:
    """What is due by the end of a day, and what this year is, hang on it; a clock put back is noticed too."""
    at.clock.set(datetime(2019, 12, 31, 23, 59, tzinfo=SHANGHAI))
    before = reckoned.now(at.desk)
    at.clock.sleep(60)
    assert reckoned.now(at.desk).as_of.day == date(2020, 1, 1)
    at.clock.set(datetime(2019, 12, 31, 23, 58, tzinfo=SHANGHAI))
    assert reckoned.now(at.desk).as_of.ends < before.as_of.ends


def test_another_database_in_the_place_of_this_one_is_noticed(at: Office, tmp_path: Path) -> None:
    """A restore moves files: what was open then is no longer the office's."""
    var = tmp_path / "var"
    copy = tmp_path / "copy.sqlite"
    at.desk.store.backup_to(copy)
    watch = Watch(var / DATABASE)
    before = watch.stamp()
    assert watch.stamp() == before
    shutil.move(var / DATABASE, tmp_path / "aside.sqlite")
    shutil.move(copy, var / DATABASE)
    assert watch.stamp() != before
    watch.close()
