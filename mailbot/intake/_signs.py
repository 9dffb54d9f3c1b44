"""The words by which the lines of a 信息稿 are known: dates, numbers, units, labels, mastheads, stamps."""

from __future__ import annotations

import re


def _any(*words: str) -> str:
    return "(?:" + "|".join(" ".join(words).split()) + ")"


_NUMERAL = "[〇○零一二三四五六七八九十]"
_DAY = rf"(?:\d{{1,2}}|{_NUMERAL}{{1,3}})"
DATE = re.compile(
    rf"(?:(?:[12]\d{{3}}|{_NUMERAL}{{4}})\s*[年./-]\s*{_DAY}\s*(?:[月./-]\s*{_DAY}\s*[日号]?|月)"
    rf"|{_DAY}\s*月\s*{_DAY}\s*[日号])"
    r"(?:\s*[0-2]?\d[:：时]\d{0,2}分?)?"
)
PHONE = re.compile(
    r"(?<![\d.])(?:\+?86[- ]?)?"
    r"(?:1[3-9]\d[- ]?\d{4}[- ]?\d{4}|(?:[(（]?0\d{2,3}[)）]?[- —]?)?[2-9]\d{2}[- ]?\d{4,5}|[5-9]\d{5})"
    r"(?![\d.%元万亿人户吨米亩名个公])"
)
ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\.\w+")

_ROLE = _any(
    "报送 上报 供稿 撰稿 撰写 编辑 编写 编发 起草 拟稿 审核 审签 审稿 审定 签发 核稿 校对 联系 责任",
    "经办 填报 投稿 信息 所属 通讯 呈报 采写 文字 分管",
)
_HOLDER = _any("单位 部门 科室 人员 联系人 负责人 领导 编辑 审核 人 者 员 日期 时间 电话 方式 地址")
_ALONE = _any(
    "供稿 撰稿 审核 签发 编辑 校对 单位 部门 作者 姓名 电话 手机号?码? 办公电话 座机 短号",
    "电子邮[箱件] 邮箱 传真 日期 时间",
    "职务 抄送 主送 tel qq 微信",
)
LABEL = re.compile(rf"{_ROLE}{_HOLDER}(?:[及和/、]?(?:联系)?(?:电话|方式))?|{_ALONE}", re.IGNORECASE)
LABELLED = re.compile(rf"[（(【\[]?(?:{LABEL.pattern})[)）】\]]?[:：]", re.IGNORECASE)
_ACTS = _any(
    "打造 建立 建成 推进 召开 开展 加强 强化 实施 启动 举办 组织 设立 成立",
    "全力 扎实 积极 构建 提升 完善 落实 走进 助力 搭建",
)
UNIT = re.compile(
    rf"(?!.*{_ACTS})[\u4e00-\u9fff·]{{1,24}}"
    + _any(
        "局 委 办 镇 乡 街道 办事处 政府 中心 支行 管委会 开发区 景区 办公室 党委 党组 站 社 院",
        "大队 支队 公司 联合会 科 股",
        "委员会 部 厅 学校 小学 中学 银行 联社 集团 总工会 妇联 团委 残联 协会 指挥部 工作组",
        "专班 供电所 派出所",
    )
)
_LONG_SURNAME = _any("欧阳 上官 司马 诸葛 皇甫 尉迟 公孙 慕容 令狐 东方 夏侯 司徒 端木 南宫 公冶 澹台")
NAME = re.compile(
    rf"[\u4e00-\u9fff]{{1,3}}|{_LONG_SURNAME}[\u4e00-\u9fff]{{1,2}}"
    r"|[\u4e00-\u9fff]{2,6}·[\u4e00-\u9fff]{2,6}"
)
SMALL_WORDS = frozenset(["印发", "印制", "整理", "供稿", "报送", "副局长", "副主任", "副镇长", "党政办主任"])
SEPARATORS = re.compile(r"[\s,，;；:：、/／|｜()（）【】\[\]〔〕<>《》。.—－_+&☎-]+")
SENTENCE = re.compile(
    r"[。；！？!?]\s*\S|[，,].*[，,].*[，,]"
    r"|^\s*(?:[一二三四五六七八九十]+[、是]|[（(][一二三四五六七八九十\d]+[）)]|\d+[.、．]\D|附件)"
)
"""Marks of running text, of a numbered point or of a list of enclosures: no closing line has them."""
PUBLISHED = re.compile(r"[（(]此(?:件|文).{0,12}[）)]")
CLOSING_BRACKET = re.compile(r"[（(【]([^（）()【】]{2,60})[）)】]\s*。?$")

STATED_TITLE = re.compile(
    r"[（(【\[《]?\s*(?:信息)?(?:标\s*题|题\s*目|主\s*题)(?:名称)?\s*[)）】\]》]?\s*[:：]\s*(.+)"
)
TITLE_CELL = re.compile(r"(?:信息)?(?:标题|题目|主题|信息名称)[:：]?")
_PAPER = _any(
    "政务信息 信息稿件? 信息简报 信息快报 信息专报 工作信息 工作简报 工作动态 政务动态 简报",
    "快报 普刊 专报 领导参阅(?:信息)? 约稿信息",
    "信息报送[单表]? 稿件 报送单 信息",
)
HEADINGS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"[\u4e00-\u9fff]{{0,12}}{_PAPER}(?:[（(〔\[]?(?:\d{{4}}年?)?(?:总?第\S{{1,6}}期|增刊)[）)〕\]]?)*",
        r"(?:[（(〔\[]?(?:\d{4}年?)?(?:总?第\S{1,6}期|增刊)[）)〕\]]?)+",
        rf"(?:{UNIT.pattern})(?:主?编|编[印发]|主办|主管|印发)[:：]?(?:{DATE.pattern})?",
        r".{0,16}[〔\[（(【]\d{4}[〕\]）)】]第?\d+号",
        r"[（(【\[]?(?:绝密|机密|秘密|内部资料|内部文件|特急|加急|平急|急件?|紧急)"
        r"[★☆]?[\d年个月]*[）)】\]]?[!！]?",
        r"[（(【\[]?(?:约稿.{0,12}|修改稿|初稿|定稿|送审稿|代拟稿|审核稿|第.稿)[）)】\]]?",
    )
)
"""Lines above a title: masthead, its number, file number, stamp, state of the draft."""
NUMBERED = re.compile(
    r"第?[一二三四五六七八九十]+[、章节]|[（(][一二三四五六七八九十]+[）)]|\d+[.、．](?!\d)"
)
SECTION = re.compile(
    _any("基本情况 主要做法 具体做法 主要成效 存在问题 工作成效 工作措施 背景 摘要 内容摘要 前言 导语 正文")
)
UNFINISHED = re.compile(r"[、，,和与及的—－-]$|^[^《]*《[^》]*$|^[^“]*“[^”]*$|^[^（]*（[^）]*$")
HAN = re.compile(r"[\u3400-\u9fff]")
