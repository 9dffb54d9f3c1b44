"""What becomes of held items: which file is taken, and what the sender hears of a decision."""

from __future__ import annotations

import shutil
from pathlib import Path

import build
import pytest
from desks import NOW, POLICY, Box, Host, Office, office, submission

from mailbot.app import App
from mailbot.cli import main
from mailbot.cli.words import packaged
from mailbot.clock import FixedClock
from mailbot.config import Review
from mailbot.errors import MailbotError
from mailbot.model import LetterKind, LetterState, Outcome, Reason, Submission, SubmissionState
from mailbot.workflow.mail import choosing, deliver, review, showing
from mailbot.workflow.mail.reading import DirectReader
from mailbot.workflow.office import homes

BY = "周正"


@pytest.fixture
def here(tmp_path: Path) -> Office:
    """An office with an empty box."""
    return office(tmp_path)


def held(here: Office, **over: object) -> Submission:
    """One item that waits."""
    row = here.one(submission(**{"unit": "县公安局", **over}))  # type: ignore[arg-type]
    assert (row.outcome, row.number is None) == (Outcome.HELD, False)
    assert row.number is not None
    return here.desk.store.submission(row.number)


def test_who_was_promised_an_answer_gets_the_reason_in_the_same_thread(here: Office) -> None:
    """The held notice says 核对后另行回复: so it does, with what to do."""
    item = held(here)
    deliver.send_due(here.desk, Host())
    assert review.promised(here.desk, item)
    assert review.decline(here.desk, item.number, by=BY, reason="这是会议通知，不是政务信息")
    notice, letter = here.letters()
    assert (notice.kind, letter.kind) == (LetterKind.HELD_NOTICE, LetterKind.DECLINED)
    assert (letter.state, letter.recipient, letter.number) == (
        LetterState.READY,
        notice.recipient,
        item.number,
    )
    assert letter.subject == notice.subject.replace("回执：", "不予登记：", 1)
    assert letter.subject.startswith("不予登记：")
    assert "说明：这是会议通知，不是政务信息。\n" in letter.body
    assert "没有作为报送信息登记" in letter.body
    assert here.desk.store.thread(letter.id)[0] == here.desk.store.mail(item.mail_id).message_id
    assert here.desk.store.submission(item.number).state is SubmissionState.DECLINED


def test_who_was_promised_nothing_hears_nothing(here: Office) -> None:
    """Unless a person says so."""
    quiet, told = (
        held(
            here, sender=f"县民政局 <{name}@oa.tancheng.example>", title=f"关于召开{name}会议的通知", unit=""
        )
        for name in ("a", "b")
    )
    assert here.letters() == []
    assert not review.decline(here.desk, quiet.number, by=BY, reason="会议通知")
    assert here.letters() == []
    assert review.decline(here.desk, told.number, by=BY, reason="会议通知", tell=True)
    assert [letter.kind for letter in here.letters()] == [LetterKind.DECLINED]


def test_a_person_may_decline_in_silence(here: Office) -> None:
    """Although an answer was promised: the reason is on record alone."""
    item = held(here)
    assert not review.decline(here.desk, item.number, by=BY, reason="已电话说明", tell=False)
    assert [letter.kind for letter in here.letters()] == [LetterKind.HELD_NOTICE]


def test_a_notice_that_still_waits_does_not_go_once_the_item_is_decided(tmp_path: Path) -> None:
    """Nobody is told that an item is being looked at when it was declined or registered already."""
    here = office(tmp_path, review=Review(receipts="all"))
    first, second = held(here), held(here, title="推行护学岗制度", lines=("护学岗。" * 30,))
    assert not review.decline(here.desk, first.number, by=BY, reason="不是信息")
    review.accept(here.desk, second.number, by=BY, unit="县民政局")
    states = [(letter.kind, letter.state) for letter in here.letters()]
    assert states == [
        (LetterKind.HELD_NOTICE, LetterState.WITHDRAWN),
        (LetterKind.HELD_NOTICE, LetterState.WITHDRAWN),
        (LetterKind.RECEIPT, LetterState.READY),
    ]


def test_a_reply_to_the_word_that_it_was_declined_is_read_by_a_person(here: Office) -> None:
    """Who objects is not taken for somebody who says thanks."""
    item = held(here)
    review.decline(here.desk, item.number, by=BY, reason="不是信息")
    letter = here.letters(LetterKind.DECLINED)[0]
    row = here.one(
        build.mail(
            subject=f"回复：{letter.subject}",
            sender="县民政局 <mzj@oa.tancheng.example>",
            text="这份稿件确为政务信息，烦请再看一下。\n",
            headers={"In-Reply-To": letter.message_id},
        )
    )
    assert row.outcome is Outcome.HELD
    assert here.verdict(row).reasons == (Reason.CORRECTION,)


# ---- several Word files

SPRING = "李庄镇抓好春季田间管理，组织120名干部包村指导，落实浇水施肥面积3.2万亩，病虫防治1.1万亩。" * 2
SCHOOL = "李庄镇设立护学岗12处，安排民警和志愿者在上下学时段值守，学校周边交通秩序明显好转。" * 2


def two_files(here: Office, *names: str) -> Submission:
    """One mail with two items in it."""
    first, second = names or ("春季田管.docx", "护学岗.docx")
    row = here.one(
        build.mail(
            subject="信息两篇-李庄镇-张三-13900000001",
            sender="李庄镇 <lzz@oa.tancheng.example>",
            files=[
                (first, build.docx(SPRING, title="李庄镇抓好春季田管")),
                (second, build.docx(SCHOOL, title="李庄镇设立护学岗")),
                ("现场.jpg", b"\xff\xd8\xff" + b"x" * 500),
            ],
        )
    )
    assert row.number is not None
    return here.desk.store.submission(row.number)


def test_a_person_says_which_of_several_files_is_the_item(here: Office) -> None:
    """Its text, name and words are the item's; the receipt says what becomes of the other one."""
    item = two_files(here)
    offered = choosing.candidates(here.desk, item, here.reader)
    assert [one.name for one in offered] == ["春季田管.docx", "护学岗.docx"]
    choice = choosing.choose(here.desk, item, "护学岗.docx", here.reader)
    review.accept(here.desk, item.number, by=BY, title="李庄镇设立护学岗", choice=choice)
    now = here.desk.store.submission(item.number)
    assert (now.state, now.document_name) == (SubmissionState.ACCEPTED, "护学岗.docx")
    assert now.document_sha256 == offered[1].sha256
    assert now.words == offered[1].words
    assert "护学岗12处" in showing.text_of(here.desk, now)
    assert showing.document(here.desk, now, here.reader).name == "护学岗.docx"
    body = here.letters(LetterKind.RECEIPT)[0].body
    assert "收到附件：护学岗.docx（全文" in body
    assert "来信另附的 Word 文件“春季田管.docx”没有登记；需要报送的，请每条信息单独发一封邮件。" in body
    (event,) = here.desk.store.events(subject=f"item:{item.number}", verb="accepted")
    assert event.details["file"] == "护学岗.docx"


def test_the_other_file_then_comes_as_an_item_of_its_own(here: Office) -> None:
    """It is no duplicate of the mail that it came with first; the chosen one is."""
    item = two_files(here)
    choice = choosing.choose(here.desk, item, "护学岗.docx", here.reader)
    review.accept(here.desk, item.number, by=BY, title="李庄镇设立护学岗", choice=choice)
    more = {"unit": "李庄镇", "person": "张三", "sender": "李庄镇 <lzz@oa.tancheng.example>"}
    other = here.one(submission("李庄镇抓好春季田管", lines=(SPRING,), **more))  # type: ignore[arg-type]
    same = here.one(submission("李庄镇设立护学岗", lines=(SCHOOL,), **more))  # type: ignore[arg-type]
    assert other.number != item.number
    assert here.desk.store.submission(other.number or "").state is SubmissionState.ACCEPTED
    assert (same.outcome, same.number) == (Outcome.DUPLICATE, item.number)


def test_without_a_word_the_first_file_is_the_item(here: Office) -> None:
    """And its receipt names the other one all the same."""
    item = two_files(here)
    review.accept(here.desk, item.number, by=BY, choice=choosing.choose(here.desk, item, "", here.reader))
    assert here.desk.store.submission(item.number).document_name == "春季田管.docx"
    assert "“护学岗.docx”没有登记" in here.letters(LetterKind.RECEIPT)[0].body


def test_what_the_first_file_said_is_sought_in_the_chosen_one(here: Office) -> None:
    """A title that stood in the file alone is that of the file that counts."""
    row = here.one(
        build.mail(
            subject="李庄镇-张三-13900000001",
            sender="李庄镇 <lzz@oa.tancheng.example>",
            text=None,
            files=[
                ("a.docx", build.docx(SPRING, title="李庄镇抓好春季田管")),
                ("b.docx", build.docx(SCHOOL, title="李庄镇设立护学岗")),
            ],
        )
    )
    item = here.desk.store.submission(row.number or "")
    assert item.fields.title is not None and item.fields.title.value == "李庄镇抓好春季田管"
    choice = choosing.choose(here.desk, item, "B.DOCX", here.reader)
    review.accept(here.desk, item.number, by=BY, choice=choice)
    now = here.desk.store.submission(item.number)
    assert now.fields.title is not None and now.fields.title.value == "李庄镇设立护学岗"


def test_a_file_that_is_not_there_or_is_two_is_refused(here: Office) -> None:
    """Naming what there is; of two with one name the sha256 tells them apart."""
    item = two_files(here)
    with pytest.raises(MailbotError) as caught:
        choosing.choose(here.desk, item, "别的.docx", here.reader)
    assert caught.value.code == "no_such_file"
    assert caught.value.details["names"] == "春季田管.docx、护学岗.docx"
    twins = two_files(here, "稿件.docx", "稿件.docx")
    with pytest.raises(MailbotError) as caught:
        choosing.choose(here.desk, twins, "稿件.docx", here.reader)
    assert caught.value.code == "file_which"
    digest = caught.value.details["digests"].split("、")[1]
    choice = choosing.choose(here.desk, twins, digest, here.reader)
    assert choice is not None and choice.document.sha256.startswith(digest)
    assert choice.others == ("稿件.docx",)
    one = held(here)
    with pytest.raises(MailbotError):
        choosing.choose(here.desk, one, "别的.docx", here.reader)
    assert choosing.choose(here.desk, one, "", here.reader) is None


def test_a_file_that_is_registered_already_is_not_chosen(here: Office) -> None:
    """The unit sent it by itself before: two numbers for one item would count twice."""
    more = {"unit": "李庄镇", "person": "张三", "sender": "李庄镇 <lzz@oa.tancheng.example>"}
    row = here.one(submission("李庄镇设立护学岗", lines=(SCHOOL,), **more))  # type: ignore[arg-type]
    item = two_files(here)
    choice = choosing.choose(here.desk, item, "护学岗.docx", here.reader)
    with pytest.raises(MailbotError) as caught:
        review.accept(here.desk, item.number, by=BY, choice=choice)
    assert (caught.value.code, caught.value.details["number"]) == ("document_known", row.number)
    assert here.desk.store.submission(item.number) == item


# ---- the command line


def test_decisions_are_made_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which file, what is put right and told, what is declined in silence: each says what it did."""
    homes.make(tmp_path, packaged)
    shutil.copy(packaged("data/demo/config.toml"), tmp_path / "config.toml")
    at_home = App.open(tmp_path, {}, clock=FixedClock(NOW))
    here = Office(
        at_home.desk(), FixedClock(NOW), Box(), DirectReader(POLICY.intake.mail, POLICY.intake.document)
    )
    several, other, third = two_files(here), held(here), held(here, title="推行护学岗", lines=(SCHOOL,))

    def run(*arguments: str) -> str:
        assert main(["--home", str(tmp_path), "review", *arguments, "--by", BY]) == 0
        return capsys.readouterr().out

    assert "登记的信息稿是 护学岗.docx" in run("accept", several.number, "--file", "护学岗.docx")
    said = run("correct", several.number, "--title", "设立护学岗12处", "--contact", "6220001", "--tell")
    assert "已更正：标题、联系方式。更正回执将按顺序发送" in said
    assert "没有发信" in run("correct", several.number, "--submitter", "张三", "--submitter", "李四")
    assert "将发信告知报送单位" in run("decline", other.number, "--reason", "不在名单")
    assert "没有发信" in run("decline", third.number, "--reason", "已电话说明", "--quiet")
    assert main(["--home", str(tmp_path), "review", "correct", several.number]) == 2
    assert "--submitter" in capsys.readouterr().err
    assert main(["--home", str(tmp_path), "review", "correct", several.number, "--unit", "县农业农林局"]) == 2
    assert "是不是要写“县农业农村局”" in capsys.readouterr().err
    kinds = [letter.kind for letter in here.letters()]
    assert kinds.count(LetterKind.CORRECTED) == kinds.count(LetterKind.DECLINED) == 1
    here.desk.store.close()
