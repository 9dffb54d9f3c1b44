"""The ladder and the deadline: each reminder once, to those who have not answered, after all mail is read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import solicited
from desks import NOW, Office
from solicited import DEADLINE, TITLE, UNITS, answer, cell, number, office, opened, pass_to

from mailbot.config import load
from mailbot.errors import ConfigError, StateError
from mailbot.facts import Invalidation, LateRuling, Reply, Ruling, Solicitation
from mailbot.model import LetterKind, Month, SolicitationState, Superior
from mailbot.render.figures import Solicited
from mailbot.scoring import AnswerState
from mailbot.workflow.bulletins import report
from mailbot.workflow.desk import note_collected
from mailbot.workflow.mail import receive
from mailbot.workflow.marks import standings
from mailbot.workflow.solicitations import answered, asking, remind, replies, solicit

H = timedelta(hours=1)


def reminded(made: Office) -> list[tuple[str, str]]:
    """Address and first clause of each reminder, in the order they were made."""
    return [
        (x.recipient, x.body.partition("约 ")[2].partition(" 小时")[0])
        for x in made.letters(LetterKind.REMINDER)
    ]


def test_each_step_reminds_once_those_who_have_not_answered(tmp_path: Path) -> None:
    """48, 24 and 2 hours before; never twice, never those who answered, nobody before the first step."""
    made = office(tmp_path)
    code = opened(made)
    pass_to(made, DEADLINE - 48 * H - timedelta(minutes=1))
    assert reminded(made) == []
    for minutes in (0, 1, 30, 600):
        pass_to(made, DEADLINE - 48 * H + timedelta(minutes=minutes))
    assert sorted(reminded(made)) == sorted((address, "48") for address in UNITS.values())
    made.one(answer("县民政局", subject=f"约稿{code}：{TITLE}"))
    pass_to(made, DEADLINE - 24 * H)
    pass_to(made, DEADLINE - 2 * H)
    steps = {unit: [r.step for r in cell(made, code, unit).reminders] for unit in UNITS}
    assert steps.pop("县民政局") == [48]
    assert set(map(tuple, steps.values())) == {(48, 24, 2)}
    assert len(reminded(made)) == 5 + 4 + 4


def test_after_an_outage_only_the_last_step_missed_is_made_good(tmp_path: Path) -> None:
    """Switched off over two steps: one reminder, not two at once; none after the deadline."""
    made = office(tmp_path)
    code = opened(made)
    pass_to(made, DEADLINE - 5 * H)
    assert {r.step for r in made.desk.store.reminders(code)} == {24}
    assert len(reminded(made)) == len(UNITS)
    pass_to(made, DEADLINE + 5 * H)
    assert {r.step for r in made.desk.store.reminders(code)} == {24}


def test_nobody_is_reminded_before_the_mail_until_then_is_read(tmp_path: Path) -> None:
    """After an outage the answer may lie in the box: first it is read, then the ladder goes on."""
    made = office(tmp_path)
    code = opened(made)
    made.clock.set(DEADLINE - 23 * H)
    remind.keep(made.desk)
    assert reminded(made) == [], "no round of intake yet"
    note_collected(made.desk, DEADLINE - 25 * H)
    remind.keep(made.desk)
    assert {r.step for r in made.desk.store.reminders(code)} == set(), "read, but not up to the step"
    made.box.put(answer("县民政局", subject=f"约稿{code}：{TITLE}"), DEADLINE - 30 * H)
    receive.collect(made.desk, made.box)
    note_collected(made.desk, made.clock.now())
    remind.keep(made.desk)
    assert reminded(made) == [], "collected, not yet judged"
    receive.process(made.desk, made.reader)
    remind.keep(made.desk)
    assert "mzj@oa.tancheng.example" not in dict(reminded(made))
    assert len(reminded(made)) == len(UNITS) - 1


def test_a_unit_without_a_correspondent_has_its_reminders_on_record(tmp_path: Path) -> None:
    """Nothing could be sent: the record says so."""
    made = office(tmp_path)
    code = opened(made, units=("县民政局", "县税务局"))
    pass_to(made, DEADLINE - 24 * H)
    assert {(r.unit, r.recipients) for r in made.desk.store.reminders(code)} == {
        ("县民政局", ("mzj@oa.tancheng.example",)),
        ("县税务局", ()),
    }


def test_an_empty_ladder_reminds_nobody(tmp_path: Path) -> None:
    """[solicit] reminders = []."""
    made = office(tmp_path, ladder=())
    opened(made)
    pass_to(made, DEADLINE - H)
    assert reminded(made) == []


def test_the_record_of_reminders_cannot_be_changed(tmp_path: Path) -> None:
    """That trail is what a deduction rests on."""
    import sqlite3

    made = office(tmp_path)
    opened(made)
    pass_to(made, DEADLINE - 24 * H)
    with sqlite3.connect(tmp_path / "mailbot.sqlite") as connection:
        for statement in (
            "UPDATE reminder SET step = 1",
            "DELETE FROM reminder",
            "DELETE FROM solicitation_ask",
        ):
            with pytest.raises(sqlite3.DatabaseError, match="append-only"):
                connection.execute(statement)


def test_a_reminder_names_code_deadline_and_way_out(tmp_path: Path) -> None:
    """Begins 催报：, says how to answer and what to do where it is no duty of the unit."""
    made = office(tmp_path)
    opened(made)
    pass_to(made, DEADLINE - 2 * H)
    letter = made.letters(LetterKind.REMINDER)[0]
    assert letter.subject == f"催报：{TITLE}（约稿2019-001）"
    for said in ("2019年4月15日 09:30", "直接回复本邮件", "先电话告知", "约 2 小时"):
        assert said in letter.body


def test_an_answer_to_a_reminder_is_tied_by_its_thread(tmp_path: Path) -> None:
    """It is a letter of the 约稿 as well."""
    made = office(tmp_path)
    code = opened(made)
    pass_to(made, DEADLINE - 24 * H)
    letter = next(x for x in made.letters(LetterKind.REMINDER) if x.recipient == UNITS["县民政局"])
    row = made.one(
        answer(
            "县民政局", subject="夏粮情况-县民政局-张一鸣-6220001", title="夏粮情况", thread=letter.message_id
        )
    )
    reply = made.desk.store.solicitation_reply(number(row))
    assert reply is not None and reply.code == code


# ---- a person's word ---------------------------------------------------------------------------------------


def late_one(made: Office) -> str:
    """A 约稿 with one late reply, closed."""
    code = opened(made)
    pass_to(made, DEADLINE + timedelta(minutes=1))
    made.one(answer("县民政局", subject=f"约稿{code}：{TITLE}"))
    return code


@pytest.mark.parametrize(
    ("ruling", "marks", "taken"),
    [
        (None, 0, Solicited(due=1, late=1)),
        (Ruling.ON_TIME, 1, Solicited(due=1, on_time=1)),
        (Ruling.NOTHING, 0, Solicited(due=1, late=1)),
        (Ruling.MISSED, -2, Solicited(due=1, missed=1)),
    ],
)
def test_a_late_reply_waits_for_a_persons_word(
    tmp_path: Path, ruling: Ruling | None, marks: int, taken: Solicited
) -> None:
    """Nothing by itself; waived +1, late 0, missed -2 by a person (A12)."""
    made = office(tmp_path)
    code = late_one(made)
    assert [(one.code, c.unit) for one, c in answered.late_undecided(made.desk)] == [(code, "县民政局")]
    if ruling is not None:
        solicit.late(made.desk, code, "民政局", ruling, by="李科员", reason="系统故障")
        assert answered.late_undecided(made.desk) == []
    assert answered.unit_counts(made.desk, Month(2019, 4))["县民政局"] == taken
    found = [m for m in standings.reckon(made.desk).marks if m.unit == "县民政局"]
    assert sum(m.points for m in found) == marks


def test_only_a_late_reply_is_ruled_on(tmp_path: Path) -> None:
    """Not one in time, not one that never came."""
    made = office(tmp_path)
    code = late_one(made)
    with pytest.raises(StateError, match="solicitation_not_late"):
        solicit.late(made.desk, code, "县水利局", Ruling.ON_TIME, by="李科员")


def test_invalidation_needs_the_call_and_then_the_sealed_paper(tmp_path: Path) -> None:
    """Annex 1, 三(一): 须先电话告知，再由主要负责同志签字并加盖单位公章; otherwise the normal rules apply."""
    made = office(tmp_path)
    code, today = opened(made), NOW.date()
    with pytest.raises(StateError, match="invalidation_phone_first"):
        solicit.paper(made.desk, code, "县水利局", on=today, signer="王某", sealed=True, by="李科员")
    solicit.phone(made.desk, code, "县水利局", caller="赵某", at=NOW, by="李科员")
    with pytest.raises(StateError, match="invalidation_known"):
        solicit.phone(made.desk, code, "县水利局", caller="赵某", at=NOW, by="李科员")
    assert cell(made, code, "县水利局").state is AnswerState.OPEN
    unsealed = solicit.paper(made.desk, code, "县水利局", on=today, signer="王某", sealed=False, by="李科员")
    assert not unsealed.complete and cell(made, code, "县水利局").state is AnswerState.OPEN
    solicit.paper(made.desk, code, "县水利局", on=today, signer="王某", sealed=True, by="李科员")
    assert cell(made, code, "县水利局").state is AnswerState.VOID
    pass_to(made, DEADLINE - 24 * H)
    assert UNITS["县水利局"] not in dict(reminded(made))
    pass_to(made, DEADLINE + H)
    assert not [m for m in standings.reckon(made.desk).marks if m.unit == "县水利局"]
    solicit.withdraw_invalidation(made.desk, code, "县水利局", by="李科员", reason="记错单位")
    assert cell(made, code, "县水利局").state is AnswerState.MISSED


def test_whether_a_late_paper_counts_is_the_schemes_to_say(tmp_path: Path) -> None:
    """A17 is a key of the 考评办法; the table follows it as the marks do."""
    made = office(tmp_path)
    code = opened(made)
    solicit.phone(made.desk, code, "县水利局", caller="赵某", at=NOW, by="李科员")
    pass_to(made, DEADLINE + 30 * H)
    on = made.clock.now().date()
    solicit.paper(made.desk, code, "县水利局", on=on, signer="王某", sealed=True, by="李科员")
    (scheme,) = made.desk.policy.schemes
    counts = scheme.rules.invalidation_after_deadline
    assert cell(made, code, "县水利局").state is (AnswerState.VOID if counts else AnswerState.MISSED)
    marked = {mark.unit for mark in standings.reckon(made.desk).marks}
    assert ("县水利局" in marked) is not counts


def test_dates_to_come_and_units_not_asked_are_refused(tmp_path: Path) -> None:
    """A call tomorrow is a slip of the pen."""
    made = office(tmp_path)
    code = opened(made, units=("县水利局",))
    with pytest.raises(ConfigError, match="in_the_future"):
        solicit.phone(made.desk, code, "县水利局", caller="赵某", at=NOW + 24 * H, by="李科员")
    with pytest.raises(StateError, match="solicitation_not_asked"):
        solicit.phone(made.desk, code, "县民政局", caller="赵某", at=NOW, by="李科员")


def test_faults_are_proposed_by_likeness_and_entered_by_a_person(tmp_path: Path) -> None:
    """No mark follows from a likeness; -1 each instead of +1 once a person says so."""
    from mailbot.workflow.mail import review

    made = office(tmp_path)
    code = opened(made)
    one = number(made.one(answer("县水利局", subject=f"约稿{code}：{TITLE}")))
    two = number(
        made.one(answer("县民政局", subject=f"约稿{code}：{TITLE}", lines=solicited.LINES["县水利局"]))
    )
    review.accept(made.desk, two, by="李科员")
    (likely,) = answered.likely_faults(made.desk, code)
    assert (likely.number, likely.other, likely.other_unit) == (two, one, "县水利局")
    marks = standings.reckon(made.desk).marks
    assert sorted(m.points for m in marks if m.item) == [1, 1]
    solicit.fault(made.desk, code, "similar", [one, two], by="李科员", note="整段相同")
    marks = standings.reckon(made.desk).marks
    assert sum(m.points for m in marks if m.item) == -2
    assert answered.likely_faults(made.desk, code) == ()
    (figures,) = answered.figures(made.desk, Month(2019, 4))
    assert figures.poor == 2
    with pytest.raises(StateError, match="solicitation_not_reply"):
        solicit.fault(made.desk, code, "poor", ["20190412-AAAAAA"], by="李科员")


def test_who_signs_with_another_unit_has_answered(tmp_path: Path) -> None:
    """A joint reply: neither is reminded, neither has missed it; who is credited, the scheme says."""
    made = office(tmp_path)
    code = opened(made, units=("县民政局", "县水利局"))
    made.one(answer("县民政局", subject=f"约稿{code}-{TITLE}-县民政局、县水利局-张一鸣-6220001"))
    pass_to(made, DEADLINE - 24 * H)
    assert reminded(made) == []
    pass_to(made, DEADLINE + H)
    assert {c.state for c in answered.matrix(made.desk, code).cells} == {AnswerState.ON_TIME}
    assert all(m.points > 0 for m in standings.reckon(made.desk).marks)


# ---- facts and figures -------------------------------------------------------------------------------------


def test_one_topic_asked_by_two_superiors_is_missed_once(tmp_path: Path) -> None:
    """R25: 同一约稿未上报，按分值最高扣减，不累减; an answer to either is an answer."""
    made = office(tmp_path)
    first = opened(made, units=("县民政局", "县水利局"))
    second = opened(made, units=("县民政局", "县水利局"), source=Superior.PROVINCE, same_topic_as=first)
    made.one(answer("县水利局", subject=f"约稿{second}：{TITLE}"))
    pass_to(made, DEADLINE + H)
    by_unit: dict[str, list[int]] = {}
    for mark in standings.reckon(made.desk).marks:
        by_unit.setdefault(mark.unit, []).append(int(mark.points))
    assert by_unit == {"县民政局": [-2], "县水利局": [1]}
    (figures,) = answered.figures(made.desk, Month(2019, 4))
    assert (figures.source, figures.counts) == ("市、省", Solicited(due=2, on_time=1, missed=1))


def test_facts_are_those_of_the_year(tmp_path: Path) -> None:
    """Asked, replied, ruled on, void; each id once; none in another year."""
    made = office(tmp_path)
    code = late_one(made)
    solicit.late(made.desk, code, "县民政局", Ruling.ON_TIME, by="李科员")
    facts = made.desk.store.solicitation_facts(2019)
    assert [type(f) for f in facts] == [Solicitation, Reply, LateRuling]
    assert len({f.id for f in facts}) == len(facts)
    assert made.desk.store.solicitation_facts(2018) == made.desk.store.solicitation_facts(2020) == ()
    solicit.phone(made.desk, code, "县水利局", caller="赵某", at=made.clock.now(), by="李科员")
    (void,) = [f for f in made.desk.store.solicitation_facts(2019) if isinstance(f, Invalidation)]
    assert not void.signed_sealed_paper


def test_the_bulletin_shows_them(tmp_path: Path) -> None:
    """Figures by unit and by 约稿, tasks in words; a reply is no 自主报送."""
    made = office(tmp_path)
    code = opened(made)
    made.one(answer("县民政局", subject=f"约稿{code}：{TITLE}"))
    pass_to(made, DEADLINE + timedelta(minutes=1))
    made.one(answer("县水利局", subject=f"约稿{code}：{TITLE}"))
    made.one(answer("县商务局", subject="约稿-商贸流通-县商务局-张一鸣-6220001"))
    figures = report.compose_month(made.desk, Month(2019, 4)).figures
    (asked,) = figures.solicitations
    assert (asked.topic, asked.source, asked.deadline) == (TITLE, "市", DEADLINE.date())
    assert asked.counts == Solicited(due=5, on_time=1, late=1, missed=3)
    units = {unit.unit: unit for unit in figures.units}
    assert units["县民政局"].submissions == 0
    assert units["县民政局"].solicited == Solicited(due=1, on_time=1)
    assert any(code in task and "县水利局" in task for task in figures.open_tasks)
    assert any("供稿" in task for task in figures.open_tasks)


def test_a_deadline_in_the_new_year_is_known_to_both_years(tmp_path: Path) -> None:
    """Asked in December, due in January: missed in January."""
    made = office(tmp_path, now=NOW.replace(month=12, day=30))
    due = NOW.replace(year=2020, month=1, day=3)
    opened(made, deadline=due)
    pass_to(made, due + H)
    assert made.desk.store.solicitation_facts(2019) == made.desk.store.solicitation_facts(2020) != ()
    marks = standings.reckon(made.desk).marks
    assert {str(mark.month) for mark in marks} == {"2020-01"}
    assert len(marks) == len(UNITS)


def test_asked_again_the_later_deadline_counts(tmp_path: Path) -> None:
    """A reply between the two deadlines is in time, and reminders start anew for the silent."""
    made = office(tmp_path)
    code = opened(made)
    pass_to(made, DEADLINE + H)
    later = DEADLINE + timedelta(days=3)
    solicit.open_(made.desk, asking.Draft(source=Superior.PROVINCE, deadline=later, again=code), by="李科员")
    made.one(answer("县民政局", subject=f"约稿{code}：{TITLE}"))
    pass_to(made, later - 24 * H)
    assert cell(made, code, "县民政局").state is AnswerState.ON_TIME
    assert {(r.round, r.step) for r in made.desk.store.reminders(code)} == {(2, 24)}
    assert {r.unit for r in made.desk.store.reminders(code)} == set(UNITS) - {"县民政局"}
    assert made.desk.store.solicitation(code).state is SolicitationState.OPEN


def test_a_setting_that_is_no_number_of_hours_is_refused(tmp_path: Path) -> None:
    """Naming the key."""
    (tmp_path / "config.toml").write_text("[solicit]\nreminders = [48, 0]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"solicit\.reminders"):
        load(tmp_path / "config.toml", {}, complete=False)


def test_doubts_do_not_stop_reminders(tmp_path: Path) -> None:
    """A unit whose mail may be another matter is reminded: better asked twice than marked down unasked."""
    made = office(tmp_path)
    opened(made)
    made.one(answer("县商务局", subject="约稿-商贸流通-县商务局-张一鸣-6220001", title="商贸流通"))
    assert len(replies.doubts(made.desk)) == 1
    pass_to(made, DEADLINE - 24 * H)
    assert UNITS["县商务局"] in dict(reminded(made))


def test_the_daily_word_to_the_section_lists_what_waits(tmp_path: Path) -> None:
    """Doubts and late replies without a word, until a person has given one."""
    from mailbot.workflow.mail import notify

    made = office(tmp_path)
    code = late_one(made)
    doubtful = number(made.one(answer("县商务局", subject="约稿-商贸流通-县商务局-张一鸣-6220001")))
    notify.digest(made.desk, since=NOW, until=made.clock.now() + H)
    (letter,) = made.letters(LetterKind.DIGEST)
    assert doubtful in letter.body
    assert f"约稿 {code} 县民政局迟报" in letter.body
