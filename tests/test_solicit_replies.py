"""Which 约稿 a mail answers: by code, thread and title; doubt is listed, never decided silently."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from desks import NOW, Office
from solicited import DEADLINE, LINES, TITLE, answer, asked, cell, number, office, opened, pass_to

from mailbot.facts import Reply
from mailbot.model import LetterKind, LetterState, MatchedBy, Outcome, ReplyDoubt, SolicitationReply
from mailbot.scoring import AnswerState
from mailbot.workflow.solicitations import replies, solicit

FULL = "{title}-{unit}-张一鸣-6220001"


def tied(made: Office, raw: bytes) -> SolicitationReply | None:
    """How the mail stands to 约稿 once it is judged."""
    return made.desk.store.solicitation_reply(number(made.one(raw)))


@pytest.mark.parametrize(
    "subject",
    [
        "约稿{code}-" + FULL,
        "约稿{code}：" + FULL,
        "【约稿{code}】" + FULL,
        "回复：约稿：{title}（约稿{code}）",
        "Re: 催报：{title}（约稿{code}）",
        FULL + "（约稿{code}）",
        "约稿2019-1 " + FULL,
        "约稿２０１９－００１：" + FULL,
        "答复: 约稿{code}号：另一个题目-{unit}-张一鸣-6220001",
    ],
)
def test_a_code_in_the_subject_ties_it(tmp_path: Path, subject: str) -> None:
    """However it is written and whatever title stands beside it."""
    made = office(tmp_path)
    code = opened(made)
    written = subject.format(code=code, title=TITLE, unit="县民政局")
    found = tied(made, answer("县民政局", subject=written, title="另一个题目"))
    assert found is not None, written
    assert (found.code, found.by, found.doubt) == (code, MatchedBy.CODE, None)


@pytest.mark.parametrize("subject", ["2019-01-" + FULL, "2019-001-05 " + FULL, FULL + " 2019-001"])
def test_a_date_is_no_code(tmp_path: Path, subject: str) -> None:
    """Figures tie nothing unless the word 约稿 stands beside them."""
    made = office(tmp_path)
    opened(made)
    assert (
        tied(made, answer("县民政局", subject=subject.format(title="春耕生产进展顺利", unit="县民政局")))
        is None
    )


def test_the_thread_ties_it_without_any_code(tmp_path: Path) -> None:
    """In-Reply-To or References name our letter; the subject may be another."""
    made = office(tmp_path)
    first, second = opened(made), opened(made, title="关于秋种准备")
    raw = answer(
        "县水利局",
        subject=FULL.format(title="我局夏粮情况", unit="县水利局"),
        thread=asked(made, second, "县水利局").message_id,
    )
    found = tied(made, raw)
    assert found is not None and (found.code, found.by) == (second, MatchedBy.THREAD)
    assert first != second


def test_the_code_goes_before_the_thread(tmp_path: Path) -> None:
    """Who answers an old letter and writes another code means the code."""
    made = office(tmp_path)
    first, second = opened(made), opened(made, title="关于秋种准备")
    raw = answer(
        "县水利局",
        subject=f"约稿{second}-" + FULL.format(title="秋种", unit="县水利局"),
        thread=asked(made, first, "县水利局").message_id,
    )
    found = tied(made, raw)
    assert found is not None and (found.code, found.by) == (second, MatchedBy.CODE)


def test_the_same_title_ties_it_to_what_is_open_for_the_unit(tmp_path: Path) -> None:
    """Spaces and width of the title do not count."""
    made = office(tmp_path)
    code = opened(made)
    wide = TITLE.replace("夏粮", "夏粮 ")
    found = tied(made, answer("县民政局", subject=FULL.format(title=wide, unit="县民政局"), title=wide))
    assert found is not None and (found.code, found.by) == (code, MatchedBy.TITLE)


def test_another_unit_of_that_title_is_nobodys_reply(tmp_path: Path) -> None:
    """A unit that was not asked reports on its own account."""
    made = office(tmp_path)
    opened(made, units=("县水利局",))
    assert tied(made, answer("县民政局", subject=FULL.format(title=TITLE, unit="县民政局"))) is None


@pytest.mark.parametrize(
    ("subject", "doubt"),
    [
        ("约稿2019-077-" + FULL, ReplyDoubt.UNKNOWN_CODE),
        ("约稿2019-001、约稿2019-002-" + FULL, ReplyDoubt.SEVERAL),
        ("约稿-某个别的题目-县民政局-张一鸣-6220001", ReplyDoubt.NO_CODE),
        ("关于夏粮收购中存在的困难和建议的补充材料-县民政局-张一鸣-6220001", ReplyDoubt.LIKE_TITLE),
        ("约稿2019-003-" + FULL, ReplyDoubt.NOT_ASKED),
    ],
)
def test_doubt_is_listed_and_ties_nothing(tmp_path: Path, subject: str, doubt: ReplyDoubt) -> None:
    """The item is registered, stands in the list of doubts with what it may be, and bears no code."""
    made = office(tmp_path)
    opened(made)
    opened(made, title="关于秋种准备")
    opened(made, title="关于冬修水利", units=("县水利局",))
    row = made.one(answer("县民政局", subject=subject.format(title="我局有关情况的汇报", unit="县民政局")))
    item = made.desk.store.submission(number(row))
    (listed,) = replies.doubts(made.desk)
    assert (listed.item.number, listed.reply.doubt, listed.reply.code) == (item.number, doubt, None)
    assert item.fields.solicitation is None
    assert not [f for f in made.desk.store.solicitation_facts(2019) if isinstance(f, Reply)]
    letter = made.letter(row)
    assert letter is not None and "由信息科核对" in letter.body


def test_a_person_settles_a_doubt(tmp_path: Path) -> None:
    """To a code or to none; under their name, and out of the list."""
    made = office(tmp_path)
    code = opened(made)
    first = number(made.one(answer("县民政局", subject="约稿-有关情况-县民政局-张一鸣-6220001")))
    second = number(
        made.one(
            answer(
                "县水利局",
                subject="约稿-防汛备汛-县水利局-张一鸣-6220001",
                lines=("防汛备汛工作有序开展。" * 20,),
            )
        )
    )
    assert len(replies.doubts(made.desk)) == 2
    solicit.settle(made.desk, first, code, by="李科员")
    solicit.settle(made.desk, second, None, by="李科员")
    assert replies.doubts(made.desk) == []
    assert made.desk.store.submission(first).fields.solicitation == code
    assert cell(made, code, "县民政局").state is AnswerState.ON_TIME
    assert cell(made, code, "县水利局").state is AnswerState.OPEN
    assert {e.who for e in made.desk.store.events(verb="solicitation_settled")} == {"李科员"}


def test_the_receipt_says_which_and_whether_in_time(tmp_path: Path) -> None:
    """已作为约稿 … 收到, in time or late; a late one is told that the section decides."""
    made = office(tmp_path)
    code = opened(made)
    row = made.one(answer("县民政局", subject=f"约稿{code}：{TITLE}"))
    letter = made.letter(row)
    assert letter is not None
    assert f"已作为约稿 {code}（{TITLE}）收到，在规定时间内" in letter.body
    made.clock.set(DEADLINE + timedelta(minutes=5))
    late = made.letter(made.one(answer("县水利局", subject=f"约稿{code}：{TITLE}")))
    assert late is not None and "已过规定时间" in late.body and "由信息科核定" in late.body
    plain = made.letter(
        made.one(answer("县商务局", subject="商贸流通-县商务局-张一鸣-6220001", title="商贸"))
    )
    assert plain is not None and "约" not in plain.body


def test_the_minute_of_the_deadline_is_in_time(tmp_path: Path) -> None:
    """As marks take it: late from the minute after."""
    made = office(tmp_path)
    code = opened(made)
    made.clock.set(DEADLINE - timedelta(seconds=30))
    made.one(answer("县民政局", subject=f"约稿{code}：{TITLE}"))
    made.clock.set(DEADLINE)
    made.one(answer("县水利局", subject=f"约稿{code}：{TITLE}"))
    pass_to(made, DEADLINE + timedelta(hours=1))
    assert cell(made, code, "县民政局").state is AnswerState.ON_TIME
    assert cell(made, code, "县水利局").state is AnswerState.LATE


def test_a_version_after_the_deadline_stays_in_time(tmp_path: Path) -> None:
    """The item keeps its first arrival and its 约稿, though the new mail names no code."""
    made = office(tmp_path)
    code = opened(made)
    first = number(
        made.one(answer("县民政局", subject=f"约稿{code}：" + FULL.format(title=TITLE, unit="县民政局")))
    )
    made.clock.set(DEADLINE + timedelta(hours=3))
    changed = answer(
        "县民政局",
        subject=FULL.format(title=TITLE, unit="县民政局"),
        lines=("改过的全文，收购点21处。" * 20,),
    )
    row = made.one(changed)
    assert row.number == first
    item = made.desk.store.submission(first)
    assert (item.versions, item.fields.solicitation) == (2, code)
    assert cell(made, code, "县民政局").state is AnswerState.ON_TIME


def test_what_is_returned_and_completed_is_tied_with_its_first_arrival(tmp_path: Path) -> None:
    """Returned in time for want of a Word file, completed after the deadline: in time (A25)."""
    made = office(tmp_path)
    code = opened(made)
    row = made.one(
        answer("县民政局", subject=f"约稿{code}：" + FULL.format(title=TITLE, unit="县民政局"), word=False)
    )
    assert row.outcome is Outcome.RETURNED
    assert cell(made, code, "县民政局").state is AnswerState.OPEN
    assert [i.number for i in cell(made, code, "县民政局").waiting] == [row.number]
    returned = made.letter(row)
    assert returned is not None
    made.clock.set(DEADLINE + timedelta(hours=1))
    done = made.one(answer("县民政局", subject=f"回复：{returned.subject}", thread=returned.message_id))
    assert done.number == row.number
    found = cell(made, code, "县民政局")
    assert found.state is AnswerState.ON_TIME
    assert [i.number for i in found.items] == [row.number]


def test_a_document_sent_again_under_a_code_is_put_to_a_person(tmp_path: Path) -> None:
    """It was a report of its own; the unit now says that it answers the 约稿: a duplicate, and a doubt."""
    made = office(tmp_path)
    plain = number(made.one(answer("县民政局", subject=FULL.format(title="夏粮收购顺利", unit="县民政局"))))
    code = opened(made)
    again = made.one(answer("县民政局", subject=f"约稿{code}-" + FULL.format(title=TITLE, unit="县民政局")))
    assert again.outcome is Outcome.DUPLICATE and again.number == plain
    (listed,) = replies.doubts(made.desk)
    assert (listed.item.number, listed.reply.doubt) == (plain, ReplyDoubt.ON_RECORD)
    assert listed.reply.candidates == (code,)


def test_a_held_reply_counts_once_it_is_accepted(tmp_path: Path) -> None:
    """Alike to another unit's text: held, no reminder; accepted by a person it answers as of its arrival."""
    from mailbot.workflow.mail import review

    made = office(tmp_path)
    code = opened(made)
    made.one(answer("县水利局", subject=f"约稿{code}：{TITLE}"))
    row = made.one(answer("县民政局", subject=f"约稿{code}：{TITLE}", lines=LINES["县水利局"]))
    assert row.outcome is Outcome.HELD
    assert cell(made, code, "县民政局").held
    pass_to(made, DEADLINE - timedelta(hours=20))
    assert "县民政局" not in {r.unit for r in made.desk.store.reminders(code)}
    pass_to(made, DEADLINE + timedelta(hours=1))
    assert cell(made, code, "县民政局").state is AnswerState.MISSED
    review.accept(made.desk, number(row), by="李科员")
    assert cell(made, code, "县民政局").state is AnswerState.ON_TIME


def test_not_our_duty_stands_beside_the_solicitation(tmp_path: Path) -> None:
    """By thread, by code or by the unit's open 约稿: held as ever, and shown where it belongs."""
    made = office(tmp_path)
    code = opened(made)
    by_thread = made.one(
        answer(
            "县水利局",
            subject=f"回复：约稿：{TITLE}（约稿{code}）",
            text="您好，该约稿不属于我单位职责范围。\n",
            thread=asked(made, code, "县水利局").message_id,
            word=False,
        )
    )
    by_unit = made.one(
        answer(
            "县商务局", subject="关于约稿的说明", text="此项工作不属于我单位职责，请另行安排。\n", word=False
        )
    )
    assert {by_thread.outcome, by_unit.outcome} == {Outcome.HELD}
    assert [m.id for m in cell(made, code, "县水利局").mails] == [by_thread.id]
    assert [m.id for m in cell(made, code, "县商务局").mails] == [by_unit.id]
    assert cell(made, code, "县水利局").state is AnswerState.OPEN


def test_one_unit_with_several_replies_shows_the_newest(tmp_path: Path) -> None:
    """Both stay on record; one in time is enough."""
    made = office(tmp_path)
    code = opened(made)
    first = number(
        made.one(answer("县民政局", subject=f"约稿{code}-" + FULL.format(title="甲", unit="县民政局")))
    )
    made.clock.set(DEADLINE + timedelta(hours=1))
    second = number(
        made.one(
            answer(
                "县民政局",
                subject=f"约稿{code}-" + FULL.format(title="乙种问题的补充", unit="县民政局"),
                title="乙种问题的补充",
                lines=("另写的一篇，农户反映仓容不足。" * 20,),
            )
        )
    )
    found = cell(made, code, "县民政局")
    assert [i.number for i in found.items] == [second, first]
    assert found.state is AnswerState.ON_TIME
    assert found.answered_at is not None and found.answered_at < DEADLINE


def test_a_reminder_that_waits_is_not_sent_once_the_unit_has_answered(tmp_path: Path) -> None:
    """The host was away: the answer came before the reminder could go."""
    made = office(tmp_path)
    code = opened(made)
    pass_to(made, DEADLINE - timedelta(hours=48))
    made.one(answer("县民政局", subject=f"约稿{code}：{TITLE}"))
    states = {x.recipient: x.state for x in made.letters(LetterKind.REMINDER)}
    assert states.pop("mzj@oa.tancheng.example") is LetterState.WITHDRAWN
    assert set(states.values()) == {LetterState.READY}


def test_an_office_that_never_asked_is_not_troubled(tmp_path: Path) -> None:
    """Without any 约稿 on record a tag is a tag: nothing is listed, no receipt speaks of it."""
    made = office(tmp_path)
    row = made.one(answer("县民政局", subject="约稿2019-003-" + FULL.format(title=TITLE, unit="县民政局")))
    assert replies.doubts(made.desk) == []
    letter = made.letter(row)
    assert letter is not None and "约　　稿" not in letter.body
    assert made.desk.store.submission(number(row)).fields.solicitation is None


def test_what_came_before_it_was_asked_answers_nothing(tmp_path: Path) -> None:
    """Mail taken in late, arrived before the opening, is no reply by its title."""
    made = office(tmp_path)
    opened(made)
    made.box.put(
        answer("县民政局", subject=FULL.format(title=TITLE, unit="县民政局")), NOW - timedelta(days=1)
    )
    from mailbot.workflow.mail import receive

    receive.collect(made.desk, made.box)
    receive.process(made.desk, made.reader)
    (item,) = made.desk.store.submissions()
    assert item.fields.solicitation is None
