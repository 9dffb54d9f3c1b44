"""workflow/mail/corpus.py: reference texts for 网络抄袭, from a folder of files to a word to the section."""

from __future__ import annotations

from pathlib import Path

import pytest
from desks import Office, office, submission

from mailbot.cli import main
from mailbot.cli.words import packaged
from mailbot.intake.likeness import containment
from mailbot.model import LetterKind, Outcome, Reason
from mailbot.policy import Audience
from mailbot.render import letters
from mailbot.workflow.mail import corpus, notify, showing
from mailbot.workflow.office import homes

COPIED = (
    "近年来，某县坚持把优化营商环境作为头号工程，推行“一窗受理、集成服务”改革，"
    "设置综合受理窗口36个，将分散在22个部门的784项事项全部纳入综合窗口办理，群众办事由找部门变为找政府。",
    "建立帮办代办队伍，在13个乡镇和重点村设立代办点，为企业和群众提供免费帮办代办服务1.2万件次，满意率达到99.6%。",
)
ARTICLE = "某市新闻网报道\n" + "\n".join(COPIED) + "\n" + "据了解，下一步该县还将继续深化改革。" * 30
NAME = "某市新闻网 2019-03-02.txt"


@pytest.fixture
def here(tmp_path: Path) -> Office:
    """An office whose corpus holds one article."""
    made = office(tmp_path)
    lay(made, NAME, ARTICLE.encode())
    return made


def lay(here: Office, name: str, content: bytes) -> Path:
    path = here.desk.config.home / corpus.FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_copied_text_is_registered_and_told_to_the_section_alone(here: Office) -> None:
    """Which text and how much of it; no word to the unit, and nothing that counts."""
    corpus.index(here.desk)
    row = here.one(submission("我县深化改革优化营商环境", lines=COPIED))
    assert row.outcome is Outcome.ACCEPTED
    (finding,) = [f for f in here.verdict(row).findings if f.reason is Reason.CORPUS_LIKENESS]
    document = here.desk.store.document_text(here.desk.store.submission(row.number or "").document_sha256)
    assert finding.details == {"name": NAME, "share": f"{containment(document, ARTICLE):.0%}"}
    told = letters.sentences(here.verdict(row), here.desk.policy.wording, audience=Audience.SECTION)
    assert told[0].startswith(f"约 {finding.details['share']} 的文字与对照文本“{NAME}”相同")
    receipt = here.letter(row)
    assert receipt is not None
    assert receipt.kind is LetterKind.RECEIPT
    assert "对照" not in receipt.body
    here.clock.sleep(60)
    notify.digest(here.desk, since=row.arrived_at, until=here.clock.now())
    assert NAME in here.letters(LetterKind.DIGEST)[0].body


def test_a_text_of_ones_own_is_left_alone(here: Office) -> None:
    """As is one that has a sentence in common."""
    corpus.index(here.desk)
    own = "县民政局在13个乡镇设立“一门受理”窗口，统一受理低保、特困、临时救助申请，平均时限缩短至12天。" * 3
    for title, lines in (("一门受理", (own,)), ("救助", (own, COPIED[1][:40]))):
        row = here.one(submission(title, lines=lines))
        assert Reason.CORPUS_LIKENESS not in here.verdict(row).reasons


def test_nothing_is_compared_before_the_folder_was_read(here: Office) -> None:
    """And a text that was taken out of it is compared with no more."""
    before = here.one(submission("甲", lines=COPIED))
    corpus.index(here.desk)
    (here.desk.config.home / corpus.FOLDER / NAME).unlink()
    assert corpus.index(here.desk).gone == 1
    after = here.one(submission("乙", unit="县水利局", sender="slj@x.example", lines=(COPIED[0] * 2,)))
    for row in (before, after):
        assert Reason.CORPUS_LIKENESS not in here.verdict(row).reasons


def test_the_folder_is_read_again_only_where_it_changed(here: Office) -> None:
    """New, changed and gone are counted; the record has one line for what changed and none otherwise."""
    lay(here, "其他/乙.TXT", "另一篇文章".encode("gb18030"))
    lay(here, "说明.md", b"# no text")
    first = corpus.index(here.desk, by="周正")
    assert (first.new, first.changed, first.gone, first.total) == (2, 0, 0, 2)
    assert corpus.index(here.desk) == corpus.Indexed(total=2)
    lay(here, NAME, b"\xef\xbb\xbf" + "改过的文章".encode())
    (here.desk.config.home / corpus.FOLDER / "其他/乙.TXT").unlink()
    third = corpus.index(here.desk)
    assert (third.new, third.changed, third.gone, third.total) == (0, 1, 1, 1)
    assert here.desk.store.reference_text(NAME) == "改过的文章"
    events = here.desk.store.events(verb="corpus_indexed")
    assert [event.who for event in events] == ["mailbot", "周正"]


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x03", b"\xff\xfe\xff", b"a\xff\xff\xff"])
def test_what_is_no_text_is_named_and_harms_nothing(here: Office, content: bytes) -> None:
    """What was read of it before stays."""
    corpus.index(here.desk)
    lay(here, NAME, content)
    lay(here, "好.txt", "一篇文章".encode())
    done = corpus.index(here.desk)
    assert (done.refused, done.new, done.total) == ((NAME,), 1, 2)
    assert here.desk.store.reference_text(NAME) == ARTICLE


def test_a_file_over_the_bound_is_not_read(here: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten megabytes are five million characters."""
    monkeypatch.setattr(corpus, "MAX_BYTES", 100)
    assert corpus.index(here.desk).refused == (NAME,)


def test_an_office_without_the_folder_has_nothing_to_compare_with(tmp_path: Path) -> None:
    """Nobody put anything there yet."""
    assert corpus.index(office(tmp_path).desk) == corpus.Indexed()


def test_item_and_reference_stand_side_by_side(here: Office) -> None:
    """With what they share marked; of a long text what is around it."""
    long = "无关的文字，" * 12_000 + "\n" + "\n".join(COPIED) + "\n" + "其后的文字，" * 12_000
    lay(here, "长.txt", long.encode())
    corpus.index(here.desk)
    row = here.one(submission("我县深化改革", lines=COPIED))
    item = here.desk.store.submission(row.number or "")
    found = {one.name: one for one in showing.corpus_comparisons(here.desk, item)}
    assert set(found) == {NAME, "长.txt"}
    for one in found.values():
        shared = "".join(piece.text for piece in one.theirs if piece.shared)
        assert COPIED[0] in shared.replace("\n", "") or COPIED[0][:-1] in shared
    shown = "".join(piece.text for piece in found["长.txt"].theirs)
    assert shown.startswith("…") and shown.endswith("…")
    assert len(shown) < 2000
    with here.desk.store.transaction():
        here.desk.store.drop_reference(NAME)
    assert [one.name for one in showing.corpus_comparisons(here.desk, item)] == ["长.txt"]


def test_the_command_reads_the_folder_of_the_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is there, and 1 where a file is no text."""
    homes.make(tmp_path, packaged)
    folder = tmp_path / "data/corpus"
    (folder / "甲.txt").write_text(ARTICLE, encoding="utf-8")
    assert main(["--home", str(tmp_path), "corpus", "index", "--by", "周正"]) == 0
    assert "共 1 篇：新读入 1 篇" in capsys.readouterr().out
    (folder / "乙.txt").write_bytes(b"\0\1")
    assert main(["--home", str(tmp_path), "corpus", "index"]) == 1
    assert "没有读入：乙.txt" in capsys.readouterr().out
