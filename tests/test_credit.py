"""What a person enters: 采用, 批示, 以干代训, faults; its checks, its events, its letters, its withdrawal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import build
import pytest
import solicited
from desks import Office, office, submission
from store_samples import fields, item

from mailbot.clock import SHANGHAI
from mailbot.config import Review
from mailbot.errors import ConfigError, MailbotError, NotFound, StateError
from mailbot.facts import Adoption, Demerit, Failure, Instruction, ManualAdjustment, Secondment
from mailbot.model import LetterKind, LetterState, Month, Outcome, Reason, SubmissionState
from mailbot.workflow.mail import review
from mailbot.workflow.marks import credit, naming
from mailbot.workflow.marks.credit import Who
from mailbot.workflow.office.written import persons as several_persons
from mailbot.workflow.solicitations import solicit

BY = Who(by="周某某")
DAY = date(2019, 4, 10)
ONE, TWO, HELD = "20190405-7F3A9K", "20190406-8G4B0M", "20190407-9H5C1N"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    """An office on 12 April 2019 with two items of two units on record, and one that is held."""
    made = office(tmp_path / "var")
    store = made.desk.store
    item(store, ONE, uid=1, given=fields("春耕备播进展情况", "港上镇"))
    item(store, TWO, uid=2, given=fields("义务教育均衡发展", "县教体局"), sender="jtj@oa.tancheng.example")
    item(store, HELD, uid=3, given=fields("河道清淤", "县水利局"), state=SubmissionState.HELD)
    yield made
    store.close()


def refused(call: object) -> MailbotError:
    with pytest.raises(MailbotError) as caught:
        call()  # type: ignore[operator]
    return caught.value


# ---- each verb


def test_an_adoption_is_a_fact_of_its_day_under_the_name_of_who_entered_it(at: Office) -> None:
    """Publication by name; the item is adopted from now on; an event says who did it."""
    entry = credit.adopt(at.desk, ONE, "县普刊", day=DAY, who=BY, issue=" 第7期 ")

    assert isinstance(entry.fact, Adoption)
    assert (entry.fact.item, entry.fact.publication, entry.fact.issue) == (ONE, "county_journal", "第7期")
    assert (str(entry.fact.at), entry.fact.by) == ("2019-04-10", "周某某")
    assert at.desk.store.submission(ONE).adopted
    (event,) = at.desk.store.events(verb="fact_entered")
    assert (event.who, event.subject, event.details["kind"]) == ("周某某", "fact:F1", "adoption")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("县普刊", "county_journal"),
        ("county_journal", "county_journal"),
        ("市专报采用", "city_special"),
        (" 简讯 ", "county_brief"),
    ],
)
def test_a_publication_is_known_by_code_name_or_label(at: Office, written: str, code: str) -> None:
    """As the notice labels it (市专报采用), too."""
    entry = credit.adopt(at.desk, ONE, written, day=DAY, who=BY)
    assert isinstance(entry.fact, Adoption)
    assert entry.fact.publication == code


def test_items_merged_into_one_piece_share_it(at: Office) -> None:
    """One fact per item, bound together, so that each unit is credited (A19)."""
    entries = credit.merge(at.desk, [ONE, TWO, ONE], "市专报", day=DAY, who=BY)

    assert [entry.fact.item for entry in entries if isinstance(entry.fact, Adoption)] == [ONE, TWO]
    pieces = {entry.fact.composite for entry in entries if isinstance(entry.fact, Adoption)}
    assert len(pieces) == 1
    assert "" not in pieces
    assert (
        refused(lambda: credit.merge(at.desk, [ONE, ONE], "市普刊", day=DAY, who=BY)).code == "fact_few_items"
    )


def test_an_instruction_keeps_level_leader_text_and_when_an_answer_is_due(at: Office) -> None:
    """What was written is a remark of the fact."""
    who = Who(by="周某某", note="请教体局推广。")
    entry = credit.instruct(
        at.desk, TWO, "县政府", day=DAY, who=who, leader="县长", answer_by=date(2019, 4, 30)
    )

    assert isinstance(entry.fact, Instruction)
    assert (entry.fact.level, entry.fact.leader) == ("county", "县长")
    assert (entry.note, entry.answer_by) == ("请教体局推广。", date(2019, 4, 30))
    early = refused(
        lambda: credit.instruct(at.desk, TWO, "市政府", day=DAY, who=BY, answer_by=date(2019, 4, 9))
    )
    assert early.code == "fact_answer_early"


def test_instructions_wait_for_their_answer(at: Office) -> None:
    """The earliest due first; a mail answers by its id or its number; withdrawn ones wait no more."""
    for number, level, due in ((ONE, "县政府", 30), (TWO, "市政府", 20), (TWO, "省政府", 25)):
        credit.instruct(at.desk, number, level, day=DAY, who=BY, answer_by=date(2019, 4, due))
    credit.instruct(at.desk, ONE, "市政府", day=DAY, who=BY)
    assert [entry.fact.id for entry in credit.unanswered(at.desk)] == ["F2", "F3", "F1"]

    mail = at.desk.store.submission(TWO).mail_id
    assert credit.note_feedback(at.desk, "F2", str(mail), by="吴某某").answers == (mail,)
    assert credit.note_feedback(at.desk, "F3", TWO, by="吴某某").answers == (mail,)
    assert [entry.fact.id for entry in credit.unanswered(at.desk)] == ["F1"]
    assert [(e.who, e.subject) for e in at.desk.store.events(verb="instruction_answered")] == [
        ("吴某某", "fact:F3"),
        ("吴某某", "fact:F2"),
    ]
    credit.withdraw(at.desk, "F1", "不是批示", by="周某某")
    assert credit.unanswered(at.desk) == []


def test_only_a_standing_instruction_is_answered_by_a_mail_that_is_there(at: Office) -> None:
    """An adoption asks for nothing; a mail that never came answers nothing."""
    credit.adopt(at.desk, ONE, "县普刊", day=DAY, who=BY)
    credit.instruct(at.desk, ONE, "县政府", day=DAY, who=BY)
    assert (
        refused(lambda: credit.note_feedback(at.desk, "F1", "1", by="周某某")).code == "fact_no_instruction"
    )
    assert refused(lambda: credit.note_feedback(at.desk, "F2", "999", by="周某某")).code == "no_mail"
    credit.withdraw(at.desk, "F2", "登记错了", by="周某某")
    assert refused(lambda: credit.note_feedback(at.desk, "F2", "1", by="周某某")).code == "fact_withdrawn"


def test_a_secondment_is_of_persons_in_a_month(at: Office) -> None:
    """The unit as anybody writes it; a person is entered once a month."""
    entry = credit.second(at.desk, "教体局", Month(2019, 3), ["孙某某", " 孙某某 ", "李某"], who=BY)

    assert isinstance(entry.fact, Secondment)
    assert (entry.fact.unit, entry.fact.persons) == ("县教体局", ("孙某某", "李某"))
    assert str(entry.fact.at) == "2019-03-01"
    again = refused(lambda: credit.second(at.desk, "县教体局", Month(2019, 3), ["李某"], who=BY))
    assert (again.code, again.details["fact"]) == ("fact_known", "F1")
    credit.second(at.desk, "县教体局", Month(2019, 4), ["李某"], who=BY)
    for persons, month, code in (([" "], 4, "fact_no_person"), (["王某"], 5, "fact_future")):
        assert (
            refused(
                lambda p=persons, m=month: credit.second(at.desk, "县教体局", Month(2019, m), p, who=BY)
            ).code
            == code
        )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("王 强", ("王强",)),
        ("王\u3000强、李四", ("王强", "李四")),
        ("王强 李四", ("王强", "李四")),
        ("王 强 李 四", ("王强", "李四")),
        ("彭一鸣，张 三；李四", ("彭一鸣", "张三", "李四")),
        (" ", ()),
    ],
)
def test_a_blank_within_a_name_does_not_make_two_persons(text: str, names: tuple[str, ...]) -> None:
    """Each of them would be credited with 以干代训."""
    assert several_persons(text) == names


def test_a_fault_names_its_items_and_who_is_let_off(at: Office) -> None:
    """low_quality needs its kind."""
    entry = credit.demerit(at.desk, "low_quality", [ONE], day=DAY, who=BY, kind="内容空乏")

    assert isinstance(entry.fact, Demerit)
    assert (entry.fact.code, entry.fact.items, entry.fact.kind) == ("low_quality", (ONE,), "内容空乏")


@pytest.mark.parametrize(
    ("code", "numbers", "more", "refusal"),
    [
        ("low_quality", [ONE], {}, "fact_unknown_kind"),
        ("low_quality", [ONE], {"kind": "内容空泛"}, "fact_unknown_kind"),
        ("poorly", [ONE], {}, "fact_unknown_fault"),
        ("plagiarised", [], {}, "fact_few_items"),
        ("similar", [ONE], {}, "fact_few_items"),
        ("similar", [ONE, TWO], {"exempt": [ONE, TWO]}, "fact_exempt"),
        ("plagiarised", [ONE], {"exempt": [TWO]}, "fact_exempt"),
        ("similar", [ONE, TWO], {}, "fact_fault_elsewhere"),
    ],
)  # fmt: skip
def test_a_fault_that_cannot_be_is_refused(
    at: Office, code: str, numbers: list[str], more: dict[str, object], refusal: str
) -> None:
    """Unknown words, too few items, nobody left to bear it, or 雷同 among items nobody was asked for."""
    error = refused(lambda: credit.demerit(at.desk, code, numbers, day=DAY, who=BY, **more))  # type: ignore[arg-type]
    assert error.code == refusal
    assert at.desk.store.facts() == []


def test_a_major_failure_is_of_a_unit_and_a_kind(at: Office) -> None:
    """What it was about is a remark."""
    who = Who(by="周某某", note="汛情迟报两小时")
    entry = credit.major_failure(at.desk, "水利局", "迟报", day=DAY, who=who)
    assert isinstance(entry.fact, Failure)
    assert (entry.fact.unit, entry.fact.kind, entry.note) == ("县水利局", "迟报", "汛情迟报两小时")
    assert (
        refused(lambda: credit.major_failure(at.desk, "水利局", "晚报", day=DAY, who=BY)).code
        == "fact_unknown_kind"
    )


def test_an_adjustment_has_points_and_a_reason(at: Office) -> None:
    """Exact, within the scheme's decimals."""
    entry = credit.adjust(at.desk, "县教体局", "-0.5", day=DAY, who=Who(by="周某某", note="上年差错更正"))
    assert isinstance(entry.fact, ManualAdjustment)
    assert (entry.fact.points, entry.fact.reason) == (Decimal("-0.5"), "上年差错更正")
    for points in ("", "x", "0", "nan", "inf", "0.25", "1e9"):
        wrong = refused(
            lambda p=points: credit.adjust(at.desk, "县教体局", p, day=DAY, who=Who(by="周", note="x"))
        )
        assert wrong.code == "fact_bad_points", points
    assert (
        refused(lambda: credit.adjust(at.desk, "县教体局", "1", day=DAY, who=BY)).code == "fact_needs_reason"
    )


# ---- what every entry is held to


def test_a_fact_is_entered_by_somebody(at: Office) -> None:
    """A name, in one line."""
    for name in ("", "  ", "\u200b", "x" * 41):
        wrong = refused(lambda n=name: credit.adopt(at.desk, ONE, "县普刊", day=DAY, who=Who(by=n)))
        assert wrong.code == "fact_needs_name"
    assert at.desk.store.facts() == []
    assert not at.desk.store.submission(ONE).adopted


def test_what_has_not_happened_is_no_fact(at: Office) -> None:
    """Today is the last day that may be named."""
    credit.adopt(at.desk, ONE, "县普刊", day=date(2019, 4, 12), who=BY)
    wrong = refused(lambda: credit.adopt(at.desk, TWO, "县普刊", day=date(2019, 4, 13), who=BY))
    assert (wrong.code, wrong.details["day"]) == ("fact_future", "2019-04-13")


def test_a_mistyped_number_gets_the_nearest_ones(at: Office) -> None:
    """Letters that the numbers have not are the figures they look like; other slips get a hint."""
    for written in (
        "20190405-7f3a9k",
        " 20190405－7F3A9K ",
        "20190405 7F3A9K",
        "2019O405-7F3A9K".replace("O", "0"),
    ):
        assert naming.item(at.desk, written).number == ONE
    assert naming.item(at.desk, "20190406-8G4BOM").number == TWO
    wrong = refused(lambda: credit.adopt(at.desk, "20190405-7F3A9X", "县普刊", day=DAY, who=BY))
    assert isinstance(wrong, NotFound)
    assert (wrong.code, wrong.details["hint"].split()[0]) == ("fact_no_item", ONE)
    wrong = refused(lambda: naming.item(at.desk, "20190504-7F3A9K"))
    assert wrong.details["hint"] == ONE
    assert refused(lambda: naming.item(at.desk, "")).code == "fact_no_item"


def test_an_item_that_is_not_accepted_is_not_credited(at: Office) -> None:
    """It must be accepted first."""
    wrong = refused(lambda: credit.adopt(at.desk, HELD, "县普刊", day=DAY, who=BY))
    assert isinstance(wrong, StateError)
    assert (wrong.code, wrong.details["state"]) == ("fact_item_state", "held")


def test_unknown_words_get_a_hint_and_the_choice(at: Office) -> None:
    """Publication, level and unit."""
    wrong = refused(lambda: credit.adopt(at.desk, ONE, "省要清", day=DAY, who=BY))
    assert isinstance(wrong, ConfigError)
    assert (wrong.code, wrong.details["hint"]) == ("fact_unknown_publication", "省要情")
    assert "省要情" in wrong.details["choices"]
    wrong = refused(lambda: credit.instruct(at.desk, ONE, "县领导", day=DAY, who=BY))
    assert (wrong.code, wrong.details["choices"]) == ("fact_unknown_level", "国务院 省政府 市政府 县政府")
    wrong = refused(lambda: credit.second(at.desk, "县气象局", Month(2019, 4), ["李某"], who=BY))
    assert wrong.code == "fact_unknown_unit"


def test_the_same_is_not_entered_twice(at: Office) -> None:
    """A second click names the first entry; another issue, level or item is something else."""
    credit.adopt(at.desk, ONE, "县普刊", day=DAY, who=BY)
    again = refused(lambda: credit.adopt(at.desk, ONE, "普刊", day=date(2019, 4, 11), who=BY))
    assert (again.code, again.details["fact"]) == ("fact_known", "F1")
    entered = credit.adopt(at.desk, ONE, "县普刊", day=DAY, who=BY, issue="8").fact
    assert isinstance(entered, Adoption)
    assert entered.issue == "第8期"
    for spelt in ("8", "08", "第8期"):
        again = refused(partial(credit.adopt, at.desk, ONE, "县普刊", day=DAY, who=BY, issue=spelt))
        assert (again.code, again.details["fact"]) == ("fact_known", "F2")
    credit.adopt(at.desk, TWO, "县普刊", day=DAY, who=BY)
    credit.instruct(at.desk, ONE, "县政府", day=DAY, who=BY)
    assert refused(lambda: credit.instruct(at.desk, ONE, "县政府", day=DAY, who=BY)).code == "fact_known"


def test_a_withdrawn_fact_may_be_entered_again(at: Office) -> None:
    """Withdrawn with a reason under a name, which stand on record."""
    credit.adopt(at.desk, ONE, "县普刊", day=DAY, who=BY)
    assert refused(lambda: credit.withdraw(at.desk, "F1", " ", by="吴某某")).code == "fact_needs_reason"
    entry = credit.withdraw(at.desk, "1", "刊物错了", by="吴某某")

    assert entry.withdrawn is not None
    assert (entry.withdrawn.by, entry.withdrawn.reason) == ("吴某某", "刊物错了")
    assert not at.desk.store.submission(ONE).adopted
    assert refused(lambda: credit.withdraw(at.desk, "F1", "再一次", by="吴某某")).code == "fact_withdrawn"
    assert credit.adopt(at.desk, ONE, "县普刊", day=DAY, who=BY).fact.id == "F2"
    (event,) = at.desk.store.events(verb="fact_withdrawn")
    assert (event.who, event.details["reason"]) == ("吴某某", "刊物错了")


def test_a_changed_document_of_an_adopted_item_is_a_new_item(at: Office) -> None:
    """Not yet 采用 it is a new version; afterwards the adopted text must stay as it was adopted."""
    first = at.one(submission())
    second = at.one(submission(lines=("改过的第一稿，内容与前稿不同，数字已经核实。" * 5,)))
    assert (first.number, second.number) == (first.number, first.number)
    assert first.number is not None

    credit.adopt(at.desk, first.number, "县普刊", day=DAY, who=BY)
    third = at.one(submission(lines=("采用以后又改的一稿，另有新的情况和数字要报。" * 5,)))
    assert third.number != first.number
    assert at.desk.store.submission(first.number).versions == 2


# ---- word to the submitter


def test_an_adopted_item_s_submitter_is_told(tmp_path: Path) -> None:
    """In the thread of the item's mail, to its sender, about this item; one letter for each fact."""
    made = office(tmp_path / "var", review=Review(feedback="at_once"))
    row = made.one(submission())
    assert row.number is not None
    credit.adopt(made.desk, row.number, "市专报", day=DAY, who=BY, issue="12")
    credit.instruct(made.desk, row.number, "县政府", day=DAY, who=BY, answer_by=date(2019, 4, 30))

    first, second = made.letters(LetterKind.FEEDBACK)
    assert (first.state, first.recipient, first.number) == (LetterState.READY, row.sender, row.number)
    assert first.subject == "采用反馈：建立困难群众救助“一门受理”机制"
    assert made.desk.store.thread(first.id) == (row.message_id, (row.message_id,))
    assert first.body == (
        "县民政局 彭一鸣 同志：\n\n"
        "您单位报送的信息已被市政府办公室《专报》第12期采用。\n\n"
        f"　编　　号：{row.number}\n"
        "　标　　题：建立困难群众救助“一门受理”机制\n"
        "　采用日期：2019年4月10日\n\n"
        "如有出入，请直接回复本邮件说明，由信息科人工处理。\n"
        "信息科　联系电话：6106766\n"
    )
    assert second.subject.startswith("批示通知：")
    assert "获县政府领导批示。" in second.body
    assert "请于 2019年4月30日前将批示落实情况" in second.body


def test_a_letter_waits_where_the_office_wants_it_so(at: Office) -> None:
    """The default; it goes when a person lets it."""
    credit.adopt(at.desk, TWO, "报市办", day=DAY, who=BY)
    (letter,) = at.letters(LetterKind.FEEDBACK)
    assert (letter.state, letter.content) == (LetterState.HELD, None)
    assert "已由县政府办公室报市政府办公室。" in letter.body

    review.release(at.desk, letter.id, by="周某某")
    assert at.desk.store.letter(letter.id).state is LetterState.READY


def test_no_letter_is_written_where_none_is_wanted(tmp_path: Path, at: Office) -> None:
    """Neither by setting nor for what is brought in from the past; faults are never told this way."""
    made = office(tmp_path / "other", review=Review(feedback="none"))
    item(made.desk.store, ONE)
    credit.adopt(made.desk, ONE, "县普刊", day=DAY, who=BY)
    assert made.letters(LetterKind.FEEDBACK) == []

    credit.adopt(at.desk, ONE, "县普刊", day=DAY, who=Who(by="周某某", tell=False))
    credit.demerit(at.desk, "plagiarised", [TWO], day=DAY, who=BY)
    assert at.letters(LetterKind.FEEDBACK) == []


def test_withdrawing_a_fact_takes_its_letter_back(at: Office) -> None:
    """Unless it has gone; the other letters stay."""
    credit.adopt(at.desk, ONE, "县普刊", day=DAY, who=BY)
    credit.adopt(at.desk, TWO, "县普刊", day=DAY, who=BY)
    credit.withdraw(at.desk, "F1", "登记错了", by="周某某")

    assert [letter.state for letter in at.letters(LetterKind.FEEDBACK)] == [
        LetterState.WITHDRAWN,
        LetterState.HELD,
    ]


# ---- what is written back


def test_a_reply_to_such_a_letter_is_a_person_s_and_stands_beside_its_fact(tmp_path: Path) -> None:
    """Held however long it is, not answered, and taken as the 批示反馈 where a person says so."""
    made = office(tmp_path / "var", review=Review(feedback="at_once"))
    row = made.one(submission())
    assert row.number is not None
    entry = credit.instruct(made.desk, row.number, "县政府", day=DAY, who=BY, answer_by=date(2019, 4, 30))
    (letter,) = made.letters(LetterKind.FEEDBACK)
    told = "现将批示落实情况报告如下：已对全县困难群众逐户走访，完善台账，兑现救助资金。" * 12
    back = made.one(
        build.mail(
            subject=f"回复：{letter.subject}",
            text=told,
            headers={"In-Reply-To": letter.message_id, "References": letter.message_id},
        )
    )
    assert (back.outcome, made.letter(back)) == (Outcome.HELD, None)
    assert made.verdict(back).reasons == (Reason.FEEDBACK_REPLY,)
    assert [mail.id for mail in review.unread_matters(made.desk)] == [back.id]
    assert "feedback_reply" in made.verbs(f"fact:{entry.fact.id}")

    credit.note_feedback(made.desk, entry.fact.id, str(back.id), by="周某某")
    assert credit.unanswered(made.desk) == []


def test_the_reply_of_a_new_year_to_a_solicitation_of_the_old_one_is_a_reply(tmp_path: Path) -> None:
    """Late over the turn of the year; and no reply any more once the 约稿 was taken back."""
    made = solicited.office(tmp_path / "var", now=datetime(2019, 12, 27, 9, tzinfo=SHANGHAI))
    code = solicited.opened(made, deadline=datetime(2019, 12, 30, 17, tzinfo=SHANGHAI))
    made.clock.set(datetime(2020, 1, 2, 9, tzinfo=SHANGHAI))
    rows = made.take(
        *(
            solicited.answer(unit, subject=f"约稿{code} {solicited.TITLE} {unit} 张一鸣 6220001")
            for unit in ("县民政局", "县水利局")
        )
    )
    numbers, today = [solicited.number(row) for row in rows], made.clock.now().date()
    assert [made.desk.store.solicitation_answered(number) for number in numbers] == [code, code]
    entry = credit.demerit(made.desk, "similar", numbers, day=today, who=BY)
    credit.withdraw(made.desk, entry.fact.id, "误登", by="周某某")
    solicit.cancel(made.desk, code, by="李科员", reason="误发")
    assert made.desk.store.solicitation_answered(numbers[0]) == ""
    error = refused(lambda: credit.demerit(made.desk, "similar", numbers, day=today, who=BY))
    assert error.code == "fact_fault_elsewhere"
    made.desk.store.close()
