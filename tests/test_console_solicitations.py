"""约稿 at the console: the whole way of one, as the section goes it, and all that a page refuses."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from pathlib import Path

import build
import pytest
from console_kit import (
    DRAFT,
    START,
    Office,
    Visitor,
    console_of,
    empty_office,
    hidden,
    plain,
    text_of,
)
from flask import Flask
from werkzeug.test import TestResponse

from mailbot.clock import SHANGHAI, FixedClock
from mailbot.console import held, web
from mailbot.console.words import Words
from mailbot.errors import MailbotError
from mailbot.model import LetterKind, LetterState, MatchedBy, SolicitationState, Submission
from mailbot.policy import Resources, load_wording
from mailbot.scoring import AnswerState
from mailbot.workflow.desk import note_collected
from mailbot.workflow.office import people
from mailbot.workflow.solicitations import answered, remind

PACKAGE = Path(__file__).parents[1] / "mailbot"
TITLE = "关于夏粮收购中存在的困难和建议"
UNITS = {"马头镇": "matou@x.example", "县民政局": "mzj@x.example", "县水利局": "slj@x.example"}
DEADLINE = datetime(2019, 4, 4, 17, 0, tzinfo=SHANGHAI)
CODE = "2019-001"
FORM = {
    "title": TITLE,
    "text": "一、收购进度和价格；\n二、存在的困难。",
    "source": "city",
    "day": "2019-04-04",
    "time": "17:00",
    "unit": [*UNITS],
    "ladder": "48、24",
    "same_topic_as": "",
    "again": "",
}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """April 1st, 08:00; three units with a correspondent each, no mail."""
    made = empty_office(tmp_path)
    made.clock.set(DRAFT)
    for unit, address in UNITS.items():
        people.add(made.desk, address=address, unit=unit, name="张一鸣", phone="6220001", by="孙审")
    return made


@pytest.fixture
def visitor(console: Flask) -> Visitor:
    return Visitor(console, "review")


def preview(visitor: Visitor, **changes: object) -> TestResponse:
    return visitor.post("/solicitations/new", "/solicitations/preview", **{**FORM, **changes})


def confirm(visitor: Visitor, sha256: str = "") -> TestResponse:
    page = visitor.page("/solicitations/preview")
    sha256 = sha256 or hidden(page, "sha256")
    return visitor.post("/solicitations/preview", "/solicitations/open", sha256=sha256, checked="1")


def opened(visitor: Visitor, **changes: object) -> str:
    """The path of a 约稿 that went out."""
    assert preview(visitor, **changes).location == "/solicitations/preview"
    response = confirm(visitor)
    assert response.status_code == 303, text_of(response)
    return response.location


def answer(office: Office, unit: str, *, subject: str = "", title: str = TITLE) -> Submission:
    """A unit's reply arrives; its item."""
    place = [*UNITS].index(unit) + 3
    lines = "".join(f"第{n * place}处有农户{n * place * 37}户、粮仓{n * n * place}座。" for n in range(30))
    raw = build.mail(
        sender=f"{unit} <{UNITS[unit]}>",
        subject=subject or f"约稿{CODE}-{title}-{unit}-张一鸣-6220001",
        text="供稿见附件。",
        files=[("供稿.docx", build.docx(lines, title=title))],
    )
    (row,) = office.take(raw)
    assert row.number is not None
    return office.desk.store.submission(row.number)


def cell(office: Office, unit: str) -> answered.Cell:
    return next(one for one in answered.matrix(office.desk, CODE).cells if one.unit == unit)


def pass_to(office: Office, when: datetime) -> None:
    office.clock.set(when)
    note_collected(office.desk, when)
    remind.keep(office.desk)


# ---- asking ------------------------------------------------------------------------------------------------


def test_what_is_shown_is_what_is_sent(office: Office, visitor: Visitor) -> None:
    """Nothing goes before the confirmation; then exactly the letters of the preview, to whom it named."""
    preview(visitor)
    page = visitor.page("/solicitations/preview")
    assert not office.desk.store.has_solicitations()
    for said in (*UNITS, *UNITS.values(), "48 小时（2019-04-02 17:00）", "一、收购进度和价格；"):
        assert said in plain(page), said
    confirm(visitor)
    letters = office.desk.store.letters(kind=LetterKind.SOLICITATION, limit=99)
    assert {x.recipient for x in letters} == set(UNITS.values())
    assert all(x.state is LetterState.READY for x in letters)
    shown = plain(page)
    assert " ".join(next(x for x in letters if x.recipient == UNITS["马头镇"]).body.split()) in shown
    assert office.event("solicitation_opened").who == "孙审"


def test_the_file_survives_from_the_form_to_the_letter(office: Office, visitor: Visitor) -> None:
    """More than a plain form may hold; changed on the way back only where another one is chosen."""
    content = b"x" * (2 * web.MAX_REQUEST)
    preview(visitor, file=(io.BytesIO(content), "文件夹/要求.docx"))
    assert "要求.docx （2.0 MB）" in plain(visitor.page("/solicitations/preview"))
    assert 'name="keep_file" value="1" checked' in visitor.page("/solicitations/new")
    preview(visitor, keep_file="1", title="改过的题目")
    confirm(visitor)
    letter = office.desk.store.letters(kind=LetterKind.SOLICITATION, limit=1)[0]
    (file,) = office.desk.store.letter_files(letter.id)
    assert (file.name, file.content) == ("要求.docx", content)
    response = visitor.get(f"/solicitations/{CODE}/rounds/1")
    assert response.get_data() == content
    assert "attachment" in response.headers["Content-Disposition"]


def test_a_file_is_dropped_where_its_tick_is_taken_away(office: Office, visitor: Visitor) -> None:
    """And an empty one, or one too large, is refused with all else kept."""
    preview(visitor, file=(io.BytesIO(b"abc"), "要求.docx"))
    preview(visitor)
    assert "附件 无" in plain(visitor.page("/solicitations/preview"))
    assert "空文件" in visitor.said(preview(visitor, file=(io.BytesIO(b""), "空.docx")))
    large = io.BytesIO(b"x" * (15 * 1024 * 1024 + 1))
    assert "超过 15 MB" in visitor.said(preview(visitor, file=(large, "大.docx")))
    assert TITLE in visitor.page("/solicitations/new")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "题目没有写"),
        ({"text": " "}, "要求没有写"),
        ({"source": ""}, "没有选约稿的来源"),
        ({"day": ""}, "截止的日期或时间没有写"),
        ({"time": "25:00"}, "截止的日期或时间没有写"),
        ({"day": "2019-03-31"}, "已经过去"),
        ({"unit": []}, "没有要约稿的单位"),
        ({"unit": ["无此单位"]}, "单位名单上没有"),
        ({"ladder": "两天"}, "催报的小时数写法不对"),
        ({"ladder": "0"}, "催报的小时数写法不对"),
        ({"ladder": "9" * 5000}, "催报的小时数写法不对"),
        ({"again": "2019-999"}, "没有约稿"),
    ],
)
def test_what_cannot_be_asked_leads_back_with_all_that_was_typed(
    visitor: Visitor, changes: dict[str, object], said: str
) -> None:
    """The remedy names no command."""
    response = preview(visitor, **changes)
    shown = visitor.said(response)
    assert said in shown
    assert "mailbot" not in shown and " --" not in shown
    if changes.get("again"):
        return
    page = visitor.page("/solicitations/new")
    typed = {**FORM, **changes}
    for name in ("title", "day", "time"):
        assert f'name="{name}" value="{typed[name]}"' in page, name
    ticked = re.findall(r'name="unit" value="([^"]+)" checked', page)
    assert set(ticked) == set(typed["unit"]) & set(UNITS)  # type: ignore[call-overload]


def test_groups_are_asked_whole(office: Office, visitor: Visitor) -> None:
    """49, 16 and 33 units; those that nobody can be written to in are named before."""
    for group, count in (("all", 49), ("towns", 16), ("departments", 33)):
        preview(visitor, unit=[], group=group)
        shown = plain(visitor.page("/solicitations/preview"))
        assert f"{count} 个单位，" in shown
    assert "31 个单位没有已确认的信息员" in shown
    preview(visitor, unit=["县税务局"])
    page = visitor.page("/solicitations/preview")
    assert "约稿发不出去" in page and "/solicitations/open" not in page


def test_what_has_changed_since_it_was_seen_is_shown_again(office: Office, visitor: Visitor) -> None:
    """A correspondent more, a forged checksum, none at all, no tick: nothing goes."""
    preview(visitor)
    seen = hidden(visitor.page("/solicitations/preview"), "sha256")
    people.add(office.desk, address="new@x.example", unit="马头镇", name="", phone="", by="李")
    for sha256 in (seen, "0" * 64):
        assert "与查看时的不一样了" in visitor.said(confirm(visitor, sha256))
    for form in ({"sha256": "", "checked": "1"}, {"sha256": seen}):
        visitor.said(visitor.post("/solicitations/preview", "/solicitations/open", **form))
    assert not office.desk.store.has_solicitations()
    assert confirm(visitor).location == f"/solicitations/{CODE}"


def test_confirming_twice_sends_once(office: Office, visitor: Visitor) -> None:
    """The second click finds no draft."""
    preview(visitor)
    sha256 = hidden(visitor.page("/solicitations/preview"), "sha256")
    token = visitor.token("/solicitations/preview")
    form = {"csrf_token": token, "sha256": sha256, "checked": "1"}
    visitor.client.post("/solicitations/open", data=form)
    second = visitor.client.post("/solicitations/open", data=form)
    assert "没有等待核对的约稿" in visitor.said(second)
    assert len(office.desk.store.solicitations()) == 1


def test_a_draft_is_one_persons_own_and_can_be_thrown_away(console: Flask, visitor: Visitor) -> None:
    """Another reviewer sees an empty form; so does its writer after throwing it away, or the next day."""
    preview(visitor)
    other = Visitor(console, "admin")
    assert TITLE not in other.page("/solicitations/new")
    assert "没有等待核对的约稿" in other.page("/solicitations/preview")
    assert "已清除" in visitor.said(visitor.post("/solicitations/new", "/solicitations/discard"))
    assert TITLE not in visitor.page("/solicitations/new")


def test_no_more_drafts_are_kept_than_a_section_has_people() -> None:
    """The oldest goes first; one of yesterday is not there any more."""
    clock = FixedClock(START)
    drafts: held.Held[str] = held.Held(clock)
    names = [str(number) for number in range(held.MOST + 1)]
    for name in names:
        drafts.keep(name, name)
    assert [name for name in names if drafts.of(name)] == names[1:]
    clock.sleep(timedelta(hours=12).total_seconds())
    drafts.keep("late", "late")
    clock.sleep(1)
    assert [name for name in [*names, "late"] if drafts.of(name)] == ["late"]


def test_asking_again_begins_with_what_was_asked(office: Office, visitor: Visitor) -> None:
    """Text, file and the units still silent; the code stays, and the later deadline counts."""
    opened(visitor, file=(io.BytesIO(b"abc"), "要求.docx"))
    answer(office, "县民政局")
    page = visitor.page(f"/solicitations/new?again={CODE}")
    assert set(re.findall(r'name="unit" value="([^"]+)" checked', page)) == {"马头镇", "县水利局"}
    assert "一、收购进度和价格；" in page
    form = {"again": CODE, "day": "2019-04-09", "unit": ["马头镇", "县水利局"], "keep_file": "1"}
    assert "没有晚于原来的" in visitor.said(preview(visitor, **{**form, "day": "2019-04-03"}))
    assert opened(visitor, **form) == f"/solicitations/{CODE}"
    one = office.desk.store.solicitation(CODE)
    assert [len(ask.units) for ask in one.asks] == [3, 2]
    assert [ask.file_name for ask in one.asks] == ["要求.docx", "要求.docx"]


def test_one_topic_of_two_superiors_is_noted_on_both(office: Office, visitor: Visitor) -> None:
    """They are told of each other."""
    opened(visitor)
    opened(visitor, source="province", title="夏粮收购", same_topic_as=CODE)
    assert "约稿2019-002" in plain(visitor.page(f"/solicitations/{CODE}"))
    assert office.desk.store.solicitation("2019-002").topic == CODE


# ---- what comes of it --------------------------------------------------------------------------------------


def test_a_whole_one_from_opening_to_closing(office: Office, visitor: Visitor) -> None:
    """Asked, one answers in time, one in doubt is matched, one is late and ruled on; then it is over."""
    path = opened(visitor)
    answer(office, "县民政局")
    doubtful = answer(
        office, "马头镇", title="夏粮收购中存在的困难", subject="夏粮收购中存在的困难-马头镇-张一鸣-6220001"
    )
    assert "1 件供稿" in plain(visitor.page("/"))
    assert "标题相近" in plain(visitor.page("/solicitations"))
    match = f"/solicitations/match/{doubtful.number}"
    assert TITLE in visitor.page(match)
    assert f"已作为约稿{CODE} 的供稿" in visitor.said(visitor.post(match, match, code=CODE))
    reply = office.desk.store.solicitation_reply(doubtful.number)
    assert reply is not None and (reply.code, reply.by) == (CODE, MatchedBy.PERSON)
    pass_to(office, DEADLINE - timedelta(hours=2))
    assert "还有 2 小时截止，1 个单位没有报送" in plain(visitor.page("/"))
    assert "催报 1 次" in plain(visitor.page(path))
    assert "没有到截止时间" in visitor.said(visitor.post(path, f"{path}/close"))
    office.clock.set(DEADLINE + timedelta(minutes=5))
    assert "已截止" in visitor.said(visitor.post(path, f"{path}/close"))
    assert office.event("solicitation_closed").who == "孙审"
    answer(office, "县水利局")
    assert "1 件迟报的约稿" in plain(visitor.page("/"))
    unit = f"{path}/县水利局"
    assert "请先选一种" in visitor.said(visitor.post(unit, f"{unit}/late"))
    said = visitor.said(visitor.post(unit, f"{unit}/late", ruling="nothing", reason="停电"))
    assert "已定为不计" in said and "停电" in said
    assert "迟报的约稿" not in plain(visitor.page("/"))
    counts = answered.matrix(office.desk, CODE).counts
    assert (counts.due, counts.on_time, counts.late, counts.missed) == (3, 2, 1, 0)


def test_an_item_can_be_said_to_answer_none(office: Office, visitor: Visitor) -> None:
    """And a tie that was right by its code can be undone by a person; nothing chosen changes nothing."""
    opened(visitor)
    item = answer(office, "县民政局")
    match = f"/solicitations/match/{item.number}"
    assert "请先选一项" in visitor.said(visitor.post(match, match, code=""))
    assert cell(office, "县民政局").items
    assert "按自主报送登记" in visitor.said(visitor.post(match, match, code="none"))
    assert not cell(office, "县民政局").items
    response = visitor.post(match, match, code="2019-999")
    assert response.status_code == 404 and "没有约稿" in text_of(response)


def test_void_needs_the_call_and_the_signed_and_sealed_paper(office: Office, visitor: Visitor) -> None:
    """Each step is on the page with who noted it; without the seal nothing is void."""
    path = f"{opened(visitor)}/县水利局"
    form = {"day": "2019-04-01", "time": "07:30"}
    refused = visitor.post(path, f"{path}/call", caller=" ", **form)
    assert refused.status_code == 409 and 'value="07:30"' in refused.get_data(as_text=True)
    assert "还没有到" in text_of(
        visitor.post(path, f"{path}/call", caller="王某", day="2019-04-02", time="08:00")
    )
    assert "已记录县水利局的来电" in visitor.said(visitor.post(path, f"{path}/call", caller="王某", **form))
    assert "已来电、书面说明未齐" in plain(visitor.page("/solicitations"))
    early = visitor.post(path, f"{path}/paper", on="2019-03-31", signer="李某", sealed="1")
    assert early.status_code == 409 and 'value="李某"' in early.get_data(as_text=True)
    said = visitor.said(visitor.post(path, f"{path}/paper", on="2019-04-01", signer="李某"))
    assert "缺签字或公章" in said and "没有盖章" in said
    assert cell(office, "县水利局").state is AnswerState.OPEN
    said = visitor.said(visitor.post(path, f"{path}/paper", on="2019-04-01", signer="李某", sealed="1"))
    assert "手续齐全，视为无效约稿" in said
    assert cell(office, "县水利局").state is AnswerState.VOID
    assert visitor.post(path, f"{path}/withdraw", reason="").status_code == 409
    assert "按正常约稿计分" in visitor.said(visitor.post(path, f"{path}/withdraw", reason="记错了"))
    assert cell(office, "县水利局").state is AnswerState.OPEN


@pytest.mark.parametrize(("counts", "state"), [("true", AnswerState.VOID), ("false", AnswerState.MISSED)])
def test_a_paper_after_the_deadline_is_told_to_be_in_vain(
    office: Office, counts: str, state: AnswerState
) -> None:
    """Where the 考评办法 says so: the page does not say 手续齐全 and leave it at that."""
    (file,) = (office.home / "data/policy").glob("marks-*.toml")
    text = file.read_text("utf-8")
    assert "invalidation_after_deadline = true" in text
    written = text.replace("invalidation_after_deadline = true", f"invalidation_after_deadline = {counts}")
    file.write_text(written, encoding="utf-8")
    office.configure("")
    with console_of(office) as console:
        visitor = Visitor(console, "review")
        path = f"{opened(visitor)}/县水利局"
        visitor.post(path, f"{path}/call", caller="王某", day="2019-04-01", time="07:30")
        pass_to(office, DEADLINE + timedelta(days=1))
        said = visitor.said(visitor.post(path, f"{path}/paper", on="2019-04-05", signer="李某", sealed="1"))
        assert ("晚于截止时间" in said) == (state is AnswerState.MISSED)
        assert cell(office, "县水利局").state is state


def test_a_fault_is_found_by_a_person(office: Office, visitor: Visitor) -> None:
    """As a fact under their name; the first author of a copied text is let off; what was ticked stays."""
    path = opened(visitor)
    first, second = answer(office, "县民政局"), answer(office, "马头镇")
    fault = f"{path}/fault"
    alone = visitor.post(fault, fault, kind="similar", item=first.number, note="两稿相同")
    assert alone.status_code == 400
    page = alone.get_data(as_text=True)
    assert f'name="item" value="{first.number}" checked' in page and 'value="两稿相同"' in page
    assert "没有选是什么质量问题" in text_of(visitor.post(fault, fault, item=first.number))
    both = visitor.post(fault, fault, kind="similar", item=[first.number, second.number], exempt=first.number)
    assert "已认定，记为事项" in visitor.said(both)
    (entry,) = office.desk.store.facts(kinds=("demerit",))
    assert (entry.fact.by, entry.fact.items, entry.fact.exempt) == (  # type: ignore[attr-defined]
        "孙审",
        (first.number, second.number),
        (first.number,),
    )
    assert "雷同" in plain(visitor.page(f"{path}/马头镇"))


def test_likenesses_are_shown_with_the_way_to_both_texts(office: Office, visitor: Visitor) -> None:
    """On the list and on the 约稿, each two items once; gone from view once a fault was found."""
    path = opened(visitor)
    same = "我县夏粮收购总体平稳，但仓容不足、烘干能力弱、价格波动大，建议加大投入。" * 8
    for unit in ("县民政局", "马头镇"):
        subject = f"约稿{CODE}-{TITLE}-{unit}-张一鸣-6220001"
        files = [("供稿.docx", build.docx(same, title=TITLE))]
        office.take(build.mail(sender=f"<{UNITS[unit]}>", subject=subject, files=files))
    for page in (visitor.page(path), visitor.page("/solicitations")):
        assert page.count("认定雷同") == 1
    (wanted,) = re.findall(r'href="([^"]+)"[^>]*>认定雷同', visitor.page(path))
    page = visitor.page(wanted.replace("&amp;", "&"))
    assert 'value="similar" required checked' in page
    assert (
        len(re.findall(r'name="item" value="[^"]+" checked', page)) + len(hidden(page, "number").split()) == 2
    )


def test_taking_one_back_says_who_must_be_told(office: Office, visitor: Visitor) -> None:
    """Without a reason nothing happens; what waits is not sent; nothing can be done on it afterwards."""
    path = opened(visitor)
    sent = office.desk.store.letters(kind=LetterKind.SOLICITATION, limit=99)[0]
    assert "请写明撤销的原因" in visitor.said(visitor.post(path, f"{path}/cancel", reason=" "))
    assert office.desk.store.solicitation(CODE).state is SolicitationState.OPEN
    said = visitor.said(visitor.post(path, f"{path}/cancel", reason="上级取消"))
    assert "已撤销，不计分" in said and "上级取消" in said
    assert office.desk.store.letter(sent.id).state is LetterState.WITHDRAWN
    page = visitor.page(path)
    assert not re.search(r'action="/solicitations[^"]+"', page)
    assert "不计分" in plain(page) and "未到期" not in plain(page)
    assert "不计分" in plain(visitor.page("/solicitations"))


def test_an_office_without_any_has_a_page(visitor: Visitor) -> None:
    """The empty state says where to begin."""
    assert "还没有约稿" in visitor.page("/solicitations")
    for path in (
        "/solicitations/2019-999",
        "/solicitations/2019-999/县民政局",
        "/solicitations/2019-999/fault",
    ):
        assert visitor.get(path).status_code == 404


def test_a_viewer_sees_all_and_is_offered_nothing(office: Office, console: Flask, visitor: Visitor) -> None:
    """No form, and no link to one."""
    path = opened(visitor)
    answer(office, "县民政局")
    viewer = Visitor(console, "view")
    for page in ("/solicitations", path, f"{path}/县民政局", f"{path}/县水利局"):
        found = viewer.page(page)
        assert set(re.findall(r'<form[^>]*action="([^"]+)"', found)) == {"/logout"}, page
        assert not re.search(r'href="/solicitations/(new|match|[\d-]+/fault)', found), page


def test_units_that_were_never_asked_have_no_page(visitor: Visitor) -> None:
    """404 and not an error of the program."""
    path = opened(visitor)
    assert visitor.get(f"{path}/县税务局").status_code == 404


def test_no_error_of_these_pages_sends_anybody_to_a_command() -> None:
    """Each has a sentence and a remedy that the section can follow."""
    words = Words.load(Resources(None), load_wording(Resources(None)).messages)
    codes: set[str] = set()
    for place in (*PACKAGE.glob("console/solicit*.py"), *PACKAGE.glob("store/*.py")):
        if "solicit" in place.name or place.name == "replies.py":
            codes |= _raised(place)
    for name in ("solicit", "asking", "replies"):
        codes |= _raised(next((PACKAGE / "workflow").rglob(f"{name}.py")))
    assert {"solicitation_changed", "no_solicitation", "solicitation_bad_ladder"} <= codes
    for code in sorted(codes):
        told = words.told(MailbotError(code))
        assert code not in told, code
        assert not re.search(r"mailbot |--\w", told), (code, told)


def _raised(module: Path) -> set[str]:
    text = module.read_text("utf-8")
    return set(re.findall(r'(?:StateError|NotFound|ConfigError)\(\s*"([a-z_]+)"', text))
