"""One subject line: the labelled samples, no invented fields, and a cost in proportion to the length."""

from __future__ import annotations

import json
import re
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from steps import calls, stopped_after

from mailbot.errors import ConfigError
from mailbot.intake._line import Line, clean
from mailbot.intake._subject import walk
from mailbot.intake._vocabulary import vocabulary
from mailbot.intake.fields import read_subject
from mailbot.lexicon import Lexicon
from mailbot.model import Correspondent, SubjectReading
from mailbot.roster import Roster

HERE = Path(__file__).parent
POLICY = HERE.parent / "data/policy"
ROSTER = Roster.from_data(tomllib.loads((POLICY / "roster.toml").read_text("utf-8")))
LEXICON = Lexicon.from_data(tomllib.loads((POLICY / "lexicon.toml").read_text("utf-8")))
SAMPLES = ("subjects.jsonl", "subjects_more.jsonl")


def labelled(name: str) -> list[dict[str, Any]]:
    """The labelled subjects of one file."""
    return [json.loads(line) for line in (HERE / "data" / name).read_text("utf-8").splitlines()]


def read(subject: str, **known: Any) -> SubjectReading:
    """The reading under the packaged policy."""
    return read_subject(subject, ROSTER, LEXICON, **known)


def plain(value: object) -> object:
    """A title without spaces, NFKC; other fields as they are."""
    if not isinstance(value, str):
        return list(value) if isinstance(value, tuple | list) else value
    return re.sub(r"[\s\u200b-\u200d\ufeff]", "", unicodedata.normalize("NFKC", value))


def wrong_fields(case: dict[str, Any]) -> list[str]:
    """The fields read otherwise than labelled; the title of what is no submission does not count."""
    reading = read(case["subject"], sender_name=case.get("sender_name"))
    names = ["unit", "submitters", "contacts"] + (["title"] if case["category"] != "other" else [])
    return [
        name
        for name in names
        if all(
            plain(getattr(reading, name)) != plain(right)
            for right in [case[name], *case.get("alt", {}).get(name, [])]
        )
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_nearly_all_labelled_subjects_are_read_whole(name: str) -> None:
    """At least 99 of 100 lines right in every field, and no category below 9 of 10."""
    cases = labelled(name)
    wrong = [(case["subject"], fields) for case in cases if (fields := wrong_fields(case))]
    assert len(wrong) <= 0.01 * len(cases), wrong
    size, bad = (
        Counter(c["category"] for c in cases),
        Counter(c["category"] for c in cases if wrong_fields(c)),
    )
    assert not [category for category, count in bad.items() if count > 0.1 * size[category]]


@pytest.mark.parametrize("name", SAMPLES)
def test_hardly_any_field_is_invented(name: str) -> None:
    """A value where the label has none happens in at most 5 of 1,000 fields."""
    cases = labelled(name)
    invented = [
        (case["subject"], field)
        for case in cases
        for field in wrong_fields(case)
        if not case[field] and getattr(read(case["subject"]), field)
    ]
    assert len(invented) <= 0.005 * 4 * len(cases), invented


def test_a_display_name_never_supplies_a_field() -> None:
    """Only the subject counts (docs/subjects.md, rule 1, and so below)."""
    known = [Correspondent(address="a@x.example", unit="李庄镇", name="时建国", phone="6221234")]
    reading = read("蓝莓基地投产", sender_name="时建国", known=known)
    assert (reading.unit, reading.submitters, reading.contacts) == (None, (), ())


def test_a_display_name_decides_between_two_readings() -> None:
    """A word that could be a name is one where the sender is called so."""
    subject = "标准化果园建设 丰收 果品冷链 6221234"
    assert read(subject).submitters == ()
    assert read("果品冷链建设、丰收、县供销社、6221234", sender_name="丰收").submitters == ("丰收",)


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("蓝莓基地投产-李庄镇-侴亮-13563900024", "侴亮"),
        ("蓝莓基地投产 李庄镇 13563900024 妘小军", "妘小军"),
        ("李庄镇/13563900024/缑建民/蓝莓基地投产", "缑建民"),
        ("报送单位：李庄镇 报送人：尕藏 标题：蓝莓基地投产", "尕藏"),
        ("蓝莓基地投产-李庄镇-党政办侴亮-13563900024", "侴亮"),
        ("蓝莓基地投产李庄镇揣勇13563900024", "揣勇"),
        ("蓝莓基地投产-李庄镇-其其格-13563900024", "其其格"),
    ],
)
def test_a_name_no_list_knows_is_told_by_its_place(subject: str, name: str) -> None:
    """Between a unit and a number, beside either, or after a label (rule 16)."""
    reading = read(subject)
    assert (reading.title, reading.unit, reading.submitters) == ("蓝莓基地投产", "李庄镇", (name,))


@pytest.mark.parametrize(
    "subject",
    [
        "蓝莓基地投产 李庄镇 附表 13563900024",
        "蓝莓基地投产-李庄镇-林业科-13563900024",
        "蓝莓基地投产-李庄镇-桑庄村-13563900024",
        "蓝莓基地投产 喜获 顺利 13563900024",
        "县水利局 河长制 13563900024",
        "县水利局 防汛 13563900024",
    ],
)
def test_a_common_word_in_a_persons_place_names_nobody(subject: str) -> None:
    """An office, a village, a word of the trade, a phrase parted by spaces only: no field is invented."""
    assert read(subject).submitters == ()


def test_a_quotation_inside_a_sentence_is_no_name() -> None:
    """“田管家” is what the sentence is about, though 田 is a surname."""
    reading = read("孔祥龙 杨集镇“田管家”托管土地 杨集镇 13563900024")
    assert (reading.title, reading.submitters) == ("杨集镇“田管家”托管土地", ("孔祥龙",))


def test_reviewer_and_signer_are_recorded_and_no_submitters() -> None:
    """审核人 and 签发人 have fields of their own (rule 17)."""
    reading = read("蓝莓基地投产 签发：苗青 审核：毕海 撰稿：时建国 13563900024 李庄镇")
    assert (reading.signer, reading.reviewer, reading.submitters) == ("苗青", "毕海", ("时建国",))


def test_a_role_in_brackets_behind_a_name_takes_the_name() -> None:
    """毕海（审核） is the reviewer, not a second submitter."""
    reading = read("古镇焕新颜-马头镇-毕海（审核）-时建国-13012340000")
    assert (reading.reviewer, reading.submitters) == ("毕海", ("时建国",))


@pytest.mark.parametrize(
    "subject",
    [
        "【约稿2019-003】豆制品产业瓶颈-县工信局-廖凯-13563900012",
        "约稿〔2019〕003号：豆制品产业瓶颈-县工信局-廖凯-13563900012",
        "豆制品产业瓶颈-县工信局-廖凯-13563900012（约稿2019-003）",
    ],
)
def test_the_code_of_a_solicitation_is_kept(subject: str) -> None:
    """The tag is dropped from the title, its code is not lost."""
    reading = read(subject)
    assert (reading.solicitation, reading.title) == ("2019-003", "豆制品产业瓶颈")


def test_a_wrong_number_is_told_and_not_taken() -> None:
    """A mobile with ten digits is no contact, but the letter can name it (rule 21)."""
    reading = read("土地执法巡查-县自然资源和规划局-唐建华-1380539123")
    assert (reading.contacts, reading.bad_contacts) == ((), ("1380539123",))


def test_a_unit_off_the_roster_is_kept_as_written() -> None:
    """It is no field and no part of the title; the section will see how it was written (rule 11)."""
    reading = read("交警护学岗-县公安局-林龙-18851461915")
    assert (reading.unit, reading.unit_as_written, reading.title) == (None, "县公安局", "交警护学岗")


def test_a_joint_submission_has_its_other_units() -> None:
    """The first-named roster unit is the unit, the others are co-units (rule 12)."""
    reading = read("创业贷款-县公安局、县人社局、县财政局-时光-13563900022")
    assert (reading.unit, reading.co_units) == ("县人社局", ("县财政局",))


@pytest.mark.parametrize("prefix", ["自动回复：", "已读：", "Undeliverable: ", "撤回: ", "邮件投递失败："])
def test_what_machines_quote_states_nothing(prefix: str) -> None:
    """A unit, name or number quoted in an automatic answer is no field (rule 14)."""
    reading = read(prefix + "蓝莓基地投产-李庄镇-时建国-13563900024")
    assert (reading.unit, reading.submitters, reading.contacts) == (None, (), ())


def test_a_clear_subject_is_read_with_more_confidence_than_a_doubtful_one() -> None:
    """Confidence is the lead over the next best reading."""
    assert read("蓝莓基地投产-李庄镇-时建国-13563900024").confidence > 0.8
    assert read("6652867、安全生产、丰收、郯城街道办事处").confidence < 0.5


def test_the_written_characters_of_a_title_are_kept() -> None:
    """Folding is for comparison only: full width, traditional and capital letters stay as written."""
    assert read("林長制（試點）推行ＡＢＣ-李庄镇-时建国-13563900024").title == "林長制（試點）推行ＡＢＣ"


HOSTILE = [
    *"(（—- 、1a“《【\"'",
    "张三、",
    "县水利局-",
    "单位：",
    "报 ",
    "张·",
    "约稿",
    "2019-",
    "0539-",
    "Re:",
    "的",
    "信息",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_subjects_cost_in_proportion_to_their_length(unit: str) -> None:
    """Twice the length takes at most about twice the steps, and what is past 1,000 characters none."""
    words = vocabulary(LEXICON)

    def steps(length: int) -> int:
        text = clean((unit * length)[:length])
        return walk(Line(text, words.fold(text)), words, ROSTER)[2]

    assert steps(1000) <= 2.5 * steps(500) + 50
    assert steps(20_000) == steps(1000)


def test_a_long_hostile_subject_is_read_no_further_than_its_bound() -> None:
    """Mixed hostile pieces: 100,000 characters are no more work than 10,000, and neither is much."""
    mixed = "".join(HOSTILE)
    with stopped_after():
        few, many = (calls(lambda text=mixed * times: read(text)) for times in (300, 3000))  # type: ignore[misc]
    assert many < 1.1 * few < 100_000


def test_a_lexicon_that_does_not_fit_is_refused() -> None:
    """An unknown key or uneven character variants are errors, not silence."""
    data = tomllib.loads((POLICY / "lexicon.toml").read_text("utf-8"))
    with pytest.raises(ConfigError):
        Lexicon.from_data({**data, "lables": {}})
    with pytest.raises(ConfigError):
        Lexicon.from_data({**data, "variants": {"traditional": "縣鎮", "simplified": "县"}})


def test_a_damaged_subject_is_always_read() -> None:
    """Characters lost or strewn in raise nothing, and nobody is named who does not stand there."""
    random = Random(41)
    strewn = "-—_/|、，：（）【】《》“”\"' .·1380单位：报送人约稿Re:\x00\t①Ａ１+@"
    for case in random.sample(labelled("subjects_more.jsonl"), 400):
        text = case["subject"]
        for _ in range(4):
            at = random.randrange(len(text) + 1)
            text = text[:at] + random.choice(strewn) + text[at + random.randrange(3) :]
        for name in read(text).submitters:
            assert plain(name.replace("·", "")) in re.sub(r"[^\w]|_", "", str(plain(text)))
