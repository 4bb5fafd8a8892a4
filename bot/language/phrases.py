# ruff: noqa: E501 - one way to say it, one line
"""Whole messages that are not a picture to draw: cancel, again, settings, preferences, …

A message is folded, relieved of polite words and final marks, and compared as a whole: "cancel
culture poster" is a picture, "cancel please" is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LEAD = re.compile(
    r"(?:(?:can|could|may) i (?:get|have)|i want|please|pls|plz|okay|ok|hey|hi|hello|yo|now|just|actually|sorry|wait|well|hmm+|um|oh|so|no"
    r"|can you|could you|would you|will you|can i|could i|may i|let's|lets|let me(?: see| have| get)?|i want to|i'd like to"
    r"|i would like to|i want you to|banana ?bot|bot|@\S{1,40}"
    r"|请问?|麻烦你?|帮我|帮忙|给我|那就|那|你|能不能|可以|我想要?|我要|嗯+|哦|啊|好的?|行|不好意思|还是|直接"
    r"|随便|不好|不太?满意|不好看|不太?行|我?不喜欢(?:这张|这个)?|i don't like (?:it|this|that)(?: one)?|not great|nope)"
    r"(?:[ ,.!;:、。…]+|(?<=[\u4e00-\u9fff])|$)"
)
_TAIL = re.compile(  # looked for in the last characters; what stands before it is stripped
    r"(?:(?<![a-z])(?:please|pls|plz|thanks|thank you|thx|now|for me|would you|bot|ok"
    r"|then|instead|today)|吧|啦|在哪[里儿]?|了|啊|呢|一下|谢谢你?|好吗|可以吗|行吗|呀|嘛|哈|呗|哦|吗|看看|拜托)$"
)
_MOST_POLITE = 12  # politer than that is no command
_BREAKS = re.compile(r"[,.!;。、…]+|(?<=[了吧啦])(?=[^\W了吧啦啊呢呀])")
_LONGEST_TAIL = 16
_BEFORE_TAIL = " ,.!;:、。…~"

_SHOW = r"(?:(?:show|list|see|view|open|display|check|tell|get|give|what are|what's|where are|where is|whats)(?: me)?(?: all)?(?: of)? ?)?"
_MY = r"(?:(?:the|my|our|your|all|current|available)(?: of)? ?)*"
_SHOW_ZH = r"(?:查看|看看|看一?下?|看|打开|显示|展示|列出|告诉我|查询?|翻看?|找)?(?:一下)?(?:我们?|你|当前|目前|现在|所有)*的?"
_MORE_ZH = r"(?:再|重新|又|多)"
_MAKE_ZH = r"(?:来|画|生成|做|试|出|整|搞|弄|绘制|跑|抽|换|要)"
_ONCE_ZH = (
    r"(?:[一二两三四几\d]{0,2}(?:张|次|遍|个|幅|版|下|轮|份)(?:新的|图片?|别的|不一样的|不同的)?)"
)

PHRASES: Mapping[str, str] = {
    "again": rf"""
        (?:do|draw|make|run|generate|try|paint|create)?\ ?(?:it|this|that|the\ same(?:\ thing)?)?\ ?(?:(?:once\ |all\ over\ )?again|one\ more\ time|once\ more)
        |again,?\ again|once\ (?:more|again)|one\ more(?:\ time|\ try|\ of\ (?:those|these|them|that|this)|\ like\ (?:that|this)|\ (?:picture|image|version|pic))?
        |(?:give\ me\ |make\ |draw\ |generate\ |do\ |create\ |i\ want\ |show\ me\ |get\ me\ |try\ )?(?:me\ )?(?:just\ )?(?:one\ more|another)(?:\ (?:one|picture|image|version|time|try|pic|go|shot|take|round|variation|attempt))?(?:\ (?:of\ (?:it|this|that|those|these)|like\ (?:it|this|that)))?
        |(?:re-?try|re-?do|re-?generate|re-?roll|re-?draw|re-?make|re-?run|repeat|re-?create)(?:\ (?:it|this|that|that\ one|the\ last(?:\ one)?|the\ (?:image|picture)|please|last|this\ one))?
        |roll\ (?:it\ )?again|same\ (?:thing\ )?again|(?:the\ )?same\ (?:thing|prompt)(?:\ again|\ once\ more)|more|encore|(?:a\ )?(?:different|new)\ (?:one|version)|start\ over|from\ scratch|do\ over|give\ it\ another\ (?:go|try|shot)
        |(?:不满意|不行|不好)?{_MORE_ZH}{_MAKE_ZH}?{_ONCE_ZH}|{_MORE_ZH}(?:来|画|做|生成|试|跑|抽|出图|绘制|开始|出)(?:试|过|遍)?(?:这张|这个|它|图)?(?:{_ONCE_ZH})?|重(?:画|来|试|做|绘|新|抽|跑|生成)(?:{_ONCE_ZH})?(?:这张|这个)?(?:图)?
        |(?:再)?换(?:一|1)?(?:张|个|幅|版)(?:新的|图片?|别的|看看)?|来(?:一)?(?:张|个)(?:新的|不一样的|别的|不同的)|(?:还要|另|另外)(?:来|要|画)?一(?:张|个|幅)|再试试?|再(?:给|帮)我?(?:来|画|做)?{_ONCE_ZH}|换(?:一)?个?(?:试试|看看)|再来|再画|重复(?:一次|一遍|上一次|上次)?|继续画?|同样的(?:再)?来一(?:张|次)|刷新|从头来|重头来
    """,
    "cancel": r"""
        (?:cancel|abort|stop|quit|halt|kill)(?:\ (?:it|that|this|please|all|everything|the\ (?:last|current)?\ ?(?:one|job|task|request|generation|drawing|picture|image)|(?:my|this|that|the)\ (?:last\ )?(?:request|order|job|task|picture|image|generation|one)|generating|drawing|generation|now|right\ now|already|the\ process|working|everything\ now))?
        |never\ ?mind(?:\ (?:that|it|this))?|nvm|forget\ (?:it|that|about\ (?:it|that))|scrap\ (?:that|it)|drop\ it|don't(?:\ (?:do|draw|bother|generate|make)(?:\ (?:it|that|this|anything))?)?|no\ need(?:\ anymore)?|i\ changed\ my\ mind|changed\ my\ mind|leave\ it|call\ it\ off|hold\ on,?\ (?:stop|cancel)(?:\ it)?|i\ don't\ (?:want|need)\ (?:it|this|that)(?:\ (?:any ?more|now))?|not\ any ?more|enough
        |(?:我想|我要)?取消(?:我?(?:刚才|刚刚|上一个|上一张|上次|之前|正在(?:进行|生成|画))的?(?:任务|生成|请求|那张|那个|图片?|画)|它|掉|吧|任务|生成|绘制|绘图|画图|请求|这个(?:任务)?|这张|这次|上一个|当前(?:任务)?|刚才的|刚刚的|操作|作图)?|算[了啦](?:吧)?|停+|(?:快|先|赶紧|马上|请)?停(?:下来?|止|手)?|停止(?:生成|画图?|任务|绘[制图画]|作图|出图)?|停一下|(?:快|先|赶紧|马上)停|打住|终止(?:任务|生成)?|中止(?:任务|生成)?|中断|(?:先)?(?:别|不要|不用|不必)(?:再)?(?:画|生成|做|弄|继续|搞|出图)?(?:图|下去|这张|它)?|(?:我)?(?:不|别)(?:画|要|做|弄|生成|想画|想要|需要|用)(?:图|它|这张|这个|画)?|放弃(?:吧|任务)?|作罢|撤销(?:任务)?|撤回|当我没说|没事|我改主意|不(?:画|要)了?
    """,
    "settings": rf"""
        {_SHOW}{_MY}(?:settings?|preferences?|prefs|config(?:uration)?|setup|defaults)(?:\ (?:page|menu|panel))?(?:\ are)?
        |what(?:\ is|'s|\ are|\ did\ i)?\ (?:set\ )?(?:my\ |the\ )?(?:current\ |default\ |saved\ |preferred\ )*(?:settings|preferences?|model|size|config|aspect\ ratio)(?:\ (?:right\ now|now|set\ to|am\ i\ (?:using|on)|do\ i\ (?:use|have)|is\ (?:my\ default|set|selected)|are\ you\ using))?|(?:which|what)\ model\ (?:am\ i|are\ we|are\ you)\ (?:using|on)|(?:my|current)\ (?:default\ )?(?:model|size)|(?:change|edit|adjust)\ (?:my\ |the\ )?(?:settings|preferences)|what\ do\ i\ have\ set
        |{_SHOW_ZH}(?:个人|用户|偏好|默认|当前|基本|生图|画图)?(?:设置|设定|偏好|配置|参数设置|首选项)(?:页面?|菜单|是什么|有哪些|情况|项|信息|面板)?|(?:更改|修改|调整)(?:我的)?(?:设置|偏好)
        |(?:我)?(?:的)?(?:现在|当前|目前)?(?:用的?|在用|默认|使用)(?:的)?(?:是)?(?:什么|哪个|哪种)(?:模型|尺寸|设置|配置|比例)|(?:我的)?(?:默认|当前)(?:的)?(?:模型|尺寸|比例)(?:是(?:什么|哪个|多少))?
    """,
    "models": rf"""
        {_SHOW}{_MY}(?:(?:image|ai|supported|different)\ )*models?(?:\ (?:list|available|supported|names|options|you\ (?:have|support|offer|know)|are\ (?:there|available|supported)|do\ you\ (?:have|support|offer)|can\ i\ (?:use|choose|pick)(?:\ from)?))?
        |(?:what|which)(?:\ (?:image|ai|other|different|kinds?\ of|types?\ of))*\ models?(?:\ (?:do\ you\ (?:have|support|offer|use|know)|are\ (?:there|available|supported|on\ offer)|can\ (?:i|you|we)\ (?:use|choose|pick|pick\ from|choose\ from)|have\ you\ got|you\ have|is\ (?:best|better|the\ best|cheapest|the\ cheapest|fastest)|should\ i\ use|exist))?|(?:list|show)\ (?:me\ )?(?:all\ )?(?:the\ )?(?:available\ )?models?|do\ you\ have\ (?:any\ )?other\ models|what\ (?:else\ )?(?:can\ i\ choose|models\ else)|(?:what|which)\ (?:sizes|aspect\ ratios|ratios|resolutions)(?:\ (?:do\ you\ (?:have|support)|are\ (?:available|supported|there)|can\ (?:i|you)\ (?:use|do|make)))?
        |{_SHOW_ZH}(?:可用|支持|能用|可选|全部)?的?(?:ai|图像|生图|画图|绘图)?模型(?:列表|清单|有哪些|有什么|一览|介绍|都有哪些|都有什么|名单|菜单)?|(?:你们?|现在|这里|目前|都|一共)*(?:有|支持|能用|可以用|提供|能选|可以选|可用)(?:的)?(?:哪些|什么|几个|几种|多少个?|啥)(?:可用|可选)?的?(?:ai|图像|生图|画图|绘图)?模型(?:可以?(?:用|选|选择))?|(?:哪些|什么|啥)模型(?:可以?用|能用|可选|最好|最便宜)?|(?:有|还有)(?:没有)?(?:别的|其他)的?模型|(?:可以|能)?(?:用|选)(?:哪些|什么|哪个)模型|模型(?:都)?有(?:哪些|什么|啥)|支持(?:哪些|什么)(?:尺寸|比例|分辨率)|(?:哪个|哪种|什么|哪一个)模型(?:最|更|比较)(?:好用?|便宜|快|强|贵)|(?:pro|flash|nb|nano|香蕉|大香蕉|小香蕉|模型).{{0,20}}(?:有什么|有啥|的)(?:区别|差别|不同)|(?:what's|what\ is)\ the\ difference\ between\ (?:the\ models|models|pro|flash|nb|nano).{{0,40}}|how\ much\ (?:does|is)\ (?:pro|flash|nano).{{0,20}}
    """,
    "history": rf"""
        {_SHOW}{_MY}(?:(?:image|picture|generation|drawing|chat|request|past|full|recent|draw)\ )*history
        |{_SHOW}(?:(?:all|my|the|our)\ (?:of\ )?)*(?:my\ )?(?:recent|last|past|previous|old|older|earlier|latest|generated|saved)(?:\ (?:few|\d+|generated|three|five|ten))?\ (?:pictures|images|pics|photos|drawings|generations|works?|creations|results|requests|jobs|ones)
        |{_SHOW}(?:all\ )?(?:of\ )?my\ (?:pictures|images|pics|drawings|creations|generations|gallery|works?|artworks?|photos|jobs|requests)|{_SHOW}(?:the\ )?gallery
        |(?:what|which)\ (?:pictures\ |images\ )?(?:did|have)\ (?:i|we|you)\ (?:make|made|draw|drawn|generated?|create|created)(?:\ (?:so\ far|before|recently|today|yesterday|for\ me|last\ time))?|(?:show\ me\ )?(?:what|the\ (?:pictures|images)|everything|all)\ (?:i|we|you)(?:'ve|\ have)?\ (?:made|drawn|drew|generated|created)(?:\ (?:so\ far|before|recently|for\ me|today))?|where\ are\ my\ (?:pictures|images)
        |{_SHOW_ZH}(?:生成|画图|绘图|作图|绘画|出图|图片|聊天|创作|使用)?(?:的)?(?:历史|历史记录|历史图片|历史作品|生成记录|绘图记录|画图记录|作图记录|记录|图库|作品集|画廊)(?:图片|记录|作品)?|(?:我的)(?:图|图片|作品|画|照片|图集)
        |{_SHOW_ZH}(?:最近|之前|以前|过去|上次|刚才|近期|昨天|今天|已经)(?:我|你|几次|给我|帮我)*(?:画|生成|做|出|创作|制作)?(?:过|好|完)?的(?:\d+张|那?几张|那些|所有)?(?:图|图片|作品|画|照片|记录|东西)?|{_SHOW_ZH}(?:最近|之前|近期)的?(?:\d+|几|十|五|三)(?:张|幅)(?:图|图片|作品)?|{_SHOW_ZH}(?:都)?(?:画|生成|做)过(?:的)?(?:哪些|什么|那?些)?(?:图|图片|作品|画|东西)?|我(?:之前|最近|都|以前)*(?:画|生成|做)(?:了|过)(?:哪些|什么|些什么)(?:图|图片)?
    """,
    "help": r"""
        help|help\ me(?:\ out)?|(?:i\ need|need|get|some|show|show\ me|give\ me)\ (?:some\ )?help|help\ (?:page|menu|center|text|message)|(?:the\ )?(?:usage|commands?|manual|instructions|tutorial|guide|faq|docs|documentation)|(?:what\ are|show|list|show\ me|list\ all|see)\ (?:the\ |your\ |all\ |available\ )*(?:commands|options|features|capabilities|instructions)
        |how\ (?:do|can|should|would)\ (?:i|you|we|one)\ (?:use|work\ with|start|begin|get\ started|draw|make|generate|create|talk\ to|do|operate)(?:\ (?:this|it|you|that|the\ bot|this\ bot|this\ thing|with\ this|with\ you|a\ picture|pictures|an\ image|images|one))?(?:\ (?:bot|here|work|with\ you|with\ this))?|how\ (?:does|do)\ (?:this|it|you|that|the\ bot|this\ bot|this\ thing|things)(?:\ (?:bot|thing))?\ (?:work|function)(?:\ here)?|how\ to(?:\ (?:use|start|draw|generate)(?:\ (?:this|it|you|the\ bot|this\ bot|an?\ (?:image|picture)|pictures|images))?)?
        |what\ (?:can|do|could|else\ can)\ (?:you|i|this\ bot|the\ bot|this|we|it)(?:\ (?:all|even))?\ (?:do|make|draw|ask|say|ask\ you|type|generate|create|offer)(?:\ (?:here|with\ (?:you|this|it)|for\ me|with\ this\ bot))?|who\ are\ you|what\ are\ you|what\ is\ this(?:\ bot)?|what\ are\ you(?:r)?\ (?:able\ to\ do|capable\ of|capabilities|features|skills)|what\ features\ do\ you\ have|getting\ started|i'm\ (?:lost|stuck|confused|new\ here)|i\ don't\ know\ (?:how|what)\ to\ (?:use\ (?:this|it|you)|do)|hi|hello|hey|thanks|thank\ you|good\ morning|how\ much\ (?:does\ it|does\ this|do\ you|is\ it|does\ (?:a|one)\ picture)\ ?(?:cost|charge)?|menu|start|tutorial|commands
        |帮助(?:信息|文档|中心|菜单)?|(?:需要|我需要|求|显示|查看)(?:一些|点)?(?:帮助|帮忙)|求助|救命|帮帮我|帮帮忙|(?:这个?|你|它|机器人|这东西|该|本)*(?:要|是|应该|到底)?(?:怎么|如何|怎样|咋)(?:使用?|用|玩|操作|开始|画图?|生成图?片?|办|弄|出图|作图|工作|画画)(?:你|它|这个|的|图片?|这个?机器人)?|(?:这个?|你|机器人|你们)*(?:能|会|可以|都能|都会|都可以)(?:帮我|为我|给我)?(?:做|干|画|生成|提供)?(?:些|点)?(?:什么|哪些|啥)(?:事情?|功能|东西|图|呀)?|(?:你)?(?:都)?(?:有|支持)(?:什么|哪些|啥)(?:功能|指令|命令|用法|能力|本事|技能|玩法)|(?:使用|操作|新手|用户)?(?:说明书?|教程|指南|手册|方法|帮助|指引|引导)|(?:使用|用)(?:说明|方法|教程|帮助|指南)|用法|功能(?:介绍|列表|说明)?|指令(?:列表|大全)?|命令(?:列表|大全)?|菜单|你是谁|你是(?:什么|干什么的|干嘛的|做什么的)|介绍(?:一下)?(?:你自己|自己|功能)|(?:不会|不知道怎么|不懂怎么)(?:用|玩|使用)|你好呀?|您好|谢谢|教(?:教)?我(?:怎么)?(?:用|使用|画)?|(?:画)?一张(?:图)?(?:要)?多少钱|怎么收费|多少钱
    """,
    "forget_preference": r"""
        (?:use|go\ with|back\ to|go\ back\ to|return\ to|switch\ (?:back\ )?to|revert\ to|reset\ to|restore|set\ (?:it\ )?(?:back\ )?to|just\ use|take|change\ (?:back\ )?to)\ (?:the\ |your\ |my\ )?(?:default|defaults|standard|usual|automatic|auto)(?:\ (?:model|settings?|one|values?|options?|ones|selection|mode|choice|preferences?))?
        |(?:please\ )?(?:forget|clear|reset|remove|delete|erase|drop|unset|discard|wipe|undo|cancel)(?:\ about)?(?:\ all)?(?:\ of)?\ (?:my\ |the\ |our\ |all\ )*(?:saved\ |stored\ |default\ |model\ |current\ |size\ |preferred\ )*(?:preferences?|prefs|settings?|defaults?|choices?|preferred\ (?:model|size)|default\ (?:model|size)|favou?rite\ model|favou?rites?|what\ i\ (?:prefer|like|chose|picked|always\ use))(?:\ (?:preferences?|to\ (?:the\ )?defaults?))?|reset(?:\ (?:everything|it|all|to\ (?:the\ )?(?:default|defaults|factory\ (?:settings|defaults)|default\ settings)))?(?:\ to\ (?:the\ )?defaults?)?|(?:don't|do\ not|stop)\ (?:remember|remembering|use|using|saving|save)\ (?:my\ )?(?:preferences?|choices?|settings?|preferred\ model)(?:\ any ?more)?|no\ (?:more\ )?preferences?|i\ (?:don't\ have|have\ no|no\ longer\ have)\ (?:a\ |any\ )?preferences?(?:\ any ?more)?
        |you\ (?:choose|pick|decide|select)(?:\ (?:one|for\ me|the\ (?:model|best|best\ one)|a\ model|it|what's\ best|whatever(?:\ you\ like)?))?|(?:choose|pick|decide|select|recommend|suggest)(?:\ (?:me|something|it))?(?:\ (?:one|a\ model|for\ me|the\ model|any|something|one\ for\ me|a\ model\ for\ me|the\ model\ for\ me|another\ model|another|another\ one|automatically))+|(?:whichever|whatever|any\ model)(?:\ (?:you\ (?:like|want|think\ is\ best)|works|is\ fine|model\ works))?|(?:auto|automatic)(?:\ ?-?(?:select|selection|choose|pick|mode|model|matic))?(?:\ (?:model|selection))?|automatically\ (?:choose|pick|select)(?:\ (?:one|the\ model|a\ model|for\ me))?|up\ to\ you|your\ (?:choice|call|pick)|surprise\ me|default\ (?:settings|model|please)|defaults?|try\ (?:something\ else|another\ model|other\ models|a\ different\ model|different\ models|other\ ones)|re-?recommend(?:\ (?:one|a\ model))?|recommend(?:\ again)?|(?:let|have)\ (?:the\ bot|it|you)\ (?:choose|decide|pick)
        |(?:stop|don't|do\ not|no\ longer|quit|never)\ (?:always\ )?(?:use|using|defaulting\ to|default\ to|prefer|preferring)\ (?:pro|flash|nano\ banana(?:\ (?:2|pro))?|nb ?(?:2|pro)|banana\ pro|the\ pro\ model|2k|4k|1k|16:9|9:16|1:1)(?:\ (?:by\ default|any ?more|every\ time|all\ the\ time|always|from\ now\ on|as\ (?:my\ |the\ )?default))?
        |(?:还是|就|都|恢复|改|换|回|改回|换回|切回|以后|使用|变)*(?:用回|用|使用|成|到|回|恢复)?(?:系统)?默认(?:的|值|设置|模型|配置|吧|状态|就好|就行|选项|的模型|的就行|的就好)?|(?:恢复|还原|重置|回到|改回|换回|切回|回归)(?:到|为|成)?(?:系统|出厂|我的|所有|全部)?(?:的)?(?:默认|偏好|设置|初始)?(?:设置|值|模型|状态|偏好|的|配置)?
        |(?:清除|清空|删除|删掉|忘记|忘掉|忘了|取消|重置|去掉|移除|撤销|清掉|不要|别)(?:记住|保存)?(?:掉|所有|全部)?(?:我的?|我之前的?|之前的?|我喜欢的)?(?:模型|尺寸|默认)?的?(?:偏好|偏好设置|喜好|习惯|设置|默认设置|默认模型|喜欢的模型|模型偏好|选择|首选项)(?:设置)?|(?:不要|别)(?:再)?记住(?:我的?)?(?:偏好|选择|喜好|了)?
        |自动(?:选择?|选模型|选择模型|挑选|匹配|推荐|模式|决定|就好|就行)?|(?:由|让|请)?(?:你|系统|机器人)(?:来|帮我|自己|自动|给我|替我|看着|随便)*(?:选|决定|挑|定|推荐|选择|安排|办)(?:一个|个|吧|模型|就好|就行|一下|一种|合适的)*|(?:给我|帮我|再|重新|请|随便)*(?:推荐|选|挑)(?:一个|个|一款|一种|别的|其他的|合适的|最合适的|一下|新的|几个)+(?:模型|的)?|重新推荐(?:一个|一下|个|模型|一次)*|(?:给我|帮我|请)?推荐(?:模型|一下|下)?|用最好的(?:那个)?|(?:再)?(?:试试|试一?下|换个|换一个|试|用用|看看)(?:别的|其他的?|其它的?|另外的|不同的|另一个)(?:模型|的)?|换个模型(?:试试|看看)?|换(?:一个|其他|别的)模型|都(?:行|可以)|随便|随便选?(?:一个|个)?|不(?:再)?(?:要|用)?(?:固定|指定|限定|默认)(?:模型|用?.{0,8})?
        |(?:以后|今后)?(?:不要|别|不用|不)(?:再)?(?:一直|总是|每次|默认|都|老)+(?:都)?(?:用|使用)(?:pro|flash|nano ?banana(?: ?(?:2|pro))?|大香蕉|小香蕉|香蕉 ?(?:2|pro)|2k|4k|横图|竖图)|(?:以后|今后)?(?:都)?(?:不要|别|不用|不)(?:再)?用(?:pro|flash|nano ?banana(?: ?(?:2|pro))?|大香蕉|小香蕉|香蕉 ?(?:2|pro)|2k|4k|横图|竖图)
    """,
    "vary": r"""
        (?:make\ |show\ |give\ me\ )?variations|vary(?:\ (?:it|this|that))?|(?:做|来|要|生成)?(?:几个|一些|点)?变体
    """,
    "larger": r"""
        larger|upscale(?:\ (?:it|this|that))?|更大
    """,
    "smaller": r"""
        smaller\ size|更小尺寸
    """,
    "pro": r"""
        pro\ version|pro\ ?版本?
    """,
    "details": r"""
        (?:show\ )?(?:me\ )?(?:the\ )?details|(?:查看|看)?(?:图片)?详情
    """,
    "delete": r"""
        delete(?:\ (?:it|this|that|this\ (?:one|picture|image)|the\ (?:picture|image)))?|删除(?:它|这张|这张图片?|图片)?|删[掉了]
    """,
    "notify": r"""
        (?:call|ping|notify|tell)\ me\ when\ (?:it's\ |it\ is\ )?(?:done|ready|finished)|(?:好了|完成后?|画完)(?:之后)?(?:再)?(?:通知|提醒|叫|告诉)(?:一下)?我(?:一声)?
    """,
    "forget_me": r"""
        (?:delete|erase|remove)\ (?:all\ (?:of\ )?)?my\ (?:personal\ )?data|forget\ me|删除我的(?:所有|全部|个人)?(?:数据|信息|资料)|忘记我
    """,
}
_COMPILED = tuple(
    (name, re.compile("".join(line.strip() for line in pattern.splitlines())))
    for name, pattern in PHRASES.items()
)
LONGEST_COMMAND = 80

# How a lasting wish is put around its settings. The firm ones take any setting; the casual ones
# ("use pro", 换成Pro) are a preference only when all they name is a model.
_USE = (
    r"(?:use|using|draw|make|generate|render|create|choose|pick|go with|give me|prefer|do|want|stick (?:to|with)"
    r"|default to|switch to|select|set)"
)
_THINGS = r"(?:them|it|images|pictures|everything|(?:all|my|all my|every) (?:images|pictures|drawings|picture|image)|me)"
_ALWAYS = (
    r"(?:always|from now on|from here on(?: out)?|by default|in (?:the )?future|going forward|every time"
    r"|each time|for (?:all|everything)|for all (?:my )?(?:images|pictures|requests)|henceforth|permanently"
    r"|for all future (?:images|pictures|requests))"
)
_SETTING = r"(?:(?:image |preferred |favou?rite )?(?:model|size|resolution|(?:aspect )?ratio|orientation|format|quality))"
_SOON_ZH = (
    r"(?:我?以后|今后|往后|从现在(?:开始|起)?|从今以后|从今往后|从今天(?:开始|起)?|接下来|之后|后面|每次|每张|一直|总是|永远|始终"
    r"|默认(?:就)?|平时|所有图片?|全部图片?)"
)
_SLOT_ZH = r"(?:模型|尺寸|大小|分辨率|比例|画质|设置|画幅)"
_BE_ZH = r"(?:改|设|换|设置|调|定|切换)?(?:成|为|到|是|用)?"
FIRM_WISHES = tuple(
    map(
        re.compile,
        (
            rf"{_ALWAYS},? (?:please )?(?:(?:i want|i'd like|i prefer|you should|just|to|let's|you|it|keep) )*(?:{_USE} )?(?:{_THINGS} )?(?:(?:in|at|with|as|to be|using|be) )?(?P<what>.+?)(?:,? {_ALWAYS})?",
            rf"(?:i (?:want|would like|like|prefer) )?(?:(?:you )?to )?(?:{_USE} )?(?:{_THINGS} )?(?:(?:in|at|with|as|using|be) )?(?P<what>.+?),? {_ALWAYS}",
            rf"(?:{_USE}|make|save|keep|remember) (?P<what>.+?) (?:as|to be) (?:my |the |a )?(?:default|preference|favou?rite|preferred).{{0,20}}",
            rf"(?:set|change|switch|make|update) (?:my |the )?(?:default|preferred|preference|standard|favou?rite)(?: {_SETTING})?(?: (?:to|as|be|=|is))? (?P<what>.+)",
            r"(?:set|change|switch|update) (?:my |the )?(?:image )?model (?:to|as|=) (?P<what>.+)",
            rf"(?:my |the )?(?:default|preferred|favou?rite)(?: {_SETTING})?(?: (?:to|is|should be|=|:|model is))? (?P<what>.+)",
            r"(?:remember|note|keep in mind)(?: that)? i (?:always )?(?:like|prefer|love|want|use|always use) (?P<what>.+)",
            r"(?:make|set) (?P<what>.+?) (?:my |the |as )*(?:default|preference|preferred|favou?rite).{0,20}",
            r"i(?: always| usually| generally)? prefer (?:using |to use )?(?P<what>.+)",
            r"i always (?:want|like|use) (?P<what>.+)|remember:? (?P<what2>.+)",
            rf"{_SOON_ZH}(?:画图|画画|生成|出图|生图|作图|的图片?|我的图片?|{_SLOT_ZH})*[,:、 ]*(?:都|就|全部?|请|给我|帮我|我|要|只|一直|总是|默认|优先|统一|设置?|开始)*(?:用|使用|选用?|画|生成|出|给|要|是|为|改用|改成|改为|设成|设为|换成|按)*(?P<what>.+)",
            rf"(?:请)?(?:把|将)?(?:我的)?(?:默认|首选|偏好)的?{_SLOT_ZH}?[: ]?{_BE_ZH}(?P<what>.+)",
            r"(?:把|将)?(?P<what>.+?)(?:设|设置|作|当|定|存)(?:成|为|作)?(?:我的)?(?:默认|偏好|首选)(?:模型|的|尺寸|比例)?",
            r"(?:都|全部|统一)(?:用|要|使用)(?P<what>.+)",
            r"用?(?P<what>.+?)作为?(?:我的)?默认.{0,6}",
            r"(?:请)?(?:帮我)?记住,?:?(?:我)?(?:喜欢|要|想|偏好)?(?:用|的是)?(?P<what>.+)",
            r"我(?:个人)?(?:还是|更|比较|最|就|一直|习惯|只)*(?:喜欢|偏爱|偏好|爱|习惯|想一直)(?:用|使用)?(?P<what>.+)",
        ),
    )
)
CASUAL_WISHES = tuple(
    map(
        re.compile,
        (
            r"(?:use|using|(?:switch|go|change)?(?: over)? ?(?:back)? to|go with|change to|swap to|move to|pick|choose|select|stick (?:with|to)|prefer|let's (?:use|go with)|i(?:'d like to| want to| would like to|'ll)? (?:use|like|love|really like|go with|pick|choose)|i'm going with) (?P<what>.+?)(?: (?:best|more|better|the most))?",
            r"(?:还是|就|那就|我想|我要|我|请|帮我)*(?:用|使用|换成|换到|换回|切换(?:成|到|为|至)?|切(?:成|到|回)|改用|改成|换用|换|选|选择|选用|改为)(?P<what>.+)",
        ),
    )
)

SLASH = re.compile(
    r"[/!]([a-z_-]{1,20}|[\u4e00-\u9fff]{1,4})(?:@\S{1,40})?(?=\s|$|[:,])[\s:,]*", re.DOTALL
)
SLASHES: Mapping[str, str] = {
    **dict.fromkeys(("draw", "imagine", "generate", "image", "img", "picture", "paint", "create"), "draw"),
    **dict.fromkeys(("edit", "banana", "make", "画", "画图", "绘图", "生成", "编辑"), "draw"),
    **dict.fromkeys(("again", "retry", "redo", "reroll", "regenerate", "再来", "重试", "重画"), "again"),
    **dict.fromkeys(("vary", "variations", "变体"), "vary"),
    **dict.fromkeys(("larger", "upscale", "放大", "更大"), "larger"),
    **dict.fromkeys(("smaller", "更小"), "smaller"),
    **dict.fromkeys(("notify", "ping", "通知"), "notify"),
    **dict.fromkeys(("delete", "删除"), "delete"),
    **dict.fromkeys(("details", "info", "详情"), "details"),
    **dict.fromkeys(("forget-me", "forget_me", "forgetme", "忘记我"), "forget_me"),
    **dict.fromkeys(("cancel", "stop", "取消", "停止"), "cancel"),
    **dict.fromkeys(("settings", "preferences", "prefs", "config", "设置", "偏好"), "settings"),
    **dict.fromkeys(("models", "model", "模型"), "models"),
    **dict.fromkeys(("history", "gallery", "历史", "记录"), "history"),
    **dict.fromkeys(("help", "start", "usage", "帮助", "说明"), "help"),
    **dict.fromkeys(("prefer", "use", "default", "偏好设置", "默认"), "prefer"),
    **dict.fromkeys(("forget", "reset", "重置", "忘记"), "forget_preference"),
}  # fmt: skip


def trim(folded: str) -> str:
    """Return the text without marks and emoji at its ends."""
    start, end = 0, len(folded)
    while start < end and not folded[start].isalnum():
        start += 1
    while end > start and not folded[end - 1].isalnum():
        end -= 1
    return folded[start:end]


def _without_tail(text: str) -> str:
    """Return the text without the polite word at its end, if there is one."""
    match = _TAIL.search(text, max(0, len(text) - _LONGEST_TAIL))
    return text[: match.start()].rstrip(_BEFORE_TAIL) if match else text


def peeled(folded: str) -> list[str]:
    """Return the text and its shorter readings, each with one more polite word taken off."""
    text = trim(folded)
    readings = [text]
    while len(readings) < _MOST_POLITE:
        shorter = trim(_without_tail(text))
        if shorter in ("", text):
            match = _LEAD.match(text)
            shorter = trim(text[match.end() :]) if match else ""
        if shorter in ("", text):
            break
        text = shorter
        readings.append(text)
    return readings


def command(folded: str) -> str | None:
    """Return the action a whole message names, or None when it describes a picture."""
    if folded.strip() in ("?", "??"):
        return "help"
    if len(folded) > LONGEST_COMMAND:
        return None
    return _one_command(folded) or _repeated_command(folded)


def _one_command(folded: str) -> str | None:
    for text in peeled(folded):
        for name, pattern in _COMPILED:
            if text and pattern.fullmatch(text):
                return name
    return None


def _repeated_command(folded: str) -> str | None:
    """Return the action that every part of the message names: "stop, never mind", 算了不要了."""
    parts = [part for part in _BREAKS.split(folded) if trim(part)]
    names = {_one_command(part) for part in parts}
    return names.pop() if len(parts) > 1 and len(names) == 1 else None
