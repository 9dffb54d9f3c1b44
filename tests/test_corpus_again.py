"""The same again, mail after mail in one office: duplicates, versions, completions, other and joint units."""

from __future__ import annotations

from collections.abc import Iterator

import build
import build_word
import pytest
from corpus_submissions import prose
from road import Road, Seen

from mailbot.model import Correspondent, Outcome, Reason, Relation, SubmissionState

CLERK = Correspondent(address="matou@oa.tancheng.example", unit="马头镇", name="张三", phone="13900000001")
SENDER = "matou@oa.tancheng.example"
TITLE = "马头镇“三堂课”推动养殖产业升级"
TAIL = "-马头镇-张三-13900000001"
ACCEPTED, REMARKS, RETURNED = Outcome.ACCEPTED, Outcome.ACCEPTED_WITH_REMARKS, Outcome.RETURNED
TEXT = prose(20_000, 300)
WORD = build.docx(*TEXT, title=TITLE)
OTHER_TITLE = "马头镇启动防汛物资储备"
OTHER = build.docx(*prose(20_001, 300), title=OTHER_TITLE)


@pytest.fixture
def road() -> Iterator[Road]:
    with Road(CLERK) as road:
        yield road


def submit(
    road: Road,
    subject: str = TITLE + TAIL,
    *files: tuple[str, bytes],
    text: str = "请查收。",
    sender: str = SENDER,
    to: Seen | None = None,
    day: int = 12,
) -> Seen:
    """One mail; `to` is what it replies to: its receipt."""
    parent = to.letter.message_id if to is not None and to.letter is not None else None
    return road.take(
        build.mail(
            subject=subject,
            text=text,
            sender=sender,
            files=files,
            in_reply_to=parent,
            references=parent,
            date=f"{day} Apr 2019 09:30:00 +0800",
        )
    )


def state(road: Road, seen: Seen) -> SubmissionState:
    assert seen.number is not None
    return road.store.submission(seen.number).state


def test_the_same_file_again_is_a_duplicate_under_the_first_number(road: Road) -> None:
    """Named with the earlier number; the item is not counted twice."""
    first = submit(road, TITLE + TAIL, ("稿.docx", WORD))
    again = submit(road, f"重发：{TITLE}{TAIL}", ("稿(1).docx", WORD), text="再发一次")
    assert (again.outcome, again.number) == (Outcome.DUPLICATE, first.number)
    assert again.letter is not None and first.number is not None and first.number in again.letter.body


def test_the_same_text_as_doc_is_the_same_document(road: Road) -> None:
    """Saved again as .doc by another program."""
    first = submit(road, TITLE + TAIL, ("稿.docx", WORD))
    again = submit(road, TITLE + TAIL, ("稿.doc", build_word.doc("\r".join([TITLE, *TEXT, ""]))))
    assert (again.outcome, again.number) == (Outcome.DUPLICATE, first.number)


def test_the_very_bytes_again_are_a_silent_duplicate(road: Road) -> None:
    """A mail that a server delivers twice."""
    raw = build.mail(subject=TITLE + TAIL, sender=SENDER, files=[("稿.docx", WORD)])
    first, again = road.take(raw), road.take(raw)
    assert (again.outcome, again.number, again.letter) == (Outcome.DUPLICATE, first.number, None)


@pytest.mark.parametrize("mark", ["", "（修改稿）", "【修改稿】", "修改稿：", "（第二稿）"])
def test_a_changed_document_under_the_same_title_is_a_new_version(road: Road, mark: str) -> None:
    """Whatever word the writer has for it; the number stays."""
    first = submit(road, TITLE + TAIL, ("稿.docx", WORD))
    changed = build.docx(*TEXT[:-1], "又增加了一段新的内容。", title=TITLE)
    subject = f"{mark}{TITLE}{TAIL}" if mark.endswith(("：", "】")) else f"{TITLE}{mark}{TAIL}"
    again = submit(road, subject, ("修改稿.docx", changed), day=14)
    assert (again.verdict.relation, again.outcome, again.number) == (
        Relation.VERSION,
        ACCEPTED,
        first.number,
    )
    assert first.number is not None and road.store.submission(first.number).versions == 2


def test_after_thirty_days_it_is_a_new_item(road: Road) -> None:
    """A quarterly report has the same title each time."""
    first = submit(road, TITLE + TAIL, ("稿.docx", WORD), day=1)
    changed = build.docx(*TEXT[:-1], "又增加了一段新的内容。", title=TITLE)
    mail = build.mail(
        subject=TITLE + TAIL,
        sender=SENDER,
        files=[("稿.docx", changed)],
        date="Thu, 02 May 2019 09:30:00 +0800",
    )
    again = road.take(mail)
    assert (again.verdict.relation, again.number == first.number) == (Relation.NEW, False)


def test_the_same_text_from_another_unit_waits_for_a_person(road: Road) -> None:
    """雷同: no letter says so; the earlier item stays as it was."""
    first = submit(road, TITLE + TAIL, ("稿.docx", WORD))
    other = submit(
        road,
        "庙山镇“三堂课”推动养殖产业升级-庙山镇-李四-13900000002",
        ("稿.docx", build.docx(*TEXT, title="庙山镇“三堂课”推动养殖产业升级")),
        sender="miaoshan@oa.tancheng.example",
    )
    assert other.outcome is Outcome.HELD
    assert Reason.SAME_TEXT_OTHER_UNIT in other.reasons
    assert other.letter is not None and "雷同" not in other.letter.body
    assert state(road, first) is SubmissionState.ACCEPTED


@pytest.mark.parametrize("subject", ["回复：退回补正：{t}", "Re: {t}", "电话补上"])
def test_a_reply_with_what_was_missing_completes_the_item(road: Road, subject: str) -> None:
    """The number and the first arrival stay."""
    with Road() as office:
        first = submit(office, f"{TITLE}-马头镇-张三", ("稿.docx", WORD))
        assert first.reasons & {Reason.MISSING_CONTACTS}
        again = submit(office, subject.format(t=TITLE), text="电话：13900000001", to=first, day=15)
        assert (again.verdict.relation, again.number) == (Relation.COMPLETION, first.number)
        assert again.told == (TITLE, "马头镇", ("张三",), ("13900000001",))
        assert first.number is not None
        item = office.store.submission(first.number)
        assert (item.state, item.arrived_at.day) == (SubmissionState.ACCEPTED, 12)


def test_a_reply_with_the_word_file_completes_what_came_as_pdf(road: Road) -> None:
    """Under the subject of our letter, and with another title line in the file."""
    first = submit(road, TITLE + TAIL, ("稿.pdf", build.fake("pdf")))
    file = build.docx(*TEXT, title="“三堂课”推动养殖产业升级情况")
    again = submit(road, f"回复：退回补正：{TITLE}", ("稿.docx", file), to=first, day=13)
    assert (first.outcome, again.verdict.relation, again.number) == (
        RETURNED,
        Relation.COMPLETION,
        first.number,
    )
    assert again.told[0] == TITLE
    assert again.letter is not None and again.outcome in (ACCEPTED, REMARKS)


def test_a_resend_without_a_reply_completes_it_too(road: Road) -> None:
    """The same sender, the same title, now with Word."""
    first = submit(road, TITLE + TAIL)
    again = submit(road, TITLE + TAIL, ("稿.docx", WORD), day=13)
    assert (first.outcome, again.verdict.relation, again.number) == (
        RETURNED,
        Relation.COMPLETION,
        first.number,
    )


def test_another_item_after_a_return_is_its_own(road: Road) -> None:
    """The same sender, another title: what was returned stays returned."""
    first = submit(road, TITLE + TAIL)
    other = submit(road, OTHER_TITLE + TAIL, ("稿.docx", OTHER), day=13)
    assert (other.verdict.relation, other.outcome) == (Relation.NEW, ACCEPTED)
    assert state(road, first) is SubmissionState.RETURNED


@pytest.mark.parametrize(
    "subject",
    [
        OTHER_TITLE + TAIL,
        f"回复：{OTHER_TITLE}{TAIL}",
        f"回复：回执：{OTHER_TITLE}{TAIL}",
        f"回复：回执：{TITLE}",
        f"答复: 回执：{TITLE}",
    ],
)
def test_a_new_item_in_reply_to_an_old_receipt_is_new(road: Road, subject: str) -> None:
    """Clerks press reply to have the address; the old item must not be written over."""
    first = submit(road, TITLE + TAIL, ("稿.docx", WORD))
    other = submit(road, subject, ("新稿.docx", OTHER), to=first, day=15)
    assert (other.verdict.relation, other.outcome in (ACCEPTED, REMARKS)) == (Relation.NEW, True)
    assert other.told == (OTHER_TITLE, "马头镇", ("张三",), ("13900000001",))
    assert first.number is not None and road.store.submission(first.number).versions == 1


@pytest.mark.parametrize("title", [TITLE, "马头镇开展“三堂课”推动养殖产业升级", TITLE + "的做法"])
def test_a_better_text_in_reply_to_its_receipt_is_a_version(road: Road, title: str) -> None:
    """Even where the writer has smoothed the headline in the file."""
    first = submit(road, TITLE + TAIL, ("稿.docx", WORD))
    changed = build.docx(*TEXT[:-1], "又增加了一段新的内容。", title=title)
    again = submit(road, f"回复：回执：{TITLE}", ("稿.docx", changed), to=first, text="这是修改后的", day=13)
    assert (again.verdict.relation, again.number) == (Relation.VERSION, first.number)


def test_a_known_sender_who_names_another_unit_is_believed_with_a_remark(road: Road) -> None:
    """The subject's unit stands."""
    seen = submit(road, f"{OTHER_TITLE}-庙山镇-李四-13900000002", ("稿.docx", OTHER))
    assert (seen.told[1], seen.outcome) == ("庙山镇", REMARKS)
    assert Reason.SENDER_OF_OTHER_UNIT in seen.reasons


@pytest.mark.parametrize(
    "units", ["县民政局、县财政局", "县民政局 县财政局", "县民政局/县财政局", "县民政局和县财政局"]
)
def test_a_joint_submission_is_the_first_units(road: Road, units: str) -> None:
    """The others are named to the section."""
    seen = submit(road, f"城乡低保标准再提高-{units}-王芳-6220000", ("稿.docx", OTHER), sender="a@x.example")
    assert (seen.told[1], seen.fields.co_units) == ("县民政局", ("县财政局",))
    assert Reason.JOINT_SUBMISSION in seen.reasons and seen.outcome is ACCEPTED


def test_the_second_units_copy_of_a_joint_item_is_no_likeness(road: Road) -> None:
    """Both units send the same file: one item."""
    subject = "城乡低保标准再提高-{0}-王芳-6220000"
    first = submit(road, subject.format("县民政局、县财政局"), ("稿.docx", OTHER), sender="a@x.example")
    again = submit(road, subject.format("县财政局"), ("稿.docx", OTHER), sender="b@x.example")
    assert (again.outcome, again.number) == (Outcome.DUPLICATE, first.number)


def test_two_word_files_wait_for_a_person(road: Road) -> None:
    """一事一报; the sender is told that it is under review."""
    seen = submit(road, TITLE + TAIL, ("甲.docx", WORD), ("乙.docx", OTHER))
    assert (seen.outcome, Reason.SEVERAL_DOCUMENTS in seen.reasons) == (Outcome.HELD, True)
    assert seen.letter is not None


@pytest.mark.parametrize("subject", ["政务信息两篇", "信息3篇", "报送两条信息"])
def test_several_titles_in_one_subject_are_shown_to_the_section(road: Road, subject: str) -> None:
    """Accepted, with a word to the section."""
    seen = submit(road, subject + TAIL, ("稿.docx", WORD))
    assert Reason.SEVERAL_TITLES in seen.reasons
    assert seen.letter is not None


def test_a_correction_of_a_registered_item_is_heard(road: Road) -> None:
    """Held under the item, not lost among thanks and not a duplicate."""
    first = submit(road, TITLE + TAIL, ("稿.docx", WORD))
    for text in ("报送人有误，应为李四。", "联系电话写错了，改为13900000009"):
        seen = submit(road, f"回复：回执：{TITLE}", text=text, to=first)
        assert (seen.outcome, seen.reasons, seen.letter) == (Outcome.HELD, {Reason.CORRECTION}, None)
    seen = submit(road, f"回复：回执：{TITLE}", ("稿.docx", WORD), text="报送人有误，应为李四。", to=first)
    assert (seen.outcome, Reason.CORRECTION in seen.reasons) == (Outcome.HELD, True)
