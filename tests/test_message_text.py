"""message.py: what the writer wrote, apart from older mail; HTML; links to cloud attachments."""

from __future__ import annotations

import build
import pytest
from mails import read

from mailbot.model import CloudLink, IncomingMail

OLD = "旧邮件里的单位：马头镇，电话：6220001"


def text_of(raw: bytes) -> tuple[str, str]:
    mail = read(raw)
    return mail.text, mail.quoted


def html(source: str) -> IncomingMail:
    return read(build.mail(text=None, html=source))


# ---- bodies ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charset", "label"),
    [
        ("gbk", "gb2312"),
        ("gb18030", "gb2312"),
        ("utf-8", "gbk"),
        ("gbk", "utf-8"),
        ("gbk", "us-ascii"),
        ("gbk", "x"),
    ],
)
@pytest.mark.parametrize("cte", ["base64", "quoted-printable", "8bit"])
def test_a_body_is_read_whatever_its_label(charset: str, label: str, cte: str) -> None:
    """The same rule as for headers."""
    text = "各位领导：\n    附件为我镇镕堃同志报送的信息，请查收。"
    assert read(build.mail(text=text, charset=charset, label=label, cte=cte)).text == text


@pytest.mark.parametrize("codec", ["utf-8", "gbk"])
def test_a_body_without_content_type_is_read(codec: str) -> None:
    """No label at all."""
    assert (
        read(build.entity([("From", "a@x.example")], "您好，附件请查收".encode(codec))).text
        == "您好，附件请查收"
    )


def test_plain_text_is_preferred_to_html() -> None:
    """In one alternative; a stub that asks for an HTML reader is not the text."""
    assert read(build.mail(text="文字", html="<p>网页</p>")).text == "文字"
    assert read(build.mail(text="This message is in HTML format.", html="<p>网页</p>")).text == "网页"
    assert read(build.mail(text=" ", html="<p>网页</p>")).text == "网页"


def test_text_after_an_attachment_belongs_to_the_text() -> None:
    """Mailers split the text around a file."""
    parts = build.multipart("mixed", build.body("前"), build.part(b"x", name="a.docx"), build.body("后"))
    assert read(build.entity([("From", "a@x.example")], parts)).text == "前\n后"


def test_html_becomes_lines() -> None:
    """Blocks are lines, cells are words, entities are characters; script, style and comments are gone."""
    mail = html(
        "<html><head><title>t</title><style>p{color:red}</style></head><body><div>信息科：</div><p>您好&nbsp;&amp;"
        "</p>第一行<br>第二行<script>x < y</script><!-- 注 -->"
        "<table><tr><td>报送单位</td><td>马头镇</td></tr><tr><td>报送人</td><td>张三</td></tr></table></body></html>"
    )
    assert mail.text == "信息科：\n您好 &\n第一行\n第二行\n报送单位 马头镇\n报送人 张三"


def test_preformatted_text_keeps_its_lines() -> None:
    """How webmail shows a plain mail."""
    assert html("<pre>一\n  二</pre><p>三\n四</p>").text == "一\n  二\n三 四"


def test_the_charset_of_html_is_taken_from_its_meta() -> None:
    """Where the part itself declares none."""
    source = '<html><head><meta charset="big5"></head><body>郯城縣政府</body></html>'.encode("big5hkscs")
    part = build.part(source, "text/html", disposition="")
    assert read(build.entity([("From", "a@x.example")], part)).text == "郯城縣政府"


def test_flowed_lines_are_joined() -> None:
    """RFC 3676, with DelSp."""
    part = build.part(
        "报送单位： \r\n马头镇\r\n报送人：张三".encode(),
        "text/plain; format=flowed; delsp=yes",
        disposition="",
    )
    assert read(build.entity([("From", "a@x.example")], part)).text == "报送单位：马头镇\n报送人：张三"


def test_controls_do_not_come_in_by_the_text() -> None:
    """Nor the marks that the reader itself uses for links and quotes."""
    mail = read(build.mail(text="一\0二\x07三\x0e\x0f\x10\x11\x12\u202e\ufffe四\u2028五\r六"))
    assert mail.text == "一二三四\n五\n六"


# ---- older mail --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "divider",
    [
        "------------------ 原始邮件 ------------------\n发件人: x",
        "------------------&nbsp;原始邮件&nbsp;------------------",
        "-----原始邮件-----",
        "-----邮件原件-----\n发件人: 信息科 [mailto:x@y.example]",
        "---- 回复的原邮件 ----",
        "-------- 转发邮件信息 --------",
        "-----Original Message-----\nFrom: x",
        "---------- Forwarded message ---------",
        "Begin forwarded message:",
        "________________________________\n发件人: 信息科\n发送时间: 2019年4月12日 9:30\n收件人: 张三",
        "发件人： 信息科\n发送时间： 2019-04-12 09:30\n收件人： 张三\n主题： 回执",
        "From: x\nSent: Friday\nTo: y\nSubject: z",
        '在 2019-04-12 09:30:00，"信息科" <xxk@oa.example> 写道：',
        'At 2019-04-12 09:30:00, "信息科" <xxk@oa.example> wrote:',
        "张三 <a@x.example> 于2019年4月12日周五 上午9:30写道：",
        "On Fri, Apr 12, 2019 at 9:30 AM 信息科 <\nxxk@oa.example> wrote:",
    ],
)
def test_what_stands_below_a_divider_is_older_mail(divider: str) -> None:
    """Dividers of QQ, Foxmail, 163, Outlook, Gmail and Apple Mail."""
    written, quoted = text_of(build.mail(text=f"已修改，见附件。\n\n张三\n\n{divider}\n\n{OLD}"))
    assert written == "已修改，见附件。\n\n张三"
    assert OLD in quoted


def test_lines_with_an_arrow_are_older_mail_and_the_answers_between_are_not() -> None:
    """Also the line that introduces them."""
    written, quoted = text_of(
        build.mail(
            text='好的\n\n在 2019-04-12 09:30:00，"x" <x@y.example> 写道：\n> '
            f"{OLD}\n>> 更旧\n\n补充：张三\n> 又"
        )
    )
    assert written == "好的\n\n补充：张三"
    assert OLD in quoted
    assert "写道" in quoted


def test_a_forwarded_text_is_older_mail_even_with_nothing_above_it() -> None:
    """It supplies no fields (docs/intake.md)."""
    assert text_of(build.mail(text=f"-------- 转发邮件信息 --------\n发件人：x\n{OLD}"))[0] == ""


@pytest.mark.parametrize(
    "text",
    [
        "报送单位：马头镇\n报送人：张三\n联系电话：6220001\n发件人：张三\n审核人：李四",
        "文章在2019年写道：\n我们都在努力奔跑。",
        "一、做法\n----------\n二、成效",
        "--\n张三 6220001",
    ],
)
def test_the_writers_own_lines_stay(text: str) -> None:
    """Labels, quotations and signatures are no older mail."""
    assert text_of(build.mail(text=text)) == (text, "")


@pytest.mark.parametrize(
    "older",
    [
        "<blockquote type=cite><p>{}</p></blockquote>",
        '<blockquote style="padding-left:1ex;border-left:#ccc 1px solid">{}</blockquote>',
        '<div class="gmail_quote"><div>{}</div></div>',
        '<blockquote id="isReplyContent"><div>{}</div></blockquote>',
        "<div>------------------&nbsp;原始邮件&nbsp;------------------</div><div>{}</div>",
        '<hr><div id="divRplyFwdMsg"><b>发件人:</b> x</div><div>{}</div>',
        '<div style="border-top:solid #B5C4DF 1.0pt"><div><b>发件人：</b>&nbsp;x</div>'
        "<div><b>发送时间：</b>2019"
        "</div><div><b>主题：</b>y</div></div><div>{}</div>",
        '<pre>在 2019-04-12 09:30:00，"x" &lt;x@y.example&gt; 写道：</pre><div>{}</div>',
    ],
)
def test_older_mail_is_told_apart_in_html(older: str) -> None:
    """By the elements that clients mark it with, or by its divider."""
    mail = html(f"<div>已修改</div>{older.format(OLD)}")
    assert mail.text == "已修改"
    assert OLD in mail.quoted


def test_an_indented_paragraph_is_the_writers() -> None:
    """Webmail indents with a bare blockquote."""
    mail = html("<div>一</div><blockquote style='margin:0 0 0 40px;border:none'>二</blockquote><div>三</div>")
    assert (mail.text, mail.quoted) == ("一\n二\n三", "")


# ---- cloud attachments -------------------------------------------------------------------------------------

QQ_TEXT = (
    "从QQ邮箱发来的超大附件\n信息稿.docx (80.96M, 2019年05月12日 14:30 到期)"
    "进入下载页面：http://mail.qq.com/cgi-bin/ftnExs_download?k=1&t=exs_ftn_download"
)
QQ_LINK = CloudLink(host="mail.qq.com", name="信息稿.docx", size="80.96M", expires="2019年05月12日 14:30")


def test_a_cloud_attachment_of_qq_is_read_from_its_text() -> None:
    """Name, size and expiry stand beside the link."""
    assert read(build.mail(text=QQ_TEXT)).cloud_links == (QQ_LINK,)


def test_a_cloud_attachment_is_read_from_html_beside_plain_text() -> None:
    """The same file linked twice, by its name and by 进入下载页面, is one."""
    url = "http://mail.qq.com/cgi-bin/ftnExs_download?k="
    source = (
        f'<div>请查收</div><div>从QQ邮箱发来的超大附件</div><a href="{url}1">信息稿.docx</a> (80.96M, '
        f'2019年05月12日 14:30 到期)<a href="{url}12">进入下载页面</a>'
    )
    assert read(build.mail(text="请查收", html=source)).cloud_links == (QQ_LINK,)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (
            "https://mail.163.com/large-attachment-download/index.html?p=X-NTES-HUGE-ATTACHMENT&amp;file=a",
            "mail.163.com",
        ),
        ("https://wx.mail.qq.com/ftn/download?func=3&amp;key=a", "wx.mail.qq.com"),
        ("https://exmail.qq.com/cgi-bin/ftnExs_download?k=1", "exmail.qq.com"),
        ("http://u.163.com/t/abc", "u.163.com"),
        ("https://dashi.163.com/html/cloud-attachment-download/?key=a", "dashi.163.com"),
        ("http://fs.163.com/fs/display/?file=a", "fs.163.com"),
        ("https://pan.baidu.com/s/1abc", "pan.baidu.com"),
        ("https://www.aliyundrive.com/s/abc", "www.aliyundrive.com"),
    ],
)
def test_cloud_hosts_are_known(url: str, host: str) -> None:
    """Mail hosts' large attachments and net disks; a name may have blanks."""
    mail = html(f'<p>见附件</p><a href="{url}">春耕 信息.docx</a>（35.2M，2019年5月6日 15:30 到期）')
    assert mail.cloud_links == (
        CloudLink(host=host, name="春耕 信息.docx", size="35.2M", expires="2019年5月6日 15:30"),
    )


def test_two_cloud_attachments_are_two() -> None:
    """Each with its own name and expiry."""
    url = "https://wx.mail.qq.com/ftn/download?key="
    mail = html(f'<a href="{url}a">一.docx</a> (1M, 2019年5月12日 到期)<br><a href="{url}b">二.docx</a> (2M)')
    assert [(c.name, c.size, c.expires) for c in mail.cloud_links] == [
        ("一.docx", "1M", "2019年5月12日"),
        ("二.docx", "2M", ""),
    ]


def test_a_link_in_older_mail_does_not_count() -> None:
    """Neither in text nor in HTML."""
    divider = "------------------ 原始邮件 ------------------"
    assert read(build.mail(text=f"已改\n\n{divider}\n{QQ_TEXT}")).cloud_links == ()
    source = (
        f"<div>已改</div><div>{divider}</div><a href='https://wx.mail.qq.com/ftn/download?k=1'>稿.docx</a>"
    )
    assert html(source).cloud_links == ()
    assert read(build.mail(text="已改", html=source)).cloud_links == ()


def test_ordinary_links_are_no_cloud_attachments() -> None:
    """A home page, a news page, the word itself."""
    text = "请看 http://www.163.com/news/a.html 和 http://mail.163.com/ ，不要用超大附件"
    assert read(build.mail(text=text)).cloud_links == ()
