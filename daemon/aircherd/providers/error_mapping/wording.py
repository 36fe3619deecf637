"""How vendors word their errors: one pattern for each meaning, searched in the lower-case text.

A pattern says who or what is at fault and what is wrong with it, in this order or the other, and
not only one of the two: "invalid api key", not "key". What an error quotes is not in the text. The
order of the rules decides when two of them match.

Sources: the vendors' documentation, their servers' sources, and users' reports, November 2026.
"""

from aircherd.providers.error_mapping.pattern import Pattern


def _any(*patterns: str) -> Pattern:
    return Pattern("|".join(f"(?:{pattern})" for pattern in patterns))


_IS = r"(?:is|are|was|were|has|have|had|been|be|does|do|did|can|could)(?:\s(?:been|be|currently))?"
_NOT = r"(?:not|n't|no longer)"

# ------------------------------------------------------------------ the key

_KEY = (
    r"(?:api[ _-]?(?:keys?|tokens?|secret)|apikeys?|x-api-key|secret[ _-]?keys?"
    r"|access[ _-]?(?:tokens?|keys?(?: id)?)"
    r"|(?:auth|authentication|authorization)(?: (?:token|key|header|parameter|credential)s?)"
    r"|bearer[ _-]?tokens?|security token|proxy server token|credentials?|subscription key)"
)
_WRONG = (
    r"(?:invalid|incorrect|wrong|bad|missing|expired|revoked|disabled|deactivated|malformed"
    r"|unknown|unrecogni[sz]ed|unauthori[sz]ed|inactive|illegal)"
)

KEY = _any(
    rf"\b{_WRONG}(?: or {_WRONG})?(?: \w+){{0,2}}? {_KEY}\b",
    rf"\bno(?: valid)?(?: \w+)? {_KEY}\b(?: was| were| is)?(?: found| provided| supplied| given"
    rf"| in|$)",
    r"\bno auth credentials\b",
    rf"\b{_KEY}(?:\s\S+){{0,5}}? (?:{_IS} )?(?:{_NOT} )?(?:valid|invalid|incorrect|wrong|expired"
    r"|revoked|leaked|malformed|missing|unauthorized|not found|doesn't exist|does not exist"
    r"|not recogni[sz]ed|not provided|not received|not set|required|badly formatted|not active"
    r"|not authori[sz]ed"
    r"|(?:could not|cannot) be (?:found|validated|verified))\b",
    rf"\b(?:could not|cannot|failed to|unable to) (?:validate|verify|authori[sz]e)(?: \w+){{0,2}}?"
    rf" {_KEY}\b",
    r"\bjwt (?:is |has )?(?:expired|malformed|invalid)\b|\binvalid jwt\b",
    rf"\b{_KEY} (?:has been |is |was )?(?:disabled|deactivated|deleted|blocked|suspended"
    rf"|inactive)\b",
    rf"(?:didn't|did not|must|please|(?:^|\n)) ?(?:provide|supply|include|pass"
    rf"|carry)(?: \w+){{0,3}}? {_KEY}\b",
    r"unregistered callers?\b",
    rf"\b{_KEY} (?:validation|verification) failed\b|\b{_KEY} belongs to a deleted\b",
    r"\bkey(?: id)? you provided does not exist\b|(?:^|\n)(?:wrong|invalid) key\b(?! in)",
    r"(?:^|\n)(?:the |this |your |provided )*key (?:is |has )(?:invalid|expired|revoked"
    r"|disabled)\b",
    r"\bauthentication (?:is )?required\b|\blogin required\b|\bnot logged in\b"
    r"|\b(?:log|sign) in again\b|\bsession (?:has )?expired\b|\binvalid header:? authorization\b",
    r"(?:^|\n)(?:invalid signature|signature (?:has )?expired|signature mismatch)[.!]?(?:$|\n)",
    r"(?:^|\n)token (?:not found|is blocked|has been disabled|(?:verification|validation) failed)\b"
    r"|\bfailed to (?:verify|validate)(?: the)? token\b",
    r"\bauthentication (?:fails|failed|failure|error)\b|\bfailed to auth(?:enticate)?\b",
    r"\b(?:could not|cannot|unable to)(?: be)? authenticate\b|\bnot authenticated\b",
    r"\bauthori[sz]ation (?:failed|failure|error)\b|(?:^|\n)user not found\b"
    r"|\brequest signature we calculated\b",
    r"\b(?:your|this|the) key (?:has been |was |is )?(?:deleted|disabled|revoked|expired|invalid"
    r"|inactive|blocked)\b|\bkey (?:disabled|revoked|expired)\b",
    r"\b(?:invalid|incorrect|expired|wrong|missing)_api_key\b|\bapi_key_(?:invalid|expired"
    r"|revoked|missing)\b",
    r"\binvalid authentication\b|\bunauthenticated\b|\blogin fail\b|\btoken not match group\b",
    r"\b(?:your|the|this|access|auth|login) token (?:has |is |was )?(?:been )?(?:expired|invalid"
    r"|revoked)",
    r"\btoken(?: you| provided){0,2} (?:has |is |was )?(?:been )?(?:expired|revoked)\b",
    r"(?:^|\n)(?:invalid|expired) or (?:expired|invalid|revoked) token\b",
    r"(?:^|\n)(?:invalid token(?:$|\n|[.(])|unauthorized\b|token is invalid\b)",
    r"无效的令牌|未提供令牌|令牌(?:已过期|无效|已?失效|不存在|状态不可用)|登录已?过期|未登录"
    r"|请先登录"
    r"|认证信息(?:无效|错误)|(?:提供|缺少)\S{0,4} ?api ?key|未授权的?访问|(?:身份验证|鉴权"
    r"|认证)失败|无效的 ?api"
    r"|api ?key ?(?:无效|错误|不存在|不正确|已过期|已?失效|已被(?:禁用|删除))",
    r"\bcertification failed\b|\bhmac signature (?:does not match|cannot be verified)\b",
    r"(?:密钥|金钥)(?:不存在|无效|错误|不正确|已过期|已?失效|已被(?:禁用|删除))"
    r"|未收到 ?authentication",
    r"authentication token ?(?:非法|已过期|的验证失败)",
)

PERMISSION = _any(
    r"missing scopes",
    r"organization must be verified",
    r"\b(?:not|n't) (?:be )?(?:authori[sz]ed|allowed|permitted|entitled|eligible)"
    r"(?: \w+){0,2}? (?:to (?!be\b)|access\b)",
    r"\b(?:doesn't|does not|do not|don't|without|no|lacks?"
    r"|insufficient)(?: have)?(?: the)?(?: \w+)?"
    r" permissions?\b",
    r"\b(?:doesn't|does not|do not|don't) have access\b|\bno access to\b",
    r"\baccess to (?:the )?model(?: \S+)? (?:is )?denied|\bmodel access (?:is )?denied\b",
    r"\brequires? (?:a |an active )?(?:paid )?(?:subscription|plan)\b|\bsubscription required\b"
    r"|\brequires terms acceptance\b",
    r"\bmatching your data policy\b|\bguardrail restrictions\b",
    r"\bip (?:address )?(?:\S+ )?(?:is )?not (?:allowed|authori[sz]ed|whitelisted)\b",
    r"\bplan (?:does not|doesn't) (?:support|include)\b|套餐暂未开放|无权访问|没有权限",
    r"\bonly authori[sz]ed for use with\b|\bnot licensed to\b"
    r"|\bnot (?:yet )?available for this subscription\b",
    r"\bonly available to \w+ (?:subscribers|customers|members)\b"
    r"|\bnot in (?:the )?(?:allow|white)list\b",
    r"\bvirtual network\b|\buse case details have not been submitted\b|白名单",
    r"\baccept the (?:terms|license)\b|\baccess to this model is restricted\b",
    r"\bnot allowed from unsupported (?:countries|regions)\b|(?:^|\n)operation not allowed\b",
)

ACCOUNT = _any(
    r"\b(?:organi[sz]ation|account|team|user|workspace|project|tenant|consumer)\b(?:\s\S+){0,4}?"
    r" (?:is|are|was|has been|have been|been) (?:currently |temporarily |permanently )?"
    r"(?:disabled|suspended|deactivated|blocked|banned|locked|terminated|inactive|not active"
    r"|restricted|closed|frozen|archived|on hold)",
    r"\b(?:project|account|organi[sz]ation)\b[^\n]{0,30} denied access\b",
    r"\baccount (?:suspended|deactivated|disabled|locked|banned)\b",
    r"\baccount does not exist\b|\baccess (?:has been )?terminated\b",
    r"\blocation is not supported\b|\bcountry, region,? or territory\b",
    r"\bnot available in your (?:country|region|location)\b|\bunsupported (?:country|region)\b",
    r"\bhas not been used in project\b|\brequires billing to be enabled\b",
    r"\b(?:account|organi[sz]ation)\b[^\n.]{0,30} (?:under review|been flagged|not verified)\b",
    r"\b(?:identity|real-name) (?:verification|not verified)\b|\bidentity not verified\b",
    r"\brequires a valid (?:credit )?card\b|\bdue to abuse\b",
    r"\bterms of service violation\b|\bviolation of (?:the |our )?terms\b",
    r"(?:账户|账号|用户)(?:已被|已?(?:冻结|封禁|锁定)|不存在|当前处于非活动|异常)|实名认证",
)

# ------------------------------------------------------------------ money and limits

_MONEY = r"(?:balance|credits?|funds|points|quota|(?:resource )?pack(?:age)?|licenses?)"
_SPAN = (
    r"(?:cost|fair use|hard|daily|weekly|monthly|week|month|spend|spending|usage|budget|billing"
    r"|plan|subscription)"
)

MONEY = _any(
    rf"\b(?:insufficient|not enough|no more|out of|zero)(?: \w+){{0,2}}? {_MONEY}\b",
    r"\bno (?:remaining |available )?(?:balance|credits?|funds|resource package)\b",
    rf"\b{_MONEY}(?:\s\S+){{0,4}}? (?:too low|negative|insufficient|not enough|not sufficient"
    rf"|exhausted"
    r"|depleted|used up|expired|overdue)\b",
    rf"\b(?:doesn't|does not|don't|do not) have (?:any |enough |sufficient )?{_MONEY}\b",
    r"\b(?:used|exhausted|spent)(?: up)? (?:all )?(?:of )?(?:your|its|the|their)?(?:\s\S+){0,3}?"
    r" (?:credits?|allocation|allowance|balance)\b",
    r"\bpayment method (?:is )?(?:required|missing)\b|\badd a payment method\b"
    r"(?![^\n.]{0,40} increase)|\ballowed by your (?:current )?plan\b",
    r"\bpayment (?:error|failed)\b|\bupdate your payment\b|\bdepleted balance\b"
    r"|\bfree tier limit\b",
    rf"\b(?:run|ran) out of(?: \w+){{0,2}} {_MONEY}\b|\bno (?:budget|{_MONEY}) left\b",
    r"\b(?:wallet|balance)\b(?:\s\S+){0,4}? (?:empty|zero|negative|\$?0(?:\.0+)?)(?![\d.]*\d)",
    r"\bnegative balance\b|\bbalance: \$?0(?:\.0+)?(?![\d.]*\d)|\badd funds\b|\bmax budget\b",
    r"\btokens (?:left )?in your (?:plan|account)\b|\bcard was declined\b"
    r"|\binvoice(?: is)? overdue\b",
    r"\b(?:no|need an) active subscription\b|\bupgrade to \w+ to continue\b|\bout of messages\b",
    r"\binsufficient_(?:user_)?(?:quota|balance|credits|funds)\b",
    r"\bapi total request limit\b|\bquota failed\b|\bexhausted (?:their|its) quota\b",
    r"\b(?:not|only) available on the free tier\b",
    r"\b(?:budget|allowance|usage|quota|tokens)\b[^\n.]{0,30} (?:used up|depleted)\b",
    r"\bno (?:remaining )?usage\b[^\n.]{0,20} (?:left|remaining|period|cycle)\b",
    r"\b(?:subscription|plan|trial)(?: \w+)? (?:(?:has )?lapsed|is over)\b",
    r"\btoken quota\b[^\n]{0,40} (?:reached|exhausted)\b|\b(?:free|monthly|weekly|go|plan)"
    r" ?usage ?limit ?error\b",
    r"\brequires (?:more|additional) credits\b|\bcredit limit (?:\w+ )?(?:exceeded|reached)\b",
    r"\b(?:exceeded|reached)(?: your)?(?: \w+){0,3}? (?:included )?credits\b",
    r"\bin arrears\b|\barrearage\b|\boverdue (?:balance|payment|bill)|\bpast due\b|\brecharge\b",
    r"\bbilling hard limit\b|\bpayment (?:is )?required\b|\bplease top[ -]?up\b|\bunpaid\b",
    rf"\b{_SPAN}(?: \w+){{0,2}}? (?:limits?|quota|cap|allowance)(?: \w+){{0,4}}?"
    r" (?:reached|exceeded|exhausted|hit)\b",
    rf"\b(?:reach|exceed|exhaust|hit|us)(?:ed|ing|s)?(?:\s\S+){{0,4}}? {_SPAN}(?:\s\S+){{0,2}}?"
    r" (?:limits?|quota|cap|allowance|credits)\b",
    r"\blimit exhausted\b|\bbudget (?:has been )?exceeded\b|\bexceeded ?budget\b",
    r"\b(?:plan|subscription|package|trial)(?: \w+){0,2}? (?:has )?(?:expired|ended)\b",
    r"\bfree (?:tier|quota|allocation|trial)(?:\s\S+){0,6}? (?:exhausted|exceeded|used up|ended)\b",
    r"\blimited to [\d,]+ api calls ?(?:/|per) ?month\b",
    r"余额不足|欠费|充值|(?:额度|配额)(?:不足|已用尽|已用完|已耗尽)|套餐已到期|使用上限"
    r"|调用次数限额|无可用额度|扣费额度失败|余额为[0负]|升级套餐|次数已用[完尽]|费用(?:超限|限制)"
    r"|(?:订阅|套餐)\S{0,2}已(?:过期|用)"
    r"|(?:积分|余量|点数|资源包|算力)(?:不足|已用)|透支|续费",
)

# The plans of vendors that also allocate quotas per minute.
PLAN_PERIOD = _any(r"\b(?:free|hour|day|week|month)(?:ly)? allocated quota\b")

# OpenAI's text for no credit; Google has it for limits per minute, too, with a code of its own.
CURRENT_QUOTA = _any(r"\bexceeded your current quota, please check your plan and billing\b")

# Weaker: a limit per minute may be worded like this, too.
QUOTA = _any(
    r"\bquota(?: \w+){0,3}? (?:exceeded|exhausted|reached)\b",
    r"\bexceeded (?:your|the)(?: \w+){0,3}? quota\b",
    r"\bout of quota\b",
)

# A request that is too large for a limit per minute may fit another key, or a smaller one this.
RATE_OF_TOKENS = _any(
    r"request too large\b[^\n]*(?:\bper (?:minute|min|day|hour)\b|\b[rt]p[md]\b)",
    r"\btokens per (?:minute|min|day)\b[^\n]*\brequested [\d,]+[^\n]*\b(?:reduce"
    r"|must be reduced)\b",
)
_SHORT = r"(?:per (?:second|minute|min)|/ ?(?:s|min|minute)|rpm|tpm)"
_LONG = r"(?:per (?:day|week|month)|per-day|daily|weekly|monthly|[rt]pd)"
# Some vendors advertise a higher limit behind it: add credits, see the plans.
RATE_FIRST = _any(
    rf"\brate limit(?:ed)? (?:reached|exceeded|hit)\b(?![^\n]*\b{_LONG}\b)"
    rf"[^\n]{{0,120}}\b{_SHORT}\b",
    rf"\brate limit (?:reached|exceeded)\b(?![^\n]*\b{_LONG}\b)[^\n]{{0,40}}"
    r"\b(?:retry|try again) in [\d.]+ ?(?:ms|s|sec)",
    r"\b(?:sending|making) requests too (?:quickly|fast)\b|\breduce your request rate\b",
)
TOKENS_IN_A_TIME = _any(
    r"每(?:分钟|秒)",
    r"\btoo many tokens per\b|\btoo many tokens\b[^\n]{0,40}\bplease wait\b",
    r"\brate limit[^\n]{0,80}\btoo many tokens\b|\btokens per (?:minute|day|hour) limit\b",
)
TOO_MANY_TOKENS = _any(
    r"\btoo many tokens\b", r"\btoken limit (?:exceeded|reached)\b|\bexceed(?:s|ed)? token limit\b"
)

RATE = _any(
    r"\brate[ _-]?limit|ratelimiterror|\btoo many (?:concurrent )?requests\b|\bthrottl",
    r"\b(?:requests?|tokens?|calls)[ -]per[ -](?:second|minute|min|hour|day)\b|\b[rt]p[md]\b"
    r"|_per_(?:second|minute|min)(?![a-z])",
    r"\brequests? (?:frequency|rate)\b|\bconcurren(?:cy|t)(?: \w+){0,3}? (?:limit|exceeded"
    r"|requests)",
    r"\b(?:too many|max organi[sz]ation|high) concurren|\bslow down\b|\bmax rpm\b",
    r"\bplease wait (?:a moment )?before\b|\bqps\b(?: \w+){0,2} limit",
    r"\b(?:retry|try again) (?:in|after) [\d.]+ ?(?:ms|s|m|sec|min)",
    r"\bquota exceeded for quota metric\b",
    r"\brequest limit (?:has been )?(?:exceeded|reached)\b",
    r"频繁|频率(?:过高|过快|受限|超)|并发\S{0,4}(?:过高|超过|超出|超限|上限)|速率限制|限流"
    r"|流量限制|次数过多|请求过多|\berror code: 1015\b",
)

OVERLOADED = _any(
    r"\boverload|\bat (?:full |max(?:imum)? )?capacity\b|\bcapacity (?:\w+ )?(?:exceeded"
    r"|exhausted)",
    r"\b(?:no|insufficient|not enough|over|out of|exceeds)(?: \w+)? capacity\b",
    r"\b(?:server|service|model|system|engine|gpu)s? (?:is |are )?(?:currently |too |very )*busy\b",
    r"\bhigh (?:demand|traffic|load)\b|\bheavy load\b|\bqueue is full\b"
    r"|\btoo many(?: \w+)? in queue\b",
    r"\bno (?:healthy|available)(?: \w+)? ?(?:upstreams?|workers?|instances?|backends?|servers?"
    r"|gpus?)",
    r"\bno (?:instances?|workers?|deployments?)(?: \w+)? available\b|\bworker limit reached\b",
    r"\b(?:temporarily|currently) (?:unavailable|out of)|\bmodel(?: \S+)? is (?:currently "
    r"|still )?loading",
    r"^loading model|\bnot ready yet\b|\bmodel(?: \S+)? is not ready\b|访问量过大|(?:系统|服务"
    r"|服务器)(?:繁?忙|负载)"
    r"|当前.{0,10}负载|负载(?:过高|已?饱和)|\bgpu resources? (?:are|is) insufficient\b",
)

# ------------------------------------------------------------------ the prompt

_LONGER = (
    r"(?:exceed(?:s|ed|ing)?|longer than|larger than|greater than|more than|beyond|over"
    r"|surpass(?:es)?)"
)

TOO_LONG = _any(
    r"\bprompt(?: text| tokens?)?(?: is| are)? too (?:long|large)\b|\btokens too long\b",
    r"\binput(?: text| prompt| sequence)?(?: is)? too (?:long|large)\b",
    r"\b(?:conversation|messages?|history|context)(?: is| are)? too (?:long|large|big)\b",
    r"\blength of (?:all )?(?:the )?messages exceeds\b"
    r"|\btoken count of [\d,]+ (?:surpasses|exceeds)\b",
    r"\b(?:prompt|input|query|quer(?:y|ies))s?(?: is| are)? too (?:long|large|big)\b"
    r"|\btoo (?:long|much|large) (?:an? )?input\b",
    r"(?<!stop )\b(?:request|text|content|document|sequence)(?: is)? too long\b",
    r"\bexceed(?:s|ed)? (?:the )?(?:max(?:imum)? )?context\b|\bmaximum context (?:reached"
    r"|exceeded)\b",
    r"\bcontext (?:limit|window) (?:is )?(?:reached|full|exceeded)\b",
    r"(?<!output )(?<!completion )(?<!max )(?<![\w-])tokens?(?: count)? exceeds?"
    r" (?:the )?(?:model |max )*"
    r"(?:limit|maximum allowed)\b(?![^\n]*\b(?:per|rate|minute|tpm)\b)",
    r"\btoken limit (?:of [\d,]+ )?(?:reached|exceeded)\b|\bexceed(?:s|ed)? token limit\b",
    r"\b(?:messages?|conversation|sequence length|content) exceed(?:s|ed)? (?:the )?"
    r"(?:max(?:imum)?(?: (?:length|tokens))?|limit)\b(?! of)",
    r"\b[\d,]+ tokens exceeds? the [\d,]+ limit\b|\b(?:input|prompt) has [\d,]+ tokens, limit\b",
    r"\b(?:prompt|input)[ _](?:length|tokens?) \(?[\d,]+\)? ?>",
    r"\bshorten (?:your |the )?(?:prompt|input|messages)\b|\bshorter prompt\b"
    r"|\bprompt must be shorter\b|(?:^|\n)(?:please )?reduce your prompt\b",
    r"\bcontext (?:overflow|is full)|\breached (?:the )?context length\b",
    r"\b(?:prompt|input|request|conversation) exceeds? the context\b|\bmax message tokens\b",
    r"\b(?:prompt|input|conversation)(?: is| was)? (?:longer|larger) than (?:this|the) model\b",
    r"\b(?:prompt|input|conversation) (?:does not|doesn't|will not|won't|cannot) fit\b",
    r"\b(?:input|prompt|messages?|conversation) exceeds? the [\d,.]+k? ?tokens?\b",
    r"\b(?:request|prompt|input|messages?) has [\d,.]+ tokens\b[^\n]{0,30}\bmore than\b"
    r"|\btoo long: [\d,]+ tokens\b",
    r"\bexpected maxlength: \d+, actual: \d+|\binput length exceeded\b",
    rf"\b{_LONGER}(?: \S+){{0,3}}? (?:context|model)(?:'s)?(?: \w+){{0,2}}?"
    r" (?:length|window|size|token limit|limit)\b",
    rf"\b{_LONGER} (?:the |this |your |its |model's |max(?:imum)? |allowed |supported "
    rf"|available |model )*"
    r"(?:context|prompt|input|sequence)s?[ _-](?:length|window|size|limit|tokens?|token limit)\b",
    r"\bcontext(?: |_)?(?:length|window|size)(?:'s)?(?: \S+){0,3}?"
    r" ?_?(?:exceeded|exceeds|overflow|too small|is only|of only|has been exceeded)",
    r"contextwindowexceedederror|\bexceed(?:s|ed)? context limit\b|\bcontext limit exceeded\b",
    r"\bmaximum (?:context|prompt|model|sequence|input)(?: token)? (?:length|size|tokens?)\b",
    r"\bmax(?:imum)?[ _](?:context|model|prompt|input)[ _](?:len|length|tokens?|size)\b",
    rf"\b(?:input|prompt)(?: token)? (?:count|length|tokens?|size)(?:\s\S+){{0,5}}? {_LONGER}\b",
    rf"\b(?:input|prompt)s?(?: text)? (?:\([\d,]+ tokens?\) )?(?:is |are )?{_LONGER}"
    r" (?:the |its |model |model's )*max(?:imum)?(?: \w+)? (?:length|size|tokens?)\b",
    r"\b(?:maximum|max) (?:allowed )?number of (?:input |context |prompt )?tokens\b"
    r"(?! to (?:generate|output))",
    r"\btoken limit exceeded\b|\bexceeds? (?:the )?token limit\b|\binput_tokens? exceeds?\b",
    r"\btokens in (?:the |your )?(?:prompt|input|messages)\b[^\n]{0,30}\b(?:exceed|greater|larger)",
    r"\binput token count\b|\bnumber of (?:input|prompt) tokens\b[^\n]{0,60}\b(?:exceed|greater"
    r"|larger)",
    r"\binput tokens [\d,]+ cannot exceed|\binput tokens exceed|\bmodel token limit\b",
    r"\bprompt (?:has|contains|of) [\d,]+ tokens\b[^\n]{0,60}\b(?:but|exceed|too large|larger)",
    r"\breduce (?:the |your )?(?:length|size|number of tokens)(?: of| in)? (?:the |your )?"
    r"(?:messages?|prompt|input|conversation|history|context|either)",
    r"\btoo many (?:input |prompt |total )?(?:tokens|text bytes)\b(?!: max tokens)",
    r"\btoo many total text bytes\b|\brange of input length\b|\bmax size: [\d,]+ tokens\b",
    r"\binputs?\W{1,3}tokens? ?\+ ?\W?max_new_tokens\b|\binputs\W{1,3}must have (?:less"
    r"|fewer) than",
    r"\bsum of \W?inputs\W? tokens and\b|\bmax tokens allowed\b",
    r"\btokens?\b[^\n.]{0,40}\bexceeds? the limit of [\d,]+|\bn_ctx\b|\bmax_prompt_tokens\b",
    r"\brequest(?: is)? too large for (?:the |this )?model\b"
    r"|\btokens to keep from the initial prompt\b",
    r"超长|(?:上下文|输入|提示词|消息|对话|内容|文本|prompt|请求(?:长度|内容|字数|的? ?token))"
    r"(?:长度|内容|字数|token数?)?.{0,9}(?:过长|超过|超出|超限)",
    r"(?<!max_)(?<!\w)tokens? ?(?:数量?|长度)?.{0,3}(?:超过|超出|超限)|压缩上下文",
    r"超(?:过|出)(?:了)?(?:模型)?(?:的)?(?:最大)?(?:上下文|输入|长度|token)|最大输入长度"
    r"|最大上下文",
)

TOO_LARGE = _any(
    r"\b(?:request|payload|body|entity)(?: \w+){0,2}?(?: is)? too large\b",
    r"\brequest payload size exceeds\b|\btotal message size [\d,]+ exceeds\b",
    r"\b(?:request|body|payload)(?: \w+){0,2}? exceeds (?:the )?(?:max|limit|size)",
    r"\bmaximum allowed number of bytes\b",
)

# ------------------------------------------------------------------ the content

POLICY = _any(
    r"\bcontent(?:[ _-](?:management|filtering|filter|moderation|usage|safety))? polic(?:y|ies)\b",
    r"\bcontent (?:was |is |has been )?(?:filtered|flagged)\b|contentpolicyviolation",
    r"\bsensitive words? detected\b",
    r"\b(?:prompt|input|content|messages?|text|images?) (?:was|were|is|are|has been|have been)"
    r" flagged\b|\bour safety system\b|\bsafety (?:filters?|checks?) (?:blocked|triggered"
    r"|rejected)",
    r"\bviolat\w+ (?:\w+ ){0,3}?(?:usage|content|safety|acceptable use) (?:polic|guidelines)",
    r"\b(?:inappropriate|harmful|unsafe|sensitive|prohibited) (?:or \w+ )?content\b"
    r"|\bnew_sensitive\b",
    r"\bprohibited_content\b|\bcontent (?:may )?violat\w+\b",
    r"\bblocked (?:by|due to|for|because of)\b[^\n]{0,30}\b(?:safety|content polic)",
    r"\bcontain sensitive information\b|\bconsidered high risk\b|\bresponsible ai polic",
    r"\bdata inspection\b|敏感(?:内容|词|信息)|不安全或敏感|内容(?:违规|安全)|审核不通过|涉嫌违规",
)

# ------------------------------------------------------------------ the model

_GONE = (
    r"(?:does not exist|doesn't exist|do not exist|not exist|not found|(?:cannot|could not"
    r"|can't) be found"
    r"|unknown|unavailable|not available|no longer (?:available|supported|offered|served)"
    r"|could not be located|not recogni[sz]ed|not offered|isn't supported|not been (?:deployed"
    r"|enabled"
    r"|activated|loaded)|not in (?:the )?catalog|reached end of support"
    r"|decommissioned|deprecated|retired|removed|discontinued|shut ?down|sunset|offline|disabled"
    r"|not (?:deployed|served|enabled|active|activated|loaded|accessible|hosted|open|a valid model)"
    r"|(?:reached )?(?:its |the )?end[ -]of[ -](?:its )?life|marked by (?:the )?provider as legacy)"
)

MODEL = _any(
    rf"(?<![\w/-])(?:models?|deployment|engine)(?:/\S+)?(?: or endpoint| name| id"
    rf"| code)?:?(?: \S+){{0,2}}? (?:{_IS} )?"
    rf"(?:either )?{_GONE}(?! for (?:this|that|your) (?:parameter|request))\b",
    r"\b(?:unknown|invalid|no such|unrecogni[sz]ed|unsupported|nonexistent|incorrect"
    r"|missing)(?: \w+)? models?\b"
    r"(?! (?:output|response|reply|parameters?|inputs?|arguments?|settings?))",
    r"\b(?:cannot|could not|can't|unable to) (?:find|access|load|locate"
    r"|serve)(?: \w+){0,2}? models?\b",
    rf"\bmodel(?:_name|_id| name| id| identifier)?(?: \S+)? {_IS} invalid\b",
    r"\bis not a model\b|(?:^|\n)no model \S{1,80}$|(?:^|\n)model: (?:invalid|unknown)\b",
    r"\bno (?:provider|route|channel|deployment)s?(?: \w+)? for (?:the )?model\b"
    r"|\bunknown deployment\b|\bdoes not serve (?:the )?model\b|\bnot enabled this model\b",
    r"(?:^|\n)(?:please )?(?:select|choose) (?:a valid|another) model\b",
    r"\bno models? (?:named|called)\b|\bis not a (?:supported|known|recogni[sz]ed) model\b",
    r"\bwith on-demand throughput\b|\bavailable models(?: are)?:",
    r"\bmodel names are\b[^\n]{1,300}\byou passed\b",
    r"\bis not a valid model\b|\bnot found the model\b|\bno models? loaded\b|\bno such model\b",
    r"(?:^|[\n:.] ?)(?:the |this |requested )*model(?: \S{1,80})? (?:is )?not supported\b"
    r"(?! (?:for|with|by|in) )",
    r"\bno endpoints found\b(?! that|[^\n]{0,20} matching your data)",
    r"\bno allowed providers\b|\bno available channels?\b|\bnot found for account\b",
    r"\bhas not activated the model\b|\bnot available for this api key\b",
    r"(?:^|\n)the ['\"]\S{1,80}['\"] model (?:is not supported|requires a newer version)\b",
    r"\bmodel \S{1,80} is not supported by (?:the )?(?:provider|\w+ api)\b",
    r"\bno healthy deployments? for\b|\bllm provider not provided\b|\bmodel not support\b",
    r"\bmodel\b[^\n.]{0,80} not (?:in the list of (?:allowed|available|supported)|whitelisted)\b",
    r"模型.{0,20}(?:未找到|已?弃用|未启用|未部署|名称错误|不正确|不存在|已?下[线架]|已?停用|未开通"
    r"|不可用)|未知模型|未找到模型|(?:无效|不存在)的模型|找不到模型|没有可用的?模型"
    r"|不支持(?:的|该|此)模型|无可用渠道",
)

MODEL_ELSEWHERE = _any(
    r"\bmodels?\b[^\n]{0,100}\bnot (?:\w+ )?available in (?:your|this) (?:country|region"
    r"|location)\b",
    r"\bmodels?\b[^\n]{0,100}\b(?:not|n't) (?:exist|found) or (?:you|your \w+)"
    r" (?:do|does)(?: not|n't) have access\b",
    r"模型[^\n]{0,20}不存在|\bmodel\b[^\n.]{0,80} not in (?:the )?(?:allow|white)list\b",
)

NAMES_A_MODEL = _any(r"(?<![\w/-])(?:models?|deployments?|engine)\b")
"""A text that speaks of a model: not a path such as `/v1/models`."""

_LIMIT = (
    r"(?:too (?:large|high|big)|must be|should be|cannot be|exceeds?|maximum|at most"
    r"|less than|<=?|>)"
)

UNSUPPORTED = _any(
    r"\b(?:does not|doesn't|do not|don't) (?:currently )?(?:support|accept|allow)",
    r"\bnot (?:currently )?support|\bonly supported (?:by|in|for|with|on)\b|\bexpected one of\b",
    r"\bunknown variant\b|\b(?:not|n't) enabled for (?:this|the) model\b",
    r"\b(?:is|are) not (?:permitted|allowed|accepted)\b|\bno image support\b|\bmmproj\b",
    r"\b(?:is|are) (?:currently )?(?:not supported|unsupported)\b|\bnot supported (?:for|with|by"
    r"|in|on)\b",
    r"\bunsupported (?:parameter|value|content|media|image|file|message|role|type|tool|response"
    r"|feature|modality|operation|country|format)",
    r"\bonly(?: \S+){1,3} (?:is|are) (?:allowed|supported)\b|\bonly supports?\b|\bonly accepts?\b",
    r"\b(?:not|only|cannot|must|deprecated|unavailable|one of)\b[^\n.]{0,80}"
    r"(?:for|with|by|on|using) (?:this|that|the selected|the requested) model\b",
    r"\bno endpoints found that support\b|\bimage input is not supported\b|\brequires --",
    r"\bnot a multimodal model\b|\bnot multimodal\b|\bat most \d+ (?:images?|videos?|audios?)\b",
    rf"\bmax_(?:completion_|output_|new_)?tokens\b\W[^\n]{{0,60}}?{_LIMIT}",
    rf"\bmax(?:imum)? (?:completion|output|new)? ?tokens\b[^\n]{{0,40}}?{_LIMIT}",
    r"\brange of (?:max_tokens|top_p|temperature|n|seed)\b",
    r"\bmaximum (?:allowed )?(?:number of )?(?:output|completion) tokens\b",
    r"\b(?:extra|additional) (?:inputs?|fields?|properties|parameters?)(?: \w+)? (?:are |is )?not"
    r" (?:permitted|allowed)\b",
    r"\b(?:unknown|unrecogni[sz]ed|unexpected|unsupported)(?: request)? (?:parameter|argument|field"
    r"|property|keyword)",
    r"\bproperty \S+ is unsupported\b|\bnot enabled for\b",
    r"\b(?:invalid|unsupported) (?:temperature|top_p|reasoning_effort|tool_choice"
    r"|response_format)\b",
    r"\b(?:temperature|top_p|thinking\S*|budget_tokens|reasoning_effort|response_format)\W"
    r"[^\n]{0,40}?\b(?:must be|may only|should be|cannot|not allowed|deprecated)\b",
    r"\bimages?\b[^\n]{0,60}\b(?:exceeds?|too (?:large|many|small|big)|max(?:imum)? allowed)\b",
    r"\bunknown variant\b|\w: unknown key\b|\bunsupported mime type\b|\bcannot find field\b",
    r"\b(?:is |are )?incompatible with\b|\bmandatory for this endpoint\b|\bnot a supported\b",
    r"\bcan handle the requested parameters\b|\bonly works in\b|\btype is unavailable\b",
    r"\b(?:stream|store|enable_thinking)\b must be set to\b|\bthe supported range is\b",
    r"\b(?:thinking )?budget -?\d+ is invalid\b|\binvalid reasoning effort\b",
    r"取值范围|超出范围|参数非法",
    r"\btoo many (?:images?|documents?|files|tools|pages|pdf pages|cache)\b|\bpdf pages\b",
    r"\bcould not process (?:image|pdf|document)|\bonly support stream mode\b"
    r"|\bnot support http call\b",
    r"不支持",
)

OUTPUT_LIMIT = _any(r"\bmaximum tokens you requested exceeds?\b")
"""More output than the model gives: not the prompt is too long."""

OTHER_API = _any(
    r"\bnot accessible via the /chat/completions endpoint\b",
    r"\buse /v1/responses\b",
    r"\bonly supported in v1/responses\b",
    r"\bnot a chat model\b",
)

# ------------------------------------------------------------------ the server

MCP_SERVER = _any(r"\bmcp server\b", r"\bmcp_servers\b")
"""What an MCP server of the request says or lacks: its token is not the provider's key."""

SERVER = _any(
    r"\binternal (?:server )?error\b|\bupstream(?: \w+)? (?:error|failed|timed out|timeout)\b",
    r"\b(?:request|generation|upstream|gateway)(?: has)? timed out\b|\brequest time-?out\b",
    r"\b(?:operation|request) was cancell?ed\b|\b(?:failed|error) during generation\b",
    r"\bfailed to call a function\b|系统(?:异常|错误)|内部错误|服务器错误",
)

WRONG_PATH = _any(r"\bunexpected endpoint or method\b", r"\bno route for that uri\b")
"""An address that is wrong, whatever the status: some servers say so with 200."""

ADDRESS = _any(
    r"\bhttp request (?:was sent )?to (?:an )?https\b|\bunsupported method\b",
    r"(?:^|\n)(?:url error|invalid (?:url|endpoint|path))\b"
    r"|\bno longer supported\. please use https?://",
    r"\bno route matched with those values\b",
)
