"""The marking scheme as data: the notice's rows, the readings one by one, other schemes, and spoilt files."""

from __future__ import annotations

import re
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from scenes import (
    END,
    SCHEMES,
    A,
    B,
    C,
    Event,
    adopt,
    ask,
    facts_of,
    failure,
    fault,
    instruct,
    labels,
    months,
    plain,
    reply,
    report,
    ruled,
    scheme_file,
    totals,
    void,
)

from mailbot.errors import ConfigError
from mailbot.facts import (
    Adoption,
    Demerit,
    Fact,
    Failure,
    Instruction,
    LateRuling,
    ManualAdjustment,
    Moment,
    Report,
    Ruling,
    Secondment,
    Solicitation,
)
from mailbot.marking import InstructionRow, LateTier, Limit, MarkingScheme, Quota, Rules, scheme_on
from mailbot.model import Month
from mailbot.policy import Resources, load_policy, load_schemes
from mailbot.roster import UnitKind
from mailbot.scoring import Assessed, Mark, MarkState, Period, marks, people
from mailbot.scoring.mark import total

NAME = "data/policy/marks-2019-03-04.toml"
SCHEME = SCHEMES[0]
Y = ask("04-01", "04-10")


# ---- the rows of the notice --------------------------------------------------------------------------------


def test_the_scheme_has_every_row_of_the_notice() -> None:
    """Annex 1, 三: 20 adoptions (3 county, 4 city, 6 province, 7 state), 4 levels of instructions."""
    by_level = [row.level for row in SCHEME.publications]
    assert {level: by_level.count(level) for level in by_level} == {
        "county": 3,
        "city": 4,
        "province": 6,
        "state": 7,
    }
    assert [(row.name, row.points, row.label) for row in SCHEME.instructions] == [
        ("国务院", 30, "★★"),
        ("省政府", 20, "★"),
        ("市政府", 15, "☆"),
        ("县政府", 10, "☆"),
    ]


def test_the_scheme_has_all_twenty_seven_labels() -> None:
    """Every 标注 that annex 1 prescribes in words."""
    rows = [*SCHEME.reports, SCHEME.missed, *SCHEME.demerits, *SCHEME.failures, *SCHEME.publications]
    assert {row.label for row in rows} == {
        *("报送", "低质量信息", "约稿", "约稿未报", "雷同", "网络抄袭", "重大信息未报"),
        *("普刊", "简讯", "报市办", "市普刊采用", "市专报采用", "市领导参阅", "市报省办"),
        *("省普刊采用", "省专报采用", "省要情采用", "省特刊采用", "省领导参阅", "省报国办"),
        *("国办综合采用", "国办要情采用", "国办专报采用", "国办指标采用", "国办送阅采用"),
        *("国办情况交流采用", "国办参考采用"),
    }


def test_every_row_names_its_clause() -> None:
    """Whoever asks why gets the place in the notice."""
    rows = [
        *SCHEME.reports,
        SCHEME.missed,
        *SCHEME.demerits,
        *SCHEME.failures,
        *SCHEME.publications,
        *SCHEME.instructions,
        SCHEME.secondment,
    ]
    assert all(row is not None and row.clause.startswith("三（") for row in rows)


def test_points_are_exact_decimals() -> None:
    """0.2 is two tenths, not the float nearest to it."""
    row = SCHEME.report("self")
    assert row is not None
    assert row.points == Decimal("0.2")
    assert row.points + row.points + row.points == Decimal("0.6")


def test_the_legend_tells_the_two_hollow_stars_apart() -> None:
    """☆ is the city's and the county's."""
    assert dict(SCHEME.legend)["☆"] == "市政府领导批示、县政府领导批示"


def test_the_scheme_is_part_of_the_policy() -> None:
    """Loaded and checked with everything else; its groups hold every unit of the roster."""
    policy = load_policy(Resources(None))
    assert [scheme.effect for scheme in policy.schemes] == [date(2019, 3, 4)]
    groups = [SCHEME.group_of(unit.name, unit.kind) for unit in policy.roster.units]
    assert (groups.count("towns"), groups.count("departments")) == (16, 33)


def test_the_shipped_readings_are_those_of_the_code() -> None:
    """A key deleted from the file would otherwise change the marks in silence."""
    assert scheme_file().rules == Rules()


def test_every_reading_is_written_out_with_its_choices() -> None:
    """The file names each key and, above it, each word it may hold."""
    text = Resources(None).text(NAME)
    for field in msgspec.structs.fields(Rules):
        assert f"\n{field.name} = " in text, field.name
        for option in getattr(field.type, "__args__", ()):
            if isinstance(option, str):
                assert f'"{option}"' in text, (field.name, option)


DOCUMENT = (Path(__file__).parents[1] / "docs/policy.md").read_text("utf-8")


def test_the_document_has_every_reading_and_every_choice() -> None:
    """docs/policy.md: one row for each key, the reading in force first."""
    rows = {
        row[1].strip(" `"): row for row in (line.split("|") for line in DOCUMENT.splitlines()) if len(row) > 4
    }
    for field in msgspec.structs.fields(Rules):
        choices = rows[field.name][3]
        options = [option for option in getattr(field.type, "__args__", ()) if isinstance(option, str)]
        assert all(option in choices for option in options), field.name
        if options:
            assert choices.split(",")[0].strip() == field.default


def test_the_document_has_every_clause_and_names_tests_and_files_that_exist() -> None:
    """R1 to R28, each with its test, or honestly none."""
    root = Path(__file__).parents[1]
    tests = "".join(path.read_text("utf-8") for path in (root / "tests").glob("test_*.py"))
    assert [f"R{n}" for n in range(1, 29)] == re.findall(r"^\| (R\d+) \|", DOCUMENT, re.M)
    for name in set(re.findall(r"`(test_\w+)`", DOCUMENT)):
        assert f"def {name}(" in tests, name
    for name in set(re.findall(r"\b(?:mailbot|data)/[\w/.-]+\.(?:py|toml)", DOCUMENT)):
        assert (root / name).is_file(), name


# ---- each reading, read otherwise --------------------------------------------------------------------------


def test_a_bad_label_may_come_on_top() -> None:
    """bad_label = "add": 0.2 - 0.5 = -0.3; 1 - 1 = 0."""
    schemes = ruled(bad_label="add")
    assert totals(report("03-05"), fault("low_quality", "03-08"), schemes=schemes) == {A: "-0.3"}
    assert totals(Y, reply("04-09"), fault("poor", "04-12"), schemes=schemes) == {}


def test_several_bad_labels_may_add_up() -> None:
    """several_bad_labels = "sum": -1 - 1 = -2."""
    events = Y, reply("04-09"), fault("poor", "04-12"), fault("plagiarised", "04-12")
    assert totals(*events, schemes=ruled(several_bad_labels="sum")) == {A: "-2"}


def test_the_first_author_may_be_spared() -> None:
    """similar = "later": A came first and keeps +1, B pays 1."""
    events = (
        ask("04-01", "04-10", A, B),
        reply("04-08", "a", A),
        reply("04-09", "b", B),
        fault("similar", "04-12", "b", "a"),
    )
    assert totals(*events, schemes=ruled(similar="later")) == {A: "1", B: "-1"}


def test_a_person_may_spare_an_author() -> None:
    """The item let off keeps +1, whatever the rule."""
    facts = list(facts_of([ask("04-01", "04-10", A, B), reply("04-08", "a", A), reply("04-09", "b", B)]))
    facts.append(
        Demerit(id="d", at=Moment.parse("2019-04-12"), code="similar", items=("a", "b"), exempt=("b",))
    )
    assert points_of(facts) == {A: "-1", B: "1"}


def test_report_and_adoption_may_count_as_the_larger() -> None:
    """report_and_adoption = "larger": max(0.2, 3) = 3, the 0.2 of March being part of it."""
    events = report("03-05"), adopt("04-06", "县普刊")
    assert months(*events, schemes=ruled(report_and_adoption="larger")) == {"03": "0.2", "04": "2.8"}


def test_adoptions_may_add_up() -> None:
    """adoptions = "sum": 0.2 + 3 + 10 = 13.2."""
    events = report("03-05"), adopt("03-06", "县普刊"), adopt("04-06", "市专报")
    assert totals(*events, schemes=ruled(adoptions="sum")) == {A: "13.2"}


def test_forwarding_may_stand_beside_the_ladder() -> None:
    """forwarding_in_ladder = false: 0.2 + max(3, 4) + 3 + 4 = 11.2."""
    events = (
        report("03-05"),
        adopt("03-06", "县普刊"),
        adopt("03-07", "报市办"),
        adopt("04-06", "市普刊"),
        adopt("04-07", "市报省办"),
    )
    assert totals(*events, schemes=ruled(forwarding_in_ladder=False)) == {A: "11.2"}


def test_the_difference_may_go_to_the_first_month() -> None:
    """higher_adoption_month = "first": March 0.2 + 10."""
    events = report("03-05"), adopt("03-06", "县普刊"), adopt("05-06", "市专报")
    assert months(*events, schemes=ruled(higher_adoption_month="first")) == {"03": "10.2"}


def test_instructions_may_count_as_the_larger_or_replace() -> None:
    """larger: 0.2 + max(20, 10) = 20.2; replace: 0.2 + 10 = 10.2, the 20 being given up."""
    events = report("03-05"), adopt("03-06", "国办综合"), instruct("04-06", "县政府")
    assert totals(*events, schemes=ruled(instruction="larger")) == {A: "20.2"}
    assert totals(*events, schemes=ruled(instruction="replace")) == {A: "10.2"}


def test_levels_of_instructions_may_count_as_the_highest() -> None:
    """instruction_levels = "highest": 0.2 + max(10, 15) = 15.2."""
    events = report("03-05"), instruct("03-06", "县政府"), instruct("04-06", "市政府")
    assert months(*events, schemes=ruled(instruction_levels="highest")) == {"03": "10.2", "04": "5"}


def test_each_leader_of_a_level_may_count() -> None:
    """same_level_again = "each": 0.2 + 15 + 15 = 30.2."""
    events = report("03-05"), instruct("03-06", "市政府"), instruct("04-06", "市政府")
    assert totals(*events, schemes=ruled(same_level_again="each")) == {A: "30.2"}


def test_each_ask_may_be_missed_by_itself() -> None:
    """missed_per = "ask": March -2, April -2."""
    events = ask("03-20", "03-28"), ask("04-02", "04-10")
    assert months(*events, schemes=ruled(missed_per="ask")) == {"03": "-2", "04": "-2"}


def test_the_first_deadline_may_hold() -> None:
    """asked_again = "first": due on March 28, so the reply of April 8 is late, and without one March -2."""
    events = ask("03-20", "03-28"), ask("04-02", "04-10")
    assert totals(*events, reply("04-08"), schemes=ruled(asked_again="first")) == {}
    assert months(*events, schemes=ruled(asked_again="first")) == {"03": "-2"}


@pytest.mark.parametrize("rule,points", [("nothing", ""), ("missed", "-2"), ("on_time", "1")])
def test_a_late_reply_is_taken_by_the_rule(rule: str, points: str) -> None:
    """0, -2 or +1; in the month of the deadline where it counts as missed."""
    events = ask("03-20", "03-28"), reply("04-02")
    found = months(*events, schemes=ruled(late_reply=rule))
    assert list(found.values()) == ([points] if points else [])
    assert list(found) == {"": [], "-2": ["03"], "1": ["04"]}[points]


def test_a_late_reply_taken_as_missed_pays_for_no_fault_beside() -> None:
    """late_reply = "missed": -2 is the larger deduction and counts once."""
    events = Y, reply("04-12"), fault("poor", "04-15")
    assert totals(*events, schemes=ruled(late_reply="missed")) == {A: "-2"}


@pytest.mark.parametrize(
    "ruling,points", [(Ruling.ON_TIME, "1"), (Ruling.NOTHING, None), (Ruling.MISSED, "-2")]
)
@pytest.mark.parametrize("rule", ["nothing", "missed", "on_time"])
def test_a_person_s_word_on_a_late_reply_goes_before_the_rule(
    rule: str, ruling: Ruling, points: str | None
) -> None:
    """Whatever the scheme says."""
    word = LateRuling(
        id="r", at=Moment.parse("2019-04-20"), solicitation="Y1", unit=A, ruling=ruling, by="王某"
    )
    facts = [*facts_of([Y, reply("04-12")]), word]
    assert points_of(facts, ruled(late_reply=rule)) == ({A: points} if points else {})


def test_late_replies_may_be_worth_less_by_the_day() -> None:
    """Up to 2 days late 0.5, up to 5 days 0.3, then the rule: 0."""
    tiers = tuple(
        LateTier(within_days=days, points=Decimal(points), label="迟报", clause="×")
        for days, points in ((2, "0.5"), (5, "0.3"))
    )
    schemes = (MarkingScheme(scheme_file(late=tiers)),)
    found = [totals(Y, reply(day), schemes=schemes) for day in ("04-12", "04-13", "04-15", "04-16T09:00")]
    assert found == [{A: "0.5"}, {A: "0.3"}, {A: "0.3"}, {}]
    assert labels(Y, reply("04-12"), schemes=schemes) == {"04": ["迟报"]}


def test_several_pieces_for_one_solicitation_may_count_once() -> None:
    """replies = "once": +1."""
    events = Y, reply("04-08", "a"), reply("04-09", "b")
    assert totals(*events, schemes=ruled(replies="once")) == {A: "1"}


def test_a_failure_may_take_the_place_of_the_missed_solicitation() -> None:
    """missed_and_failure = "failure_only": -10 where the failure names the 约稿, else -12."""
    facts: list[Fact] = list(facts_of([Y]))
    named = Failure(id="f", at=Moment.parse("2019-04-11"), unit=A, kind="漏报", solicitation="Y1")
    assert points_of([*facts, named], ruled(missed_and_failure="failure_only")) == {A: "-10"}
    assert points_of([*facts, named]) == {A: "-12"}
    assert totals(Y, failure("04-11"), schemes=ruled(missed_and_failure="failure_only")) == {A: "-12"}


def test_invalidation_may_need_less_or_come_too_late() -> None:
    """Only the paper asked for; or nothing accepted after the deadline: then -2 stands."""
    assert totals(Y, void("04-03", phoned=False), schemes=ruled(invalidation=("signed_sealed_paper",))) == {}
    assert totals(Y, void("04-12"), schemes=ruled(invalidation_after_deadline=False)) == {A: "-2"}
    assert totals(Y, void("04-10"), schemes=ruled(invalidation_after_deadline=False)) == {}


@pytest.mark.parametrize(
    "rule,points",
    [("first", {A: "3.2"}), ("each", {A: "3.2", B: "3.2"}), ("split", {A: "1.6", B: "1.6"})],
)
def test_joint_items_are_shared_by_the_rule(rule: str, points: dict[str, str]) -> None:
    """0.2 + 3 for the first unit, for each, or 0.1 + 1.5 for each."""
    facts = [
        Report(id="1", at=Moment.parse("2019-03-05"), unit=A, item="i", co_units=(B,)),
        Adoption(id="2", at=Moment.parse("2019-03-09"), item="i", publication="county_journal"),
    ]
    assert points_of(facts, ruled(joint=rule)) == points


@pytest.mark.parametrize("rule,points", [("each", {A: "3.4", B: "3.2"}), ("split", {A: "1.9", B: "1.7"})])
def test_merged_items_are_shared_by_the_rule(rule: str, points: dict[str, str]) -> None:
    """A gave two items, B one: 2 x 0.2 + 3 and 0.2 + 3; or 0.4 + 1.5 and 0.2 + 1.5."""
    day, later = Moment.parse("2019-03-05"), Moment.parse("2019-03-09")
    facts: list[Fact] = [
        Report(id=f"r{item}", at=day, unit=unit, item=item) for item, unit in (("a", A), ("b", A), ("c", B))
    ]
    facts += [
        Adoption(id=item, at=later, item=item, publication="county_journal", composite="第12期")
        for item in "abc"
    ]
    assert points_of(facts, ruled(composite=rule)) == points


def test_superseded_labels_may_be_left_out() -> None:
    """show_superseded_labels = false: the adoption that counts nothing is not listed."""
    events = report("03-05"), adopt("03-06", "市专报"), adopt("03-07", "县普刊")
    assert labels(*events, schemes=ruled(show_superseded_labels=False)) == {"03": ["市专报采用", "报送"]}


def test_leaders_of_one_level_may_differ() -> None:
    """A row for 主要领导, a row for all others."""
    rows = (
        InstructionRow(
            code="city", name="市政府", rank="主要领导", points=Decimal(30), clause="×", label="☆"
        ),
        InstructionRow(code="city", name="市政府", points=Decimal(15), clause="×", label="☆"),
    )
    schemes = (MarkingScheme(scheme_file(instruction=rows)),)
    day = Moment.parse("2019-03-05")
    report_fact = Report(id="1", at=day, unit=A, item="i")
    for rank, points in (("主要领导", "30.2"), ("", "15.2"), ("分管领导", "15.2")):
        facts = [report_fact, Instruction(id="2", at=day, item="i", level="city", rank=rank)]
        assert points_of(facts, schemes) == {A: points}


def test_points_given_by_a_person_bear_the_reason() -> None:
    """Two and a half, for a stated reason."""
    given = ManualAdjustment(
        id="m", at=Moment.parse("2019-05-01"), unit=A, points=Decimal("2.5"), reason="补记"
    )
    (mark,) = marks([given], SCHEMES, as_of=END)
    assert (mark.points, mark.name, mark.fact) == (Decimal("2.5"), "补记", "m")


# ---- quotas and limits -------------------------------------------------------------------------------------

UNITS = (Assessed(name=A, group="departments"), Assessed(name=C, group="towns"))


def quota(**changes: object) -> Quota:
    plain_quota = Quota(
        code="q",
        name="每月至少 2 条",
        clause="×",
        groups=("towns",),
        counts=("self",),
        period="month",
        at_least=2,
        reached=Decimal(1),
        each_missing=Decimal("-0.5"),
    )
    return msgspec.structs.replace(plain_quota, **changes)


def in_scheme(*events: Event, as_of: str, **changes: object) -> dict[str, dict[str, str]]:
    schemes = (MarkingScheme(scheme_file(effect=date(2019, 1, 1), **changes)),)
    found = marks(facts_of(events), schemes, as_of=Moment.parse(as_of), units=UNITS)
    told: dict[str, dict[str, str]] = {}
    for mark in found:
        if mark.code in ("q", "limit"):
            told.setdefault(mark.unit, {})[str(mark.month)[5:]] = plain(mark.points)
    return told


def test_a_quota_is_settled_when_its_period_is_over() -> None:
    """Of the towns: January two (reached, +1), February one (-0.5), March not over on the 20th."""
    events = [report(day, day, C) for day in ("01-05", "01-06", "02-05", "03-05")]
    assert in_scheme(*events, as_of="2019-03-20", quota=(quota(),)) == {C: {"01": "1", "02": "-0.5"}}


def test_a_quota_counts_what_was_good() -> None:
    """Two reports of which one was poor: one short, -0.5."""
    events = report("01-05", "a", C), report("01-06", "b", C), fault("low_quality", "01-09", "b")
    assert in_scheme(*events, as_of="2019-01-31", quota=(quota(),)) == {C: {"01": "-0.5"}}


def test_a_quarter_s_quota_is_booked_in_its_last_month() -> None:
    """Three of four in the quarter, all groups: -0.5 for C, 4 x -0.5 for A."""
    events = [report(day, day, C) for day in ("01-05", "02-06", "03-05")]
    rows = (quota(period="quarter", at_least=4, groups=()),)
    assert in_scheme(*events, as_of="2019-03-31", quota=rows) == {C: {"03": "-0.5"}, A: {"03": "-2"}}


def test_a_limit_takes_off_what_goes_beyond_it() -> None:
    """At most 0.5 for reports in a quarter: January 0.4, February 0.4 of which 0.3 goes, March all 0.2."""
    events = [report(day, day) for day in ("01-05", "01-06", "02-05", "02-06", "03-05")]
    row = Limit(
        code="limit", name="上限", clause="×", counts=("self",), period="quarter", most=Decimal("0.5")
    )
    assert in_scheme(*events, as_of="2019-12-31", limit=(row,)) == {A: {"02": "-0.3", "03": "-0.2"}}


# ---- several schemes ---------------------------------------------------------------------------------------


def second_scheme(home: Path, effect: str) -> tuple[MarkingScheme, ...]:
    """The home's own second scheme: reports 0.3, 县普刊 5."""
    text = Resources(None).text(NAME).replace("effect = 2019-03-04", f"effect = {effect}")
    text = text.replace("points = 0.2\n", "points = 0.3\n").replace(
        'form = "adopt"\npoints = 3\n', 'form = "adopt"\npoints = 5\n'
    )
    (home / "data/policy").mkdir(parents=True, exist_ok=True)
    (home / f"data/policy/marks-{effect}.toml").write_text(text, "utf-8")
    return load_schemes(Resources(home))


def test_a_second_scheme_holds_from_its_day(tmp_path: Path) -> None:
    """June 30 by the old (0.2), July 1 by the new (0.3); what June reported is adopted in July, 5."""
    schemes = second_scheme(tmp_path, "2019-07-01")
    assert [scheme.effect for scheme in schemes] == [date(2019, 3, 4), date(2019, 7, 1)]
    events = report("06-30", "a"), report("07-01", "b"), adopt("07-02", "县普刊", "a")
    assert months(*events, schemes=schemes) == {"06": "0.2", "07": "5.3"}


def test_a_ladder_across_two_schemes_books_what_the_later_one_adds(tmp_path: Path) -> None:
    """3 by the old in June; 5 by the new in July: + 2."""
    schemes = second_scheme(tmp_path, "2019-07-01")
    events = report("06-01"), adopt("06-02", "县普刊"), adopt("07-02", "县普刊")
    assert months(*events, schemes=schemes) == {"06": "3.2", "07": "2"}


def test_the_scheme_of_a_day() -> None:
    """The latest in effect; the earliest for days before all."""
    early = MarkingScheme(scheme_file())
    late = MarkingScheme(scheme_file(effect=date(2020, 1, 1)))
    days = (date(2019, 1, 1), date(2019, 3, 4), date(2019, 12, 31), date(2020, 1, 1), date(2030, 1, 1))
    assert [scheme_on((early, late), day) for day in days] == [early, early, early, late, late]


def test_what_a_scheme_has_no_row_for_is_named() -> None:
    """The fact and the word; nothing is left out in silence."""
    day = Moment.parse("2019-03-05")
    facts = [
        Report(id="1", at=day, unit=A, item="i"),
        Adoption(id="2", at=day, item="i", publication="evening_paper"),
    ]
    with pytest.raises(ConfigError) as error:
        marks(facts, SCHEMES, as_of=END)
    assert error.value.code == "marks_no_row"
    assert error.value.details == {"fact": "2", "word": "evening_paper"}


# ---- spoilt files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old,new,code,key",
    [
        ("points = 0.2\n", "point = 0.2\n", "config_unknown_key", "report[0].point"),
        ("points = 0.2\n", "", "config_missing_key", "report[0].points"),
        ("points = 0.2\n", 'points = "两分"\n', "config_bad_value", "report[0].points"),
        ('bad_label = "replace"', 'bad_label = "both"', "config_not_a_choice", "rules.bad_label"),
        ('bad_label = "replace"', 'bad_lable = "replace"', "config_unknown_key", "rules.bad_lable"),
        ("decimals = 1", "decimals = 9", "config_out_of_range", "rules.decimals"),
        ('name = "市专报"', 'name = "县普刊"', "marks_code_twice", "publication"),
        ('code = "city_special"', 'code = "county_journal"', "marks_code_twice", "publication"),
        ('level = "state"', 'level = "moon"', "marks_unknown_code", "publication[13].level"),
        ('on = "self"', 'on = "selves"', "marks_unknown_code", "demerit[0].on"),
        ('form = "brief"', 'form = "tweet"', "config_not_a_choice", "publication[1].form"),
        ('code = "solicited"', 'code = "asked"', "marks_no_kind", "report"),
        ("effect = 2019-03-04", "effect = 2019-03-05", "marks_effect", "effect"),
        ("effect = 2019-03-04", 'effect = "三月四日"', "config_bad_value", "effect"),
        ('kinds = ["town", "zone"]', 'kinds = ["town", "department"]', "marks_code_twice", "group"),
        ('title = "郯', "title = 郯", "config_syntax", ""),
    ],
)
def test_a_spoilt_scheme_is_refused_naming_file_and_key(
    tmp_path: Path, old: str, new: str, code: str, key: str
) -> None:
    """File, key and cause; the line too, where a key has one."""
    path = tmp_path / NAME
    path.parent.mkdir(parents=True)
    text = Resources(None).text(NAME)
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError) as error:
        load_schemes(Resources(tmp_path))
    details = error.value.details
    assert (error.value.code, details["file"], details.get("key", "")) == (code, str(path), key)
    if new and key and "." in key:
        line = int(details["line"])
        assert new.strip() in path.read_text("utf-8").splitlines()[line - 1]


def test_a_quota_that_counts_what_no_mark_bears_is_refused() -> None:
    """A misspelt code would make a quota that nobody ever reaches."""
    with pytest.raises(ConfigError) as error:
        MarkingScheme(scheme_file(quota=(quota(counts=("selves",)),)))
    assert (error.value.code, error.value.details["word"]) == ("marks_unknown_code", "selves")


def test_an_office_home_takes_the_shipped_scheme_where_it_has_none(tmp_path: Path) -> None:
    """An empty home, and one with a copy of its own."""
    assert [s.effect for s in load_schemes(Resources(tmp_path))] == [date(2019, 3, 4)]
    (tmp_path / "data/policy").mkdir(parents=True)
    shutil.copy(Resources(None).path(NAME), tmp_path / NAME)
    assert [s.effect for s in load_schemes(Resources(tmp_path))] == [date(2019, 3, 4)]


# ---- groups, persons ---------------------------------------------------------------------------------------


def test_a_unit_named_in_a_group_is_in_it_whatever_its_kind() -> None:
    """A class of units may be a list of names."""
    file = scheme_file()
    groups = (file.group[0], msgspec.structs.replace(file.group[1], units=("马头镇",)))
    scheme = MarkingScheme(scheme_file(group=groups))
    assert scheme.group_of("马头镇", UnitKind.TOWN) == "departments"
    assert scheme.group_of("红花镇", UnitKind.TOWN) == "towns"
    assert scheme.group_of("某公司", None) == ""


def test_material_for_persons_counts_what_each_had_a_hand_in() -> None:
    """张三 with 李四 3.2, alone -0.5, 以干代训 10: 12.7 and 3.2; shared: 11.1 and 1.6."""
    day = Moment.parse("2019-03-05")
    facts: list[Fact] = [
        Report(id="1", at=day, unit=A, item="a", submitters=("张三", "李四")),
        Report(id="2", at=day, unit=A, item="b", submitters=("张三",)),
        Adoption(id="3", at=day, item="a", publication="county_journal"),
        Demerit(id="4", at=day, code="low_quality", items=("b",)),
        Secondment(id="5", at=Moment.parse("2019-04-01"), month=Month(2019, 4), unit=A, persons=("张三",)),
    ]
    found = marks(facts, SCHEMES, as_of=END)
    full = people(facts, found, Period(year=2019))
    assert [(one.name, plain(one.points)) for one in full] == [("张三", "12.7"), ("李四", "3.2")]
    assert (full[0].reported, full[0].adopted, full[0].faults, full[0].seconded) == (2, 1, 1, 1)
    shared = people(facts, found, Period(year=2019), credit="split")
    assert [(one.name, plain(one.points)) for one in shared] == [("张三", "11.1"), ("李四", "1.6")]


def points_of(facts: list[Fact], schemes: tuple[MarkingScheme, ...] = SCHEMES) -> dict[str, str]:
    found = marks(facts, schemes, as_of=END)
    units = {mark.unit: total(one for one in found if one.unit == mark.unit) for mark in found}
    return {unit: plain(points) for unit, points in units.items() if points}


def test_an_unasked_solicitation_is_missed_by_nobody() -> None:
    """Asked of no unit: no mark at all."""
    lonely = Solicitation(
        id="1",
        at=Moment.parse("2019-04-01"),
        solicitation="Y1",
        units=(),
        deadline=Moment.parse("2019-04-10"),
    )
    assert marks([lonely], SCHEMES, as_of=END) == ()


def test_a_superseded_mark_says_so() -> None:
    """For the list that people read."""
    found: tuple[Mark, ...] = marks(
        facts_of([report("03-05"), adopt("03-06", "市专报"), adopt("03-07", "县普刊")]), SCHEMES, as_of=END
    )
    assert [mark.label for mark in found if mark.superseded] == ["普刊"]
    assert all(mark.state is not MarkState.SUPERSEDED or not mark.points for mark in found)
