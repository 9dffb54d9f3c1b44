"""Makes data/demo: a month of sample mails that shows every outcome, and in replies/ what units send for the
约稿 of section.toml.  Run it after a change here:

    python tests/make_demo.py

All people, addresses and numbers are invented.  The .doc comes from tests/data/word, written by LibreOffice.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent))

import build

ROOT = Path(__file__).parents[1]
OUT = ROOT / "data/demo"
ZONE = ZoneInfo("Asia/Shanghai")
OFFICE = "xxk@oa.tancheng.example"


@dataclass
class Sample:
    """One mail of the demo."""

    name: str
    at: str
    subject: str
    sender: str
    text: str = "您好，信息稿见附件，已经分管领导审核，请查收。\n"
    files: list[tuple[str, bytes]] = field(default_factory=list)
    encoding: build.Encoding = "utf-8-b"
    headers: dict[str, str] = field(default_factory=dict)
    message_id: str = ""
    in_reply_to: str = ""
    html: str | None = None


SERVICE = (
    "为解决困难群众求助无门、多头跑腿问题，县民政局在13个乡镇（街道）全部设立“一门受理”窗口，统一受理低保、特困、临时救助等申请。",
    "一是流程再造。将11项救助事项整合为一张申请表，群众只需提交一次材料，由窗口分转办理，平均办理时限由22天缩短至12天。",
    "二是主动发现。依托村级社会救助协理员586名，建立困难群众信息台账，3月以来主动发现并救助突发困难家庭37户。",
    "三是动态管理。与医保、残联、住建等部门建立信息比对机制，清退不符合条件人员64人，新增纳入91人，做到应保尽保、应退尽退。",
    "郯城县民政局",
    "2019年3月5日",
)
ROADS = (
    "今年以来，港上镇把农村公路养护作为乡村振兴的先手棋，探索“路长制＋公益岗”管护模式，全镇128公里农村公路实现管护全覆盖。",
    "设立镇、村两级路长43名，公益岗护路员76名，按每人1.5公里划定责任段，每周巡查不少于3次，发现坑槽、堆物等问题随手拍照上报，镇公路站24小时内派单处置。",
    "建立“红黑榜”通报制度，每月对各村路段打分排名，结果与村级转移支付挂钩。一季度共整治路域环境问题212处，修补破损路面3600平方米，群众满意度达到97%以上。",
)
WHEAT = (
    "3月中旬以来，全县小麦进入返青拔节关键期。县农业农村局组织86名农技人员分片包村，开展“一喷三防”技术指导。",
    "截至3月20日，已举办田间培训41场次，培训农户5200人，发放技术明白纸1.8万份；统一调配植保无人机35架，完成统防统治面积12.6万亩，占计划的42%。",
    "目前存在两方面问题：一是部分外出务工户田块管理滞后；二是近期气温偏低，部分弱苗转化较慢。建议加大对弱苗田块的追肥补助，组织社会化服务组织托管代管。",
)
TAX = (
    "针对小微企业反映的政策不会用、资料反复报问题，县税务局推出“政策体检”服务，逐户比对申报数据，主动推送应享未享的优惠。",
    "3月份共为312户小微企业出具体检报告，提醒补充享受优惠98户，退还税款27.4万元。",
    "下一步将把体检范围扩大到个体工商户，并在办税厅设立专窗，由业务骨干一对一辅导。",
)
BOOKS = (
    "县文旅局在城区人流密集处建成城市书房6处，总面积1900平方米，藏书4.2万册，与县图书馆通借通还，打通文化惠民“最后一公里”。",
    "书房实行自助借阅、无人值守，每天开放15小时；招募文化志愿者120名，周末举办亲子阅读、书画讲座等活动38场，参与群众2600人次。",
)
ENTERPRISE = (
    "郯城经济开发区建立重点项目“服务专班”制度，每个亿元以上项目明确一名县级领导、一个专班、一套方案。",
    "对27个在建项目实行清单化管理，周调度、月通报，累计协调解决用地、用电、用工等问题61个，一季度新开工项目9个，完成投资14.3亿元。",
)
SCHOOL = (
    "县教体局针对春季开学后学校食堂管理，开展“明厨亮灶”专项检查，对全县168所学校食堂逐一过筛。",
    "检查发现原料索证不全、留样不规范等问题45个，现场整改38个，限期整改7个，约谈学校负责人3名。",
    "同步推行家长陪餐制度，每所学校每周安排2名家长代表陪餐并填写意见卡，已收集意见建议310条，采纳落实265条，食堂满意度较上学期提高6.2个百分点。",
)
WATER = (
    "县水利局对全县46座小型水库开展汛前安全检查，逐座建立问题台账，落实“三个责任人”138名。",
    "共查出溢洪道淤堵、启闭设备锈蚀等隐患23处，已完成整改15处，其余8处落实安全度汛应急措施，确保4月底前全部销号。",
)
RURAL = (
    "李庄镇探索“合村并居”后的社区治理新路子，在3个新型社区推行“网格＋楼栋长”管理。",
    "划分网格26个，选聘楼栋长94名，由退休干部、老党员担任，承担政策宣传、矛盾调解、安全巡查等职责。",
    "建立“群众点单、社区派单、党员接单”服务机制，一季度办理群众诉求427件，办结率98.6%；调解邻里纠纷39起，未发生一起越级上访。",
    "同时配套建设幸福食堂、日间照料中心和儿童乐园，680名老人、230名留守儿童就近享受服务。社区物业费收缴率由43%提高到91%，群众从“要我搬”变为“我要搬”，社区认同感明显增强。",
    "在推进过程中也发现一些问题：部分楼栋长年龄偏大，信息化手段运用不够熟练；个别社区公共收益使用公开不及时，群众有意见。镇里已组织集中培训4期，并要求各社区按月公示收支，接受群众监督。",
    "下一步，李庄镇将总结试点经验，完善社区议事协商、公共服务、集体资产管理等12项制度，在全镇其余5个社区推广，力争年底前实现网格化管理全覆盖。",
)
VET = (
    "县畜牧发展促进中心组织春季动物防疫，储备疫苗320万毫升、消毒药品6.5吨，培训村级防疫员412名。",
    "截至3月25日，免疫生猪28.4万头、家禽610万羽，免疫密度均达到99%以上，抽样抗体合格率92%。",
)

PLOUGHING = (
    "3月上旬以来，全县小麦陆续返青，春耕备耕全面展开。截至3月15日，已完成春灌31.2万亩、追肥26.8万亩，备足化肥1.9万吨、种子860吨。",
    "存在的问题：一是晚播弱苗占播种面积的11%，转化升级压力较大；二是部分合作社农机检修滞后，待修农机214台；三是农资价格较去年同期上涨6%左右。",
    "建议：对弱苗田块的追肥给予补助；组织县内维修企业下乡巡修；加强农资市场价格监测，依法查处哄抬价格行为。",
)
FIELDS = (
    "李庄镇走访12个村、46户种植户，反映春耕备耕中三个突出问题。",
    "一是3个村的机耕桥年久失修，大型农机无法通过，涉及耕地2100亩。二是部分机井电费偏高，每亩次灌溉成本比去年增加4元。三是青壮年外出务工，代耕代种价格由每亩60元涨到75元。",
    "镇里已安排维修机耕桥2座，协调供电所检查计量装置，并组织6家合作社开展托管服务。",
)
SUPPLIES = (
    "县供销社组织所属企业和基层网点提前采购，储备尿素、复合肥1.1万吨，农膜120吨，农药86吨，能够满足全县春耕需要的七成。",
    "当前尿素零售价每吨2050元，复合肥每吨2680元，与2月底基本持平。已在乡镇设立平价供应点27个，开展送肥到田服务。",
)


def word_file(title: str, paragraphs: tuple[str, ...]) -> bytes:
    return build.docx(*paragraphs, title=title)


def submission(
    name: str,
    at: str,
    title: str,
    unit: str,
    person: str,
    phone: str,
    sender: str,
    lines: tuple[str, ...],
    **more: object,
) -> Sample:
    """A mail as the notice wants it, unless `more` says otherwise."""
    values: dict[str, object] = {
        "subject": f"{title}-{unit}-{person}-{phone}",
        "files": [(f"{title}.docx", word_file(title, lines))],
    }
    values.update(more)
    return Sample(name=name, at=at, sender=sender, **values)  # type: ignore[arg-type]


def samples() -> list[Sample]:
    doc = (ROOT / "tests/data/word/demo.doc").read_bytes()
    water_title = "县水利局扎实开展小型水库汛前安全检查"
    books = "城市书房建设打通文化惠民“最后一公里”"
    return [
        submission(
            "accepted",
            "2019-03-05 09:12",
            "我县建立困难群众救助“一门受理”机制",
            "县民政局",
            "彭一鸣",
            "0539-6220001",
            "县民政局办公室 <mzj@oa.tancheng.example>",
            SERVICE,
        ),
        submission(
            "accepted-gbk",
            "2019-03-06 10:30",
            "港上镇“路长制＋公益岗”管好农村公路",
            "港上镇党政办",
            "周晓禾",
            "13905390011",
            "港上镇 <gangshang@oa.tancheng.example>",
            ROADS,
            encoding="gbk-b",
        ),
        Sample(
            "accepted-doc",
            "2019-03-07 15:02",
            "【县供销社】春季农资储备供应情况 报送人：唐启明 电话：6119001",
            "唐启明 <tqm@mail.example>",
            files=[("春季农资储备供应情况.doc", doc)],
        ),
        submission(
            "remark-phone-in-body",
            "2019-03-08 08:45",
            "小微企业税费优惠“政策体检”见实效",
            "县税务局",
            "方知远",
            "",
            "县税务局 <swj@oa.tancheng.example>",
            TAX,
            subject="小微企业税费优惠“政策体检”见实效-县税务局-方知远",
            text="您好，信息稿见附件，请查收。\n\n报送人：方知远\n联系电话：6108802\n",
        ),
        submission(
            "remark-too-long",
            "2019-03-11 16:20",
            "李庄镇“网格＋楼栋长”激活社区治理",
            "李庄镇",
            "沈秋实",
            "15805390022",
            "李庄镇党政办 <lizhuang@oa.tancheng.example>",
            RURAL,
        ),
        Sample(
            "returned-pdf",
            "2019-03-12 09:05",
            f"{books}-县文旅局-白若溪-6225003",
            "白若溪 <wlj@oa.tancheng.example>",
            text="请查收。\n",
            files=[(f"{books}.pdf", build.fake("pdf"))],
            message_id="<demo-books-1@oa.tancheng.example>",
        ),
        Sample(
            "completes-returned",
            "2019-03-12 10:11",
            f"回复：退回补正：{books}",
            "白若溪 <wlj@oa.tancheng.example>",
            text="已另存为 Word，请查收。\n",
            files=[(f"{books}.docx", word_file(books, BOOKS))],
            in_reply_to="{returned-pdf}",
        ),
        Sample(
            "returned-two-faults",
            "2019-03-13 11:40",
            "开展春季校园食堂专项检查-县教体局",
            "信息员 <jtj@mail.example>",
            text="请审阅。\n",
            files=[("稿件.wps", doc)],
        ),
        submission(
            "accepted-school",
            "2019-03-13 15:25",
            "开展春季校园食堂专项检查",
            "县教体局",
            "崔念慈",
            "13605390033",
            "信息员 <jtj@mail.example>",
            SCHOOL,
        ),
        Sample(
            "returned-no-attachment",
            "2019-03-14 08:58",
            "郯城街道智慧社区建设试点-郯城街道-于新野-13705390044",
            "郯城街道 <jiedao@oa.tancheng.example>",
            text="信息稿已上传，请下载。\n",
        ),
        Sample(
            "returned-cloud",
            "2019-03-14 14:33",
            "红花镇扶贫车间建设-红花镇-薛立夏-13805390055",
            "红花镇 <honghua@oa.tancheng.example>",
            text="从QQ邮箱发来的超大附件\n\n红花镇扶贫车间建设.docx (25.30M, 2019年4月13日 14:33 到期)\n进入下载页面：https://wx.mail.qq.com/ftn/download?func=3&k=demo\n",
        ),
        Sample(
            "returned-macros",
            "2019-03-15 09:30",
            "园区循环化改造进展-经济开发区管委会-吴清越-6780012",
            "开发区 <kfq@oa.tancheng.example>",
            files=[("园区循环化改造进展.docm", build.docm(*ENTERPRISE, title="园区循环化改造进展"))],
        ),
        submission(
            "accepted-zone",
            "2019-03-15 10:02",
            "项目“服务专班”跑出建设加速度",
            "郯城经济开发区",
            "吴清越",
            "6780012",
            "开发区 <kfq@oa.tancheng.example>",
            ENTERPRISE,
        ),
        submission(
            "duplicate",
            "2019-03-18 09:15",
            "我县建立困难群众救助“一门受理”机制",
            "县民政局",
            "彭一鸣",
            "0539-6220001",
            "县民政局办公室 <mzj@oa.tancheng.example>",
            SERVICE,
            text="昨天邮件不知是否收到，再发一次。\n",
        ),
        submission(
            "new-version",
            "2019-03-19 11:20",
            "港上镇“路长制＋公益岗”管好农村公路",
            "港上镇",
            "周晓禾",
            "13905390011",
            "港上镇 <gangshang@oa.tancheng.example>",
            (*ROADS[:2], "建立“红黑榜”通报制度，一季度共整治路域环境问题218处，修补破损路面3720平方米。"),
            subject="港上镇“路长制＋公益岗”管好农村公路（修改稿）-港上镇-周晓禾-13905390011",
        ),
        submission(
            "held-off-roster",
            "2019-03-20 10:48",
            "推行交警护学岗制度",
            "县公安局",
            "林向晚",
            "13905390066",
            "县公安局 <gaj@oa.tancheng.example>",
            (
                "县公安局在城区42所学校门口设立护学岗，早晚高峰安排警力执勤，保障学生安全通行。",
                "同时联合学校招募家长志愿者，一季度劝导不文明交通行为3100余起。",
            ),
        ),
        Sample(
            "held-two-files",
            "2019-03-21 09:40",
            "农业信息两篇-县农业农村局-庄望舒-13905390077",
            "县农业农村局 <nyj@oa.tancheng.example>",
            files=[
                ("小麦“一喷三防”进展.docx", word_file("小麦“一喷三防”进展", WHEAT)),
                ("畜牧春防进展.docx", word_file("畜牧春防进展", VET)),
            ],
        ),
        submission(
            "held-likeness",
            "2019-03-22 15:10",
            "高峰头镇“路长制”管好农村公路",
            "高峰头镇",
            "叶初晴",
            "13905390088",
            "高峰头镇 <gaofengtou@oa.tancheng.example>",
            tuple(t.replace("港上镇", "高峰头镇") for t in ROADS),
        ),
        Sample(
            "held-secret",
            "2019-03-25 08:30",
            "关于重点项目情况的报告-县发改局-萧南星-13905390099",
            "县发改局 <fgj@oa.tancheng.example>",
            files=[("报告.docx", word_file("关于重点项目情况的报告", ("机密★一年", *ENTERPRISE)))],
        ),
        Sample(
            "held-meeting",
            "2019-03-25 16:05",
            "会议通知：3月28日下午3:00召开防汛工作视频会议",
            "县应急管理局 <yjj@oa.tancheng.example>",
            text="请各单位分管负责同志准时参加。\n",
            files=[
                (
                    "会议通知.docx",
                    word_file("会议通知", ("定于3月28日下午3:00召开防汛工作视频会议，请准时参加。",)),
                )
            ],
        ),
        Sample(
            "ignored-auto-reply",
            "2019-03-26 09:00",
            "自动回复：回执：我县建立困难群众救助“一门受理”机制",
            "彭一鸣 <mzj@oa.tancheng.example>",
            text="您好，我正在出差，返回后将尽快回复。\n",
            headers={"Auto-Submitted": "auto-replied"},
        ),
        Sample(
            "ignored-thanks",
            "2019-03-26 09:30",
            "回复：回执：项目“服务专班”跑出建设加速度",
            "开发区 <kfq@oa.tancheng.example>",
            text="收到，谢谢！\n",
            in_reply_to="{accepted-zone}",
        ),
        Sample(
            "held-spam",
            "2019-03-27 03:12",
            "办公家具特价促销",
            "诚信家具 <sale@shop.example>",
            text="本公司办公家具特价，欢迎来电。\n",
        ),
        submission(
            "month-end",
            "2019-03-31 23:58",
            water_title,
            "县水利局",
            "秦时月",
            "0539-6134001",
            "县水利局 <slj@oa.tancheng.example>",
            WATER,
        ),
        submission(
            "next-month",
            "2019-04-01 00:03",
            "县畜牧发展促进中心扎实推进春季动物防疫",
            "县畜牧发展促进中心",
            "范青禾",
            "13905390100",
            "县畜牧发展促进中心 <xmzx@oa.tancheng.example>",
            VET,
        ),
    ]


def replies() -> list[Sample]:
    """To the 约稿 of section.toml: by its code, as an answer to its letter, and after the deadline."""
    return [
        submission(
            "asked-agriculture",
            "2019-03-16 10:25",
            "我县春耕备耕进展顺利，弱苗管理和农机检修仍需加强",
            "县农业农村局",
            "庄望舒",
            "13905390077",
            "县农业农村局 <nyj@oa.tancheng.example>",
            PLOUGHING,
            subject="约稿2019-001：我县春耕备耕进展顺利，弱苗管理和农机检修仍需加强-县农业农村局-庄望舒-13905390077",
        ),
        submission(
            "asked-lizhuang",
            "2019-03-19 17:40",
            "李庄镇反映春耕备耕中的三个问题",
            "李庄镇",
            "沈秋实",
            "15805390022",
            "李庄镇党政办 <lizhuang@oa.tancheng.example>",
            FIELDS,
            in_reply_to="{letter-to-lizhuang}",
        ),
        submission(
            "asked-cooperative",
            "2019-03-21 08:50",
            "春耕农资供应及价格情况",
            "县供销社",
            "唐启明",
            "6119001",
            "县供销社 <gxs@oa.tancheng.example>",
            SUPPLIES,
            subject="约稿2019-001：春耕农资供应及价格情况-县供销社-唐启明-6119001",
        ),
    ]


def main() -> None:
    write(OUT, samples())
    write(OUT / "replies", replies())


def write(folder: Path, made: list[Sample]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.eml"):
        old.unlink()
    for index, sample in enumerate(made, 1):
        at = datetime.strptime(sample.at, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)
        raw = build.mail(
            subject=sample.subject,
            sender=sample.sender,
            to=f"郯城县政府办公室信息科 <{OFFICE}>",
            text=sample.text,
            html=sample.html,
            files=sample.files,
            encoding=sample.encoding,
            headers={
                "Received": f"from client by mx.oa.tancheng.example; {at:%a, %d %b %Y %H:%M:%S %z}",
                **sample.headers,
            },
            date=at,
            message_id=sample.message_id or f"<demo-{sample.name}@oa.tancheng.example>",
            **({"in_reply_to": sample.in_reply_to} if sample.in_reply_to else {}),
        )
        (folder / f"{index:02d}-{sample.name}.eml").write_bytes(raw)


if __name__ == "__main__":
    main()
