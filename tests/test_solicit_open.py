"""Opening a 约稿: what is shown is what is sent, to whom, and nothing before a named person says so."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import solicited
from desks import NOW, SECTION, Box, Host
from solicited import DEADLINE, DRAFT, TITLE, UNITS, asked, office, opened, pass_to

from mailbot.errors import ConfigError, MailbotError, NotFound, StateError, Uncertain
from mailbot.model import Correspondent, LetterFile, LetterKind, LetterState, SolicitationState
from mailbot.roster import UnitKind
from mailbot.workflow.mail import deliver
from mailbot.workflow.office import people
from mailbot.workflow.solicitations import asking, remind, solicit


def test_looking_sends_and_stores_nothing(tmp_path: Path) -> None:
    """A preview leaves no letter, no 约稿 and no event behind."""
    made = office(tmp_path)
    before = made.desk.store.events(limit=1000)
    asking.preview(made.desk, DRAFT)
    assert made.letters() == []
    assert not made.desk.store.has_solicitations()
    assert made.desk.store.events(limit=1000) == before


def test_what_was_seen_is_what_is_sent(tmp_path: Path) -> None:
    """Recipients, subjects and texts of the letters are those of the preview, byte for byte."""
    made = office(tmp_path)
    seen = asking.preview(made.desk, DRAFT)
    solicit.open_(made.desk, DRAFT, by="李科员", sha256=seen.sha256)
    sent = {(x.recipient, x.subject, x.body, x.state) for x in made.letters(LetterKind.SOLICITATION)}
    assert sent == {(x.address, x.text.subject, x.text.body, LetterState.READY) for x in seen.letters}
    assert {x.unit for x in seen.letters} == set(UNITS)


def test_the_subject_carries_the_code_into_every_reply(tmp_path: Path) -> None:
    """It begins 约稿： and names the code; codes count up by the year."""
    made = office(tmp_path)
    assert [opened(made), opened(made, title="另一个题目")] == ["2019-001", "2019-002"]
    assert asked(made, "2019-001", "县民政局").subject == f"约稿：{TITLE}（约稿2019-001）"
    made.clock.set(NOW.replace(year=2020))
    assert opened(made, deadline=DEADLINE.replace(year=2020)) == "2020-001"


def test_each_letter_names_its_unit_the_deadline_and_what_is_asked(tmp_path: Path) -> None:
    """Nothing that a unit needs is left out; identical bulk mail would be stopped by hosts."""
    made = office(tmp_path)
    body = asked(made, opened(made), "县水利局").body
    for said in (
        "县水利局：",
        TITLE,
        "2019年4月15日 09:30",
        "一、收购进度和价格；",
        "约稿2019-001",
        "48、24、2 小时",
    ):
        assert said in body, said
    assert len({x.body for x in made.letters(LetterKind.SOLICITATION)}) == len(UNITS)


def test_units_without_a_correspondent_are_named_before(tmp_path: Path) -> None:
    """They get no letter, are asked all the same, and stand in the preview."""
    made = office(tmp_path)
    seen = asking.preview(made.desk, replace(DRAFT, units=("县民政局", "县税务局")))
    assert seen.without == ("县税务局",)
    assert set(seen.ask.units) == {"县民政局", "县税务局"}


def test_every_valid_correspondent_of_a_unit_gets_one_letter(tmp_path: Path) -> None:
    """Two addresses are two letters, one address under two names is one; unconfirmed, ended ones get none."""
    made = office(tmp_path)
    people.add(made.desk, address="mzj2@oa.tancheng.example", unit="县民政局", name="乙", phone="", by="李")
    people.add(made.desk, address=UNITS["县民政局"], unit="县民政局", name="丙", phone="", by="李")
    with made.desk.store.transaction():
        made.desk.store.save_correspondent(
            Correspondent(address="x@oa.tancheng.example", unit="县民政局", confirmed=False)
        )
    people.add(made.desk, address="y@oa.tancheng.example", unit="县民政局", name="", phone="", by="李")
    people.end(made.desk, "y@oa.tancheng.example", "县民政局", "", by="李")
    opened(made, units=("县民政局",))
    assert [x.recipient for x in made.letters(LetterKind.SOLICITATION)] == [
        "mzj2@oa.tancheng.example",
        UNITS["县民政局"],
    ]


def test_nothing_goes_without_a_name_or_to_nobody(tmp_path: Path) -> None:
    """Promise P7: a person answers for it; a 约稿 that reaches nobody is refused."""
    made = office(tmp_path)
    with pytest.raises(StateError, match="approval_needs_name"):
        solicit.open_(made.desk, DRAFT, by="  ")
    with pytest.raises(StateError, match="solicitation_nobody"):
        opened(made, units=("县税务局",))
    assert not made.desk.store.has_solicitations()


def test_what_has_changed_since_it_was_seen_is_not_sent(tmp_path: Path) -> None:
    """A new correspondent, another code, another text: each makes the checksum another."""
    made = office(tmp_path)
    sha256 = asking.preview(made.desk, DRAFT).sha256
    people.add(made.desk, address="z@oa.tancheng.example", unit="县民政局", name="", phone="", by="李")
    with pytest.raises(StateError, match="solicitation_changed"):
        solicit.open_(made.desk, DRAFT, by="李科员", sha256=sha256)
    assert made.letters() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": " 　"}, "solicitation_bad_title"),
        ({"title": "长" * 121}, "solicitation_bad_title"),
        ({"text": "\n"}, "solicitation_bad_text"),
        ({"deadline": NOW}, "solicitation_deadline_past"),
        ({"units": ()}, "solicitation_no_units"),
        ({"units": ("县公安局",)}, "no_such_unit"),
        ({"again": "2019-009"}, "no_solicitation"),
        ({"same_topic_as": "2019-009"}, "no_solicitation"),
        ({"file": LetterFile(name="a.docx", content=b"x" * (15 * 1024 * 1024 + 1))}, "file_too_large"),
    ],
)
def test_what_cannot_be_asked_is_refused(tmp_path: Path, changes: dict[str, object], code: str) -> None:
    """Before anything is stored, with a code of its own."""
    made = office(tmp_path)
    with pytest.raises(MailbotError, match=code):
        opened(made, **changes)
    assert not made.desk.store.has_solicitations()


def test_groups_and_names_choose_units_in_the_official_sequence(tmp_path: Path) -> None:
    """All, a group, or names as clerks write them; each once."""
    made = office(tmp_path)
    roster = made.desk.policy.roster
    everyone = asking.units_of(made.desk, everyone=True)
    assert everyone == tuple(unit.name for unit in roster.units)
    towns = asking.units_of(made.desk, kinds=[UnitKind.TOWN])
    assert towns == tuple(unit.name for unit in roster.units if unit.kind is UnitKind.TOWN)
    assert asking.units_of(made.desk, names=["水利局", "郯城县民政局", "县水利局"]) == (
        "县民政局",
        "县水利局",
    )
    with pytest.raises(ConfigError):
        asking.units_of(made.desk, names=["县公安局"])


def test_an_attachment_goes_with_every_letter_and_is_kept(tmp_path: Path) -> None:
    """Frozen with the opening, under its own name."""
    made = office(tmp_path)
    file = LetterFile(name="约稿通知.docx", content=b"PK-not-really")
    code = opened(made, file=file)
    for letter in made.letters(LetterKind.SOLICITATION):
        (part,) = solicited.parsed(letter.content).iter_attachments()
        assert part.get_filename() == "约稿通知.docx"
        assert part.get_content() == b"PK-not-really"
        assert "约稿通知.docx" in letter.body
    kept = made.desk.store.ask_file(code, 1)
    assert kept is not None and kept.content == file.content


def test_only_steps_that_lie_ahead_are_shown(tmp_path: Path) -> None:
    """A deadline tomorrow leaves no reminder two days before it."""
    made = office(tmp_path)
    seen = asking.preview(made.desk, replace(DRAFT, deadline=NOW + timedelta(hours=30)))
    assert [step for step, _ in seen.reminders] == [24, 2]
    assert "24、2 小时" in seen.letters[0].text.body
    assert "24 小时" in seen.sample.body
    never = asking.preview(made.desk, replace(DRAFT, ladder=()))
    assert never.reminders == () and "提醒" not in never.letters[0].text.body


def test_the_same_code_is_asked_again_of_those_still_silent(tmp_path: Path) -> None:
    """With a later deadline; it is open again, and the earlier asking stays on record."""
    made = office(tmp_path)
    code = opened(made)
    made.one(solicited.answer("县民政局", subject=f"约稿{code}：{TITLE}"))
    pass_to(made, DEADLINE + timedelta(minutes=2))
    assert made.desk.store.solicitation(code).state is SolicitationState.CLOSED
    again = asking.Draft(source=DRAFT.source, deadline=DEADLINE + timedelta(days=2), again=code)
    assert solicit.open_(made.desk, again, by="李科员").code == code
    one = made.desk.store.solicitation(code)
    assert one.state is SolicitationState.OPEN
    assert [ask.round for ask in one.asks] == [1, 2]
    assert set(one.asks[1].units) == set(UNITS) - {"县民政局"}
    assert one.title == TITLE
    earlier = asking.Draft(source=DRAFT.source, deadline=DEADLINE + timedelta(days=1), again=code)
    with pytest.raises(ConfigError, match="solicitation_deadline_earlier"):
        solicit.open_(made.desk, earlier, by="李科员")


def test_a_cancelled_one_counts_for_nobody_and_stops(tmp_path: Path) -> None:
    """Waiting letters are withdrawn, no reminder goes, its replies are ordinary reports again."""
    made = office(tmp_path)
    code = opened(made)
    row = made.one(solicited.answer("县民政局", subject=f"约稿{code}：{TITLE}"))
    assert solicit.cancel(made.desk, code, by="李科员", reason="重复下达") == 0
    assert {x.state for x in made.letters(LetterKind.SOLICITATION)} == {LetterState.WITHDRAWN}
    pass_to(made, DEADLINE - timedelta(hours=1))
    assert made.letters(LetterKind.REMINDER) == []
    assert made.desk.store.solicitation_facts(2019) == ()
    assert made.desk.store.submission(solicited.number(row)).fields.solicitation is None
    with pytest.raises(StateError, match="solicitation_cancelled"):
        solicit.cancel(made.desk, code, by="李科员", reason="再一次")


def test_nobody_closes_it_early(tmp_path: Path) -> None:
    """Not a person, not the timetable; the minute of the deadline is still in time."""
    made = office(tmp_path)
    code = opened(made)
    with pytest.raises(StateError, match="solicitation_not_due"):
        solicit.close(made.desk, code, by="李科员")
    pass_to(made, DEADLINE + timedelta(seconds=59))
    assert made.desk.store.solicitation(code).state is SolicitationState.OPEN
    pass_to(made, DEADLINE + timedelta(minutes=1))
    assert made.desk.store.solicitation(code).state is SolicitationState.CLOSED
    (event,) = made.desk.store.events(verb="solicitation_closed")
    assert event.details["missed"].split() == list(made.desk.store.solicitation(code).units)


def test_an_unknown_code_is_not_found(tmp_path: Path) -> None:
    """A slip of the hand is told, not answered with nothing."""
    made = office(tmp_path)
    with pytest.raises(NotFound, match="no_solicitation"):
        solicit.close(made.desk, "2019-404", by="李科员")
    assert remind.reminders_due(made.desk) == []


def test_one_in_doubt_goes_to_a_person_and_is_never_sent_again_by_itself(tmp_path: Path) -> None:
    """Promise P4: cut after the final dot, it waits, is not found in Sent, and is left to the section."""
    made = office(tmp_path)
    opened(made, units=("县民政局",))
    host = Host(answers=deque([Uncertain("smtp_uncertain")]))
    deliver.send_due(made.desk, host)
    made.clock.sleep(16 * 60)
    deliver.resolve_doubts(made.desk, Box(in_sent=False))
    made.clock.sleep(24 * 3600)
    deliver.resolve_doubts(made.desk, Box(in_sent=False))
    deliver.send_due(made.desk, host)
    asked_for = [x for x in host.taken if x.recipient == UNITS["县民政局"]]
    assert len(asked_for) == 1
    (letter,) = made.letters(LetterKind.SOLICITATION)
    assert letter.state is LetterState.UNCERTAIN
    assert [x.recipient for x in made.letters(LetterKind.ALERT)] == [SECTION]
