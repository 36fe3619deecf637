"""How vendors say that money, a plan or a day's allowance is used up, under any status.

Most of them answer 429, which alone means that a retry in a moment may succeed. All names and texts
are in lower case. Sources: the vendors' lists of errors and errors quoted in issues, November 2026.
"""

from typing import Final

from aircherd.providers.error_mapping.pattern import Pattern

QUOTA_CODES: Final = frozenset(
    {
        "1113",  # Z.ai and Zhipu: no balance
        "1304",  # the day's calls
        "1308",  # the plan's hours
        "1309",  # the plan has ended
        "1310",  # the plan's week or month
        "1316",
        "1317",
        "account_quota_exceeded",
        "accountoverdueerror",  # Volcengine
        "accountquotaexceeded",
        "allocationquota.freetieronly",  # Alibaba
        "arrearage",
        "billing_hard_limit_reached",
        "billing_not_active",
        "budget_exceeded",  # LiteLLM
        "exceeded_current_quota_error",  # Kimi
        "exceededbudget",
        "insufficient_balance",
        "insufficient_balance_error",  # MiniMax
        "insufficient_credits",
        "insufficient_funds",
        "insufficient_user_quota",  # One API and New API
        "not_enough_balance",  # Novita
        "postpaidbilloverdue",
        "pre_consume_token_quota_failed",
        "prepaidbilloverdue",
        "quota_exhausted",
        "rpd_rate_limit_exceeded",  # Baidu: a day's
        "setlimitexceeded",  # Volcengine
        "tpd_rate_limit_exceeded",
        "usage_limit_exceeded",
        "usage_limit_reached",  # ChatGPT's plans
        "usage_not_included",
    }
)

MONEY_TEXTS: Final = (
    "account has an overdue",
    "account balance too low",
    "add credits",
    "add more credits",
    "all available credits",
    "any credits",
    "balance insufficient",
    "balance is insufficient",
    "balance is not enough",
    "balance is too low",
    "balance not enough",
    "billing hard limit",
    "budget exceeded",
    "budget has been exceeded",
    "buy more credits",
    "credit limit exceeded",
    "credits exhausted",
    "credits expired",
    "credit has run out",
    "credits have been exhausted",
    "credits have run out",
    "credits ran out",
    "credits have expired",
    "enough balance",
    "enough credit",
    "exceeded budget",
    "exceeded your budget",
    "exhausted your credits",
    "included credits",
    "insufficient account balance",
    "insufficient balance",
    "insufficient credit",
    "insufficient fund",
    "insufficient_balance",
    "no credits",
    "no remaining credits",
    "not_enough_balance",
    "out of credit",
    "out of fund",
    "over budget",
    "overdue balance",
    "overdue bill",
    "overdue payment",
    "please recharge",
    "please top up",
    "purchase credits",
    "purchase more credits",
    "ran out of balance",
    "ran out of credit",
    "ran out of fund",
    "requires more credits",
    "run out of balance",
    "run out of credit",
    "run out of fund",
    "spend limit",
    "spending cap",
    "spending limit",
    "top up your",
    "used up your credits",
    "余额不足",
    "欠费",
    "充值",
    "额度不足",
    "额度已用",
)

PLAN_TEXTS: Final = (
    "5 hour limit",
    "5-hour limit",
    "5-hour usage",
    "extra usage",
    "five-hour limit",
    "free quota",
    "free tier of the model has been exhausted",
    "free trial quota",
    "free usage",
    "hit your limit",
    "hit your usage",
    "hourly limit",
    "hourly usage",
    "included usage",
    "monthly allowance",
    "monthly limit",
    "monthly quota",
    "monthly request",
    "monthly usage",
    "package has expired",
    "per month",
    "per week",
    "plan limit",
    "premium request",
    "resource package",
    "session limit",
    "session usage limit",
    "usage limit",
    "usage quota",
    "weekly limit",
    "weekly quota",
    "weekly usage",
    "weekly/monthly",
    "使用上限",
    "每周",
    "每月",
    "用量上限",
    "套餐已",
    "套餐额度",
    "calls / month",
    "calls/month",
    "requests/month",
)
"""Of a plan's hours, week or month: the longest of them, as no request before its end succeeds."""

_COUNTED = r"(?:allocation|allowance|calls?|cap|limit|quota|requests?|tokens?|usage)"
_A_DAY = r"(?:daily|per[ -](?:day|hour)|perday|for today|today's|24[ -]?(?:h|hours?))"

DAY: Final = Pattern(
    rf"\b{_A_DAY}\b[^.?!\n]{{0,30}}\b{_COUNTED}"
    rf"|\b{_COUNTED}\b[^.?!\n]{{0,30}}\b{_A_DAY}\b"
    r"|\b(?:rpd|tpd)\b|\b(?:calls|requests|tokens) ?/ ?day\b|byday|per[ -]86400|per-day"
    r"|每天|每日|今日|今天|当日|当天"
)
"""Of a day's or an hour's allowance, which most vendors count for each model."""
