"""Reading under guard (promise P3): what raises, hangs, dies or eats memory costs one try, stops nobody."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import build
import poison
import psutil
import pytest
from desks import NOW, POLICY, office, submission

from mailbot.model import LetterKind, MailState, Outcome
from mailbot.workflow.mail import reading, receive
from mailbot.workflow.mail.reading import GuardedReader, Reading, Task

LIMITS = (POLICY.intake.mail, POLICY.intake.document)
FAULTS = ["raise", "recurse", "hang", "spin", "memory", "exit", "abort"]


def task(subject: str) -> Task:
    raw = build.mail(subject=subject)
    return Task(raw=raw, arrived_at=NOW, sha256=subject)


@pytest.fixture
def reader() -> Iterator[GuardedReader]:
    guarded = GuardedReader(*LIMITS, seconds=1.5, read=poison.read)
    yield guarded
    guarded.close()


def subjects(reader: GuardedReader, *wanted: str) -> list[str]:
    """The subject read, or '!' and the error."""
    readings = reader.read_all(task(subject) for subject in wanted)
    return [r.mail.subject if isinstance(r, Reading) else f"!{r.error}" for r in readings]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_mail_between_good_ones_costs_only_itself(reader: GuardedReader, fault: str) -> None:
    """Each answer belongs to its own mail, before and after the fault."""
    before, bad, after, last = subjects(reader, "前", f"{fault} x", "后", "末")
    assert (before, after, last) == ("前", "后", "末")
    assert bad.startswith("!")


def test_the_error_says_what_happened(reader: GuardedReader) -> None:
    """For the section's alert and the mail's record."""
    raised, hung, died = subjects(reader, "raise", "hang", "exit")
    assert "a parser that gives up" in raised
    assert "more than 2 s" in hung
    assert "ended" in died


def test_the_memory_limit_holds() -> None:
    """Two gigabytes are refused within the child, which lives on and stays small."""
    reader = GuardedReader(*LIMITS, read=poison.read)
    try:
        assert subjects(reader, "一", "memory", "二")[1].startswith("!MemoryError")
        child = reader._child
        assert child is not None
        assert child.pid is not None
        assert psutil.Process(child.pid).memory_info().rss < 512 * 1024 * 1024
    finally:
        reader.close()


def test_a_child_killed_from_outside_is_replaced(reader: GuardedReader) -> None:
    """As the system does when memory runs out: between two rounds nothing is lost by it."""
    assert subjects(reader, "一") == ["一"]
    child = reader._child
    assert child is not None
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    assert subjects(reader, "二", "三") == ["二", "三"]


def test_a_stop_asked_of_the_whole_group_does_not_reach_the_child(reader: GuardedReader) -> None:
    """systemd and Ctrl-C signal every process: the mail in hand must not count a failed try for it."""
    assert subjects(reader, "一") == ["一"]
    child = reader._child
    assert child is not None
    assert child.pid is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(child.pid, number)
    time.sleep(0.1)
    assert child.is_alive()
    assert subjects(reader, "二") == ["二"]


def test_a_round_left_early_never_mixes_two_mails_up(reader: GuardedReader) -> None:
    """The answer that was still to come is thrown away with its child."""
    readings = reader.read_all(task(subject) for subject in ("一", "二", "三"))
    first = next(readings)
    assert isinstance(first, Reading)
    readings.close()  # type: ignore[attr-defined]
    assert subjects(reader, "四", "五") == ["四", "五"]


@pytest.mark.slow
def test_a_child_whose_parent_is_gone_ends_by_itself() -> None:
    """Even in the midst of a hang: its own alarm rings some seconds after the parent would have killed it."""
    assert reading.SPARE_SECONDS < reading.SECONDS
    guarded = GuardedReader(*LIMITS, seconds=0.2, read=poison.read)
    guarded._hand_over(task("hang"))
    child = guarded._child
    assert child is not None
    child.join(reading.SPARE_SECONDS + 10)
    assert child.exitcode == -signal.SIGALRM
    guarded.close()


def test_bad_mails_are_parked_in_the_same_round_and_the_good_ones_done(tmp_path: Path) -> None:
    """Three tries each; a word to the section each; then `retry` with the fault gone."""
    here = office(tmp_path)
    faults = ["raise", "exit", "hang"]
    for number, fault in enumerate(faults):
        here.box.put(build.mail(subject=f"{fault} {number}"), NOW)
        here.box.put(submission(f"第{number}件事情的进展", lines=(f"第{number}件。" * 30,)), NOW)
    receive.collect(here.desk, here.box)
    bad = GuardedReader(*LIMITS, seconds=1.0, read=poison.read)
    done = receive.process(here.desk, bad)
    bad.close()
    assert done.outcomes == {Outcome.ACCEPTED: 3, Outcome.PARKED: 3}
    parked = here.desk.store.mails(state=MailState.PARKED)
    assert {m.attempts for m in parked} == {receive.TRIES}
    assert len(here.letters(LetterKind.ALERT)) == 3
    good = GuardedReader(*LIMITS)
    for mail in parked:
        receive.retry(here.desk, mail.id, by="王敏")
    assert sum(receive.process(here.desk, good).outcomes.values()) == 3
    good.close()
    assert here.desk.store.mails(state=MailState.PARKED) == []
