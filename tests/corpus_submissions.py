"""Submissions as units send them: clients x subjects x files x threads, each with what must be made of it.

Titles are chosen to be taken for something else: for machines, notices, recalls, questions, other units.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import build
import build_word
from corpus_clients import CLIENTS, CLOUD, Client

from mailbot.model import Outcome, Reason

R = Reason
OK, REMARKS, RETURNED = Outcome.ACCEPTED, Outcome.ACCEPTED_WITH_REMARKS, Outcome.RETURNED

TITLES = (
    "会议通知“瘦身”激发基层活力",
    "政务热线自动回复系统上线",
    "“更正登记”一次办好",
    "自动答复机器人让群众少跑腿",
    "撤回违规公告3件规范招投标",
    "邮件退信问题专项治理见成效",
    "测试仪器进车间服务企业",
    "通知送达“最后一公里”难题破解",
    "“已读不回”整治推动作风转变",
    "取消证明事项42项减轻群众负担",
    "网上咨询24小时回应群众关切",
    "“请问您需要帮助吗”服务品牌获好评",
    "发票电子化改革惠及企业1200户",
    "降低贷款门槛支持小微企业",
    "冬季招生工作平稳有序",
    "农村低保对象收到“明白卡”",
    "企业反映用工难问题值得关注",
    "春耕备耕物资供应充足价格平稳",
    "银杏产业“接二连三”富农家",
    "“一次办好”改革跑出加速度",
    "1—3月份规模以上工业增加值增长8.5%",
    "12345热线办结率达99.2%",
    "5G+智慧农业示范园建成投用",
    "党建+网格化治理模式成效明显",
    "安全生产“大快严”集中行动深入开展",
    "城区雨污分流改造工程完成投资3.2亿元",
    "非洲猪瘟防控措施落实到位",
    "森林防火关键期严控野外火源",
    "乡村振兴：从“输血”到“造血”",
    "困难群众救助实现“一门受理、协同办理”",
    "建议加大对返乡创业人员扶持力度",
    "关于召开全县春季农业生产现场会议情况的报告",
    "小麦条锈病发生趋势及防治建议",
    "社会信用体系建设扎实推进",
    "收到群众锦旗背后的故事",
    "谢谢你——致奋战一线的环卫工人",
    "不动产登记“一窗受理”压缩至5个工作日",
    "基层信息工作的几点做法",
    "值班值守制度全面落实",
    "放假不放松，节日市场供应足",
)
ALONE = (
    *TITLES,
    *(
        "以干代训锤炼年轻干部",
        "节日值班安排到位",
        "咨询热线架起连心桥",
        "值班表上墙接受监督",
        "更正不规范地名标志120处",
    ),
    *(
        "勘误电子地图助力出行",
        "撤稿机制倒逼信息质量提升",
        "求助热线24小时不打烊",
        "通讯录公开让群众办事有人管",
    ),
    *(
        "会议取消审批事项12项",
        "参会人员压减三成",
        "零报告制度落实到位",
        "政务信息员培训班开班",
        "信息员名单实行动态管理",
    ),
    *(
        "收到吗？群众的回音壁",
        "培训通知精准到户",
        "视频会议系统实现村级全覆盖",
        "无效约稿清零行动",
        "彩票公益金助学",
    ),
    *(
        "投资理财骗局专项整治",
        "刷单诈骗案件高发",
        "办证不出村",
        "退信率下降三成",
        "自动回复率提升",
        "课程进社区",
    ),
)
"""What stands alone in a subject over a Word file, and is a headline all the same."""
NOTICES = (
    *(
        "关于召开全县信息工作会议的通知",
        "紧急会议通知",
        "会议通知 4月15日上午9点召开防汛会",
        "会议通知：防汛会",
    ),
    *(
        "信息员培训班通知",
        "关于报送信息员名单的通知",
        "马头镇信息员名单",
        "信息员变更备案表",
        "政务信息员名单",
    ),
    *(
        "关于调整政务信息员的报告",
        "更正说明：第二段数据",
        "关于更正3月报送信息的函",
        "撤稿函",
        "咨询：考评办法",
    ),
    *(
        "五一值班安排",
        "清明节放假通知",
        "马头镇通讯录",
        "约稿不属于我单位职责的说明",
        "无效约稿申请",
        "会议取消通知",
    ),
    *(
        "会议通知",
        "会议通知（4月15日）",
        "会议通知-防汛会议",
        "会议延期通知",
        "信息员推荐表",
        "关于确定政务信息员的函",
    ),
)
"""What stands there and is none."""
UNITS = (
    ("马头镇", "马头镇"),
    ("郯城街道", "郯城街道办事处"),
    ("县民政局", "县民政局"),
    ("县教体局", "教体局"),
    ("县发改局", "郯城县发改局"),
    ("庙山镇", "庙山镇"),
    ("县水利局", "县水利局"),
    ("郯城经济开发区", "郯城经济开发区"),
    ("县行政审批服务局", "县行政审批服务局"),
    ("归昌乡", "归昌乡"),
    ("县市场监管局", "县市场监管局"),
    ("县税务局", "国家税务总局郯城县税务局"),
    ("县农业农村局", "县农业农村局"),
)
PEOPLE = ("张三", "李建国", "欧阳娜娜", "王芳", "刘洋", "徐晓梅", "孙立军", "诸葛明", "马骏", "赵敏", "周婷")
PHONES = (
    ("13900000001", "13900000001"),
    ("6106766", "6106766"),
    ("0539-6109100", "0539-6109100"),
    ("15900000007", "159 0000 0007"),
    ("18600000003", "18600000003"),
)
FORMS = (
    "{t}-{u}-{n}-{p}",
    "{t}—{u}—{n}—{p}",
    "【{u}】{t}（{n} {p}）",
    "{u}：{t} {n} {p}",
    "标题：{t} 报送单位：{u} 报送人：{n} 联系方式：{p}",
    "{t}_{u}_{n}_{p}",
    "{t}（{u} {n} {p}）",
    "关于报送《{t}》的函-{u}-{n}-{p}",
    "政务信息：{t}，{u}，{n}，{p}",
    "{u}+{t}+{n}+{p}",
    "【约稿】{t}-{u}-{n}-{p}",
    "【紧急】{t}-{u}-{n}-{p}",
    "《{t}》 {u} {n} {p}",
)
_WORDS = (
    "今年以来扎实推进完成投资群众满意项目建设基层治理产业发展干部下沉走访企业解决难题"
    "环境整治春季造林道路硬化河道清淤便民服务流程再造减税降费助企纾困技能培训就业岗位"
    "医疗保障养老服务教育均衡文化惠民粮食安全农机作业良种推广病虫防治水利设施安全检查"
    "隐患排查应急演练普法宣传矛盾调解信访接待网格管理党员带头集体经济土地流转合作组织"
    "电商销售冷链物流旅游线路银杏加工柳编出口招商引资园区配套标准厂房科技创新人才引进"
    "质量提升品牌培育市场监管价格监测统计调查资金拨付"
)
WORDS = tuple(_WORDS[i : i + 4] for i in range(0, len(_WORDS), 4))


def prose(index: int, characters: int = 150) -> list[str]:
    """A text of its own for every mail, in no way like another."""
    draw = random.Random(index)
    words: list[str] = []
    while sum(map(len, words)) < characters:
        words.append(draw.choice(WORDS) + draw.choice(("", "", f"{draw.randrange(1000)}处", "，", "。")))
    text = "".join(words)
    return [text[i : i + 120] for i in range(0, len(text), 120)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must be recorded.  `reasons` besides those of an unknown sender."""

    outcome: Outcome
    reasons: frozenset[Reason] = frozenset()
    document: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One submission."""

    name: str
    raw: bytes
    title: str
    unit: str
    person: str
    phone: str
    expected: Expected


Bundle = tuple[list[build.Attached], Expected]


def _good(name: str, *reasons: Reason) -> Expected:
    return Expected(outcome=REMARKS if reasons else OK, reasons=frozenset(reasons), document=name)


def _bad(*reasons: Reason) -> Expected:
    return Expected(outcome=RETURNED, reasons=frozenset(reasons))


def files(kind: str, title: str, index: int) -> Bundle:
    """What is attached, and what it comes to."""
    text = prose(index, 600 if kind == "over 400" else 2400 if kind == "over 2000" else 150)
    word = build.docx(*text, title=title)
    name = f"{title[:20]}.docx"
    binary = f"{title[:20]}.doc"
    pdf, rtf = build.fake("pdf"), build.fake("rtf")
    if kind in ("over 400", "over 2000"):
        return [(name, word)], _good(name, R.OVER_SHORT_LIMIT if kind == "over 400" else R.OVER_LONG_LIMIT)
    inner = build.mail(subject="稿件", files=[(name, word)])
    strict = build_word.package("".join(map(build_word.p, text)), space=build_word.STRICT)
    renamed = Expected(outcome=OK, reasons=frozenset({R.WRONG_EXTENSION}), document=binary)
    beside = _good(name, R.OTHERS_NOT_TAKEN)
    forwarded = build.forwarded(inner, base64_encoded=True, name="稿件.eml")
    table: dict[str, Bundle] = {
        "docx": ([(name, word)], _good(name)),
        "doc": ([(binary, build_word.doc("\r".join([title, *text, ""])))], _good(binary)),
        "docx named doc": ([(binary, word)], renamed),
        "strict docx": ([(name, strict)], _good(name)),
        "docx and pdf": ([(name, word), ("扫描件.pdf", pdf)], beside),
        "pictures and docx": ([("现场照片1.jpg", build.fake("jpg") + bytes(60_000)), (name, word)], beside),
        "docx twice": ([(name, word), (name, word)], _good(name)),
        "docx in winmail.dat": ([("winmail.dat", build.tnef((name, word)))], _good(name)),
        "docx in a forwarded mail": ([build.forwarded(inner)], _good(name)),
        "docx in a forwarded .eml": (
            [forwarded],
            _good(name),
        ),
        "pdf": ([("稿件.pdf", pdf)], _bad(R.OTHER_TYPE)),
        "wps": ([("稿件.wps", build_word.doc("\r".join(text)))], _bad(R.OTHER_TYPE)),
        "rtf named doc": ([(binary, rtf)], _bad(R.FAKE_WORD)),
        "zip": ([("稿件.zip", build.archive({"稿件.docx": word}))], _bad(R.OTHER_TYPE)),
        "docm": ([("稿件.docm", build.docm(*text))], _bad(R.MACROS)),
        "nothing": ([], _bad(R.NO_ATTACHMENT)),
    }
    return table[kind]


_KINDS = """
docx; docx; doc; docx; docx named doc; docx and pdf; docx; over 400; strict docx; docx
pictures and docx; docx
docx twice; docx in winmail.dat; pdf; docx; over 2000; docx in a forwarded mail; docx; wps; docx
docx in a forwarded .eml; rtf named doc; docx; zip; docx; docm; nothing; docx
"""
KINDS = tuple(kind.strip() for kind in _KINDS.strip().replace("\n", ";").split(";"))
THREADS = (
    "fresh",
    "fresh",
    "reply",
    "fresh",
    "forward",
    "reply over a cloud link",
    "fresh",
    "courtesy",
    "resent",
)
TEXTS = {
    "fresh": "信息科：\n您好，现报送信息一篇，请查收。",
    "reply": "您好，已按要求重新报送，请查收附件。",
    "forward": "请查收附件。",
    "reply over a cloud link": "您好，改为普通附件发送，请查收。",
    "courtesy": "各位领导好！稿件已经分管领导审核，见附件，收到请回复，谢谢！辛苦了！",
    "resent": "上午的邮件好像没有发送成功，现重新发送，给您添麻烦了。",
}
OLD = "信息科：您好，您单位报送的信息暂未登记，请补正。\n退回补正：旧标题\n电话：6106766\n" + CLOUD


def subject_of(thread: str, client: Client, plain: str) -> str:
    prefix = {
        "reply": client.reply,
        "reply over a cloud link": client.reply,
        "forward": client.forward,
        "resent": "重发：",
    }
    return prefix.get(thread, "") + plain


def row(index: int) -> Row:
    """The index-th combination: every list runs at its own pace, so that all pairs come up."""
    client = CLIENTS[index % len(CLIENTS)]
    title = TITLES[index % len(TITLES)]
    unit, written = UNITS[index * 5 % len(UNITS)]
    person, (phone, typed) = PEOPLE[index * 3 % len(PEOPLE)], PHONES[index * 2 % len(PHONES)]
    form = FORMS[(index + index // len(FORMS)) % len(FORMS)]
    thread = THREADS[(index + index // 10) % len(THREADS)]
    kind = KINDS[(index + index // 29) % len(KINDS)]
    attached, expected = files(kind, title, index)
    plain = form.format(t=title, u=written, n=person, p=typed)
    raw = client.mail(
        subject_of(thread, client, plain),
        text=TEXTS[thread],
        quoted=OLD if "reply" in thread or thread == "forward" else "",
        files=attached,
        local=f"clerk{index}",
        name=f"{written}{person}",
    )
    return Row(
        name=f"{index:03d} {client.name}, {kind}, {thread}: {plain}",
        raw=raw,
        title=title,
        unit=unit,
        person=person,
        phone=phone,
        expected=expected,
    )


ROWS: Sequence[Row] = tuple(row(index) for index in range(260))


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A submission with a Word file whose words invite another reading."""

    subject: str
    text: str
    outcome: Outcome = OK


PHRASES = (
    Phrase(subject="{s}", text="收到约稿通知后，我单位高度重视，现报送稿件，请查收。谢谢！"),
    Phrase(subject="{s}", text="谢谢领导！辛苦了！"),
    Phrase(subject="{s}", text="收到请回复，谢谢。"),
    Phrase(subject="{s}", text="请问这样写可以吗？如有不妥请修改。"),
    Phrase(subject="{s}", text="昨天发的有误，以本件为准。"),
    Phrase(
        subject="{s}",
        text="会议时间：4月12日 会议地点：三楼会议室。以上为稿件中的会议，请按时参会的单位均已到会。",
    ),
    Phrase(subject="{s}", text="我正在外地出差，如有问题请联系办公室李主任，电话6106701。"),
    Phrase(subject="{s}", text="本人休假期间不能及时回复邮件，请谅解。"),
    Phrase(subject="{s}", text="此邮件由系统自动发送的说法系误传，请以附件为准。"),
    Phrase(subject="{s}", text="上一封请撤回，谢谢。"),
    Phrase(subject="{s}", text=""),
    Phrase(subject="【约稿2019-003】{s}", text="按照约稿通知要求，现报送如下。"),
    Phrase(subject="约稿回复：{s}", text="请查收。"),
    Phrase(subject="【紧急信息】{s}", text="事件正在处置，后续情况续报。"),
    Phrase(subject="【首报】{s}", text="4月12日8时发生，详见附件。"),
    Phrase(subject="急！{s}", text="请尽快处理。"),
    Phrase(subject="答复: 答复: {s}", text="再次报送。"),
    Phrase(subject="Fwd: Fw: 转发：{s}", text="见附件。"),
    Phrase(
        subject="回复：回执：旧标题",
        text="报送新稿。\n标题：{t}\n单位：{u}\n报送人：{n}\n电话：{p}",
        outcome=REMARKS,
    ),
    Phrase(subject="信息", text="标题：{t}\n报送单位：{u}\n报送人：{n}\n联系电话：{p}", outcome=REMARKS),
    Phrase(subject="", text="题目：{t}；单位：{u}；撰稿人：{n}；联系方式：{p}", outcome=REMARKS),
    Phrase(subject="{t}", text="您好，稿件见附件。\n\n{u}  {n}\n联系电话：{p}", outcome=REMARKS),
    Phrase(subject="{t}-{u}", text="报送人：{n} {p}", outcome=REMARKS),
    Phrase(subject="{u}报送信息", text="{t}\n报送人：{n}\n电话：{p}", outcome=REMARKS),
)
