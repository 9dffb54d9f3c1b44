"""The roster: every way a clerk writes a unit means that unit, and no other county's bureau does."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest
from steps import calls, stopped_after

from mailbot.errors import ConfigError
from mailbot.roster import Roster, Strength, UnitKind

DATA = tomllib.loads((Path(__file__).parent.parent / "data/policy/roster.toml").read_text("utf-8"))
ROSTER = Roster.from_data(DATA)

WRITTEN = {
    "县教体局": "县教体局 教体局 郯城教体局 郯城县教育和体育局 教育局 体育局 教体 县教体局办公室",
    "县税务局": "国家税务总局郯城县税务局 郯城县国税局 地税局 税务 县税务局纳税服务科",
    "县环保局": "临沂市生态环境局郯城县分局 市生态环境局郯城分局 生态环境局 环保分局 环境保护局 环保",
    "人民银行": "中国人民银行郯城县支行 人行郯城支行 县人行 人民银行郯城县支行 中国人民银行",
    "县住建局": "郯城县住房和城乡建设局 住房城乡建设局 建设局 住建",
    "县应急管理局": "应急局 县安监局 安全生产监督管理局 郯城县应急管理局",
    "县自然资源和规划局": "自然资源局 国土局 国土资源局 规划局 林业局 自规局",
    "县市场监管局": "市场监督管理局 工商局 质监局 食药监局 市监局 食品药品监督管理局",
    "县粮食和物资储备中心": "粮食局 粮储中心 粮食和物资储备局 县粮食中心",
    "县综合执法局": "城管局 综合行政执法局 行政执法局 城市管理局",
    "县住房保障服务中心": "房管局 房产管理局 住保中心",
    "县地方金融发展服务中心": "金融办 地方金融监管局 金融服务中心",
    "县畜牧发展促进中心": "畜牧局 畜牧兽医局 畜牧中心",
    "县农业机械发展促进中心": "农机局 农机中心 郯城县农机局",
    "县文旅局": "文化和旅游局 文广新局 旅游局 县文化局",
    "县文化旅游发展中心": "文旅中心 文化旅游发展中心 旅游发展中心",
    "县扶贫办": "扶贫开发领导小组办公室 扶贫开发办公室 县扶贫办公室",
    "县行政审批服务局": "审批局 行政审批局 政务服务中心",
    "李庄镇": "李庄镇 李庄 郯城县李庄镇人民政府 李庄镇党政办 李庄镇党委 李庄镇政府办公室",
    "归昌乡": "归昌乡 归昌镇 归昌 郯城县归昌乡人民政府 归昌乡党政办公室",
    "郯城街道": "郯城街道 郯城街道办事处 郯城县郯城街道办事处 郯城街道党政办 街道办",
    "郯城经济开发区": "经济开发区 开发区 经开区 山东郯城经济开发区管理委员会 开发区管委会",
    "马陵山景区": "马陵山 马陵山景区管委会 马陵山风景区 郯城县马陵山景区",
    "新村银杏产业开发区": "新村 新村银杏开发区 银杏产业开发区管委会 新村管委会 新村乡",
}
FOREIGN = [
    *("县公安局", "郯城县人民检察院", "兰陵县水利局", "费县水利局", "临沂市水利局", "市水利局", "省水利厅"),
    *("罗庄区民政局", "马头镇派出所", "归昌乡中心小学", "马头镇中心卫生院", "县第一中学", "县人民医院"),
    *("县委宣传部", "团县委", "县政府办公室", "国网郯城县供电公司"),
]


@pytest.mark.parametrize(("written", "unit"), [(w, u) for u, ws in WRITTEN.items() for w in ws.split()])
def test_each_way_of_writing_means_its_unit(written: str, unit: str) -> None:
    """Official, short, former and slipped names, with inner offices, resolve (docs/subjects.md, rule 10)."""
    assert ROSTER.resolve(written) == unit


@pytest.mark.parametrize("written", FOREIGN)
def test_others_are_known_as_units_but_not_ours(written: str) -> None:
    """A body that is not on the roster is recognised as a unit and has no canonical name (rule 11 there)."""
    mention = ROSTER.whole(written)
    assert mention is not None
    assert mention.unit is None


@pytest.mark.parametrize(
    "text", ["郯城", "郯城县", "", "教育局面", "关于民政局", "县水利局开展巡河", "归昌乡乡村振兴"]
)
def test_what_is_no_unit_does_not_resolve(text: str) -> None:
    """The county itself, a longer word or a sentence is not a way to write a unit."""
    assert ROSTER.resolve(text) is None


def test_the_official_sequence_has_all_49_units() -> None:
    """13 townships, 3 zones and 33 departments, each by its own name, in order."""
    kinds = [unit.kind for unit in ROSTER.units]
    assert [kinds.count(kind) for kind in UnitKind] == [13, 3, 33]
    assert [unit.order for unit in ROSTER.units] == list(range(49))
    assert all(ROSTER.resolve(unit.name) == unit.name for unit in ROSTER.units)
    assert all(ROSTER.resolve(unit.official) == unit.name for unit in ROSTER.units)


def test_mentions_in_a_sentence_have_their_places() -> None:
    """Both units of a sentence are found where they stand; an inner office belongs to the mention."""
    text = "县民政局办公室到郯城县重坊镇走访"
    first, second = ROSTER.find_in(text)
    assert (text[first.start : first.end], first.unit) == ("县民政局办公室", "县民政局")
    assert (text[second.start : second.end], second.unit) == ("郯城县重坊镇", "重坊镇")
    assert second.strength is Strength.FULL


def test_a_core_word_counts_only_alone() -> None:
    """庙山 alone is a unit; inside a sentence it is a place (rule 10 there)."""
    assert ROSTER.resolve("庙山") == "庙山镇"
    assert ROSTER.find_in("庙山风光好") == ()


def test_two_units_claiming_one_spelling_are_refused() -> None:
    """The error names the spelling and both units."""
    one = {"name": "甲局", "kind": "department", "official": "郯城县甲局", "short": ["共用局"]}
    two = {"name": "乙局", "kind": "department", "official": "郯城县乙局", "short": ["共用局"]}
    with pytest.raises(ConfigError) as caught:
        Roster.from_data({"unit": [one, two]})
    assert caught.value.details == {"spelling": "共用局", "unit": "乙局", "other": "甲局"}


def test_an_unknown_key_in_the_roster_is_refused() -> None:
    """A misspelt key is an error, not silence."""
    with pytest.raises(ConfigError):
        Roster.from_data({"unit": [{"name": "甲局", "kind": "department", "official": "甲局", "shrot": []}]})


def test_a_unit_reports_only_while_it_exists() -> None:
    """valid_from and valid_until bound the days on the roster, both included."""
    entry = {
        "name": "甲局",
        "kind": "department",
        "official": "郯城县甲局",
        "valid_from": date(2019, 3, 1),
        "valid_until": date(2019, 12, 31),
    }
    unit = Roster.from_data({"unit": [entry]}).units[0]
    assert [unit.on_roster(date(2019, m, 1)) for m in (2, 3, 12)] == [False, True, True]
    assert not unit.on_roster(date(2020, 1, 1))


def test_searching_costs_in_proportion_to_the_text() -> None:
    """A text ten times as long takes about ten times the work, also one made of unit names."""
    text = "县水利局马头镇派出所兰陵县" * 200
    with stopped_after():
        assert calls(lambda: ROSTER.find_in(text * 10)) < 12 * calls(lambda: ROSTER.find_in(text))
