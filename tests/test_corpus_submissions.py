"""Real-shaped submissions: not one is silenced, each has the right outcome and the right fields."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import build
import pytest
from corpus_clients import CLIENTS
from corpus_submissions import ALONE, NOTICES, PEOPLE, PHRASES, ROWS, UNITS, Row, prose
from road import Road, Seen

from mailbot.model import Correspondent, Outcome, Reason


@pytest.fixture(scope="module")
def road() -> Iterator[Road]:
    with Road() as road:
        yield road


def squash(text: str | None) -> str:
    return "".join(unicodedata.normalize("NFKC", text or "").split())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name[:40])
def test_a_submission_is_read_judged_and_answered(row: Row, road: Road) -> None:
    """Title, unit, submitter and contact as written; outcome and reasons; a letter to the sender."""
    seen = road.take(row.raw)
    title, unit, people, phones = seen.told
    assert (squash(title), unit, people, phones) == (
        squash(row.title),
        row.unit,
        (row.person,),
        (row.phone,),
    )
    reasons = seen.reasons - {Reason.SENDER_NOT_REGISTERED}
    assert (seen.outcome, reasons) == (row.expected.outcome, row.expected.reasons)
    assert (seen.document.name if seen.document else None) == row.expected.document
    assert seen.letter is not None
    assert (seen.outcome is Outcome.RETURNED) == seen.letter.subject.startswith("退回补正：")


@pytest.mark.parametrize("index", range(len(PHRASES)))
def test_what_is_written_beside_a_word_file_silences_nobody(index: int, road: Road) -> None:
    """Thanks, questions, absences and urgent words beside a good Word file: registered, and told so."""
    phrase = PHRASES[index]
    title, (unit, written), person = (
        f"第{index}号典型经验全县推广",
        UNITS[index % len(UNITS)],
        PEOPLE[index % 11],
    )
    values = {"t": title, "u": written, "n": person, "p": "13900000001"}
    values["s"] = "{t}-{u}-{n}-{p}".format(**values)
    client = CLIENTS[index % len(CLIENTS)]
    seen = road.take(
        client.mail(
            phrase.subject.format(**values),
            text=phrase.text.format(**values),
            local=f"phrase{index}",
            files=[(f"{title}.docx", build.docx(*prose(5000 + index), title=title))],
        )
    )
    assert (squash(seen.told[0]), *seen.told[1:]) == (title, unit, (person,), ("13900000001",))
    assert seen.outcome is phrase.outcome, seen.reasons
    assert seen.letter is not None and seen.letter.subject.startswith("回执：")


@pytest.fixture(scope="module")
def known() -> Iterator[Road]:
    """The sender is on the register, so that a subject may be the title alone."""
    clerk = Correspondent(
        address="clerk@oa.tancheng.example", unit="马头镇", name="张三", phone="13900000001"
    )
    with Road(clerk) as road:
        yield road


def alone(road: Road, subject: str, number: int) -> Seen:
    file = build.docx(*prose(70_000 + number))
    return road.take(CLIENTS[4].mail(subject, text="请查收附件。", files=[("附件.docx", file)]))


@pytest.mark.parametrize("title", ALONE)
def test_a_headline_alone_over_a_word_file_is_a_submission(title: str, known: Road) -> None:
    """Whatever word it begins with."""
    seen = alone(known, title, ALONE.index(title))
    assert (squash(seen.told[0]), seen.told[1]) == (squash(title), "马头镇")
    assert seen.outcome is Outcome.ACCEPTED_WITH_REMARKS, seen.reasons
    assert seen.letter is not None


@pytest.mark.parametrize("subject", NOTICES)
def test_a_notice_over_a_word_file_is_none(subject: str, known: Road) -> None:
    """Held with its kind, with no letter that would puzzle its sender; the second one too."""
    for number in (500, 600):
        seen = alone(known, subject, number + NOTICES.index(subject))
        assert (seen.outcome, seen.letter) == (Outcome.HELD, None), seen.reasons


def test_the_corpus_is_large_enough() -> None:
    """At least 200 mails, no two alike."""
    assert len({row.raw for row in ROWS}) == len(ROWS) >= 200
