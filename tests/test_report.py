"""The 通报 from register to approval: drafted once, redrafted on request, approved as one file (P6, P7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from desks import NOW, SECTION, Host, Office, office, submission

from mailbot.clock import SHANGHAI
from mailbot.errors import NotFound, StateError
from mailbot.model import BulletinState, Correspondent, LetterKind, LetterState, Month
from mailbot.workflow.bulletins import report
from mailbot.workflow.mail import deliver
from mailbot.workflow.office import people

MAY = datetime(2019, 5, 1, 8, 0, tzinfo=SHANGHAI)
APRIL = Month(2019, 4)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    made = office(tmp_path)
    yield made
    made.desk.store.close()


def known(here: Office, *people: tuple[str, str, bool]) -> None:
    for address, unit, confirmed in people:
        here.desk.store.save_correspondent(Correspondent(address=address, unit=unit, confirmed=confirmed))


def test_nothing_is_drafted_before_its_hour(here: Office) -> None:
    """Due on the first at eight, not a minute sooner."""
    here.clock.set(MAY - timedelta(minutes=1))
    assert report.draft_due(here.desk) == []
    here.clock.set(MAY)
    assert [b.period for b in report.draft_due(here.desk)] == ["2019-04"]
    assert report.draft_due(here.desk) == []


def test_the_draft_goes_to_the_section_as_a_word_file(here: Office) -> None:
    """One letter, one attachment, no unit hears of it."""
    here.one(submission())
    here.clock.set(MAY)
    report.draft_due(here.desk)
    (letter,) = here.letters(LetterKind.BULLETIN_DRAFT)
    assert letter.recipient == SECTION
    (file,) = here.desk.store.letter_files(letter.id)
    assert (file.name.endswith(".docx"), file.content[:2]) == (True, b"PK")
    assert here.letters(LetterKind.BULLETIN) == []


def test_what_was_corrected_stands_in_the_next_draft(here: Office) -> None:
    """A second draft replaces the first one's file, and is a letter of its own."""
    here.one(submission())
    here.clock.set(MAY)
    (first,) = report.draft_due(here.desk)
    here.one(submission("另一件事情的进展", lines=("另一件事情。" * 30,)))
    here.clock.set(MAY + timedelta(days=1))
    second = report.draft_month(here.desk, APRIL, by="王敏")
    assert (second.id, second.drafts) == (first.id, 2)
    assert len(here.letters(LetterKind.BULLETIN_DRAFT)) == 2


def test_only_the_very_file_that_was_seen_can_be_approved(here: Office) -> None:
    """One byte of sha256 off is refused, and so is no name; nothing is queued."""
    known(here, ("a@x.example", "县民政局", True))
    here.clock.set(MAY)
    (draft,) = report.draft_due(here.desk)
    other = ("0" if draft.sha256[0] != "0" else "1") + draft.sha256[1:]
    with pytest.raises(StateError):
        report.approve(here.desk, draft.id, sha256=other, by="王敏")
    with pytest.raises(StateError):
        report.approve(here.desk, draft.id, sha256=draft.sha256, by="  ")
    assert report.of_month(here.desk, APRIL).state is BulletinState.DRAFT
    assert here.letters(LetterKind.BULLETIN) == []


def test_approval_queues_one_letter_for_each_valid_correspondent(here: Office) -> None:
    """Unconfirmed ones and units off the roster get none; a second approval is refused."""
    known(
        here,
        ("a@x.example", "县民政局", True),
        ("b@x.example", "县民政局", True),
        ("c@x.example", "县税务局", True),
        ("d@x.example", "县水利局", False),
    )
    here.clock.set(MAY)
    (draft,) = report.draft_due(here.desk)
    assert report.approve(here.desk, draft.id, sha256=draft.sha256, by="王敏") == 3
    letters = here.letters(LetterKind.BULLETIN)
    assert sorted(x.recipient for x in letters) == ["a@x.example", "b@x.example", "c@x.example"]
    assert len({x.content for x in letters}) == 3
    with pytest.raises(StateError):
        report.approve(here.desk, draft.id, sha256=draft.sha256, by="王敏")
    assert len(here.letters(LetterKind.BULLETIN)) == 3
    deliver.send_due(here.desk, Host())
    assert {here.desk.store.letter(x.id).state for x in letters} == {LetterState.SENT}


def test_an_approved_month_is_not_drafted_again(here: Office) -> None:
    """What was issued stays frozen."""
    here.clock.set(MAY)
    (draft,) = report.draft_due(here.desk)
    report.approve(here.desk, draft.id, sha256=draft.sha256, by="王敏")
    with pytest.raises(StateError):
        report.draft_month(here.desk, APRIL, by="王敏")
    assert report.draft_due(here.desk) == []


def test_a_month_without_a_draft_is_said_to_have_none(here: Office) -> None:
    """By its own error, not by a traceback."""
    with pytest.raises(NotFound):
        report.of_month(here.desk, Month(2019, 1))


def test_units_that_no_letter_can_reach_are_named_before_approval(here: Office) -> None:
    """Everybody but the one unit with a correspondent."""
    known(here, ("a@x.example", "县民政局", True))
    _, without = people.recipients(here.desk)
    assert "县民政局" not in without
    assert len(without) == len(here.desk.policy.roster.units) - 1
    assert here.clock.now() == NOW
