"""Vendors' sentences about money, plans and days: a quota, whatever the status."""

import msgspec
import pytest

from aircherd.providers.error_mapping.classify import classify_error, classify_response
from aircherd.vocabulary.failure import FailureClass

NOW = 1_795_000_000.0
JSON = {"content-type": "application/json"}


def failure_of(status: int, message: str, code: str | None = None, kind: str | None = None):
    body = {"error": {"message": message, "code": code, "type": kind}}
    return classify_response(status, JSON, msgspec.json.encode(body), now=NOW)


@pytest.mark.parametrize(
    ("status", "message", "code"),
    [
        (429, "Insufficient balance or no resource package. Please recharge.", "1113"),
        (429, "Nothing left.", "1113"),
        (429, "Limit reached.", "1308"),
        (429, "The plan's week is over.", "1310"),
        (429, "Suspended.", "exceeded_current_quota_error"),
        (429, "insufficient balance (1008)", None),
        (500, "insufficient balance (1008)", None),
        (429, "Your team has used all available credits.", None),
        (403, "The team has no credits or licenses yet.", None),
        (412, "Account suspended, possibly because its monthly spending limit was reached", None),
        (400, "Billing hard limit has been reached", "billing_hard_limit_reached"),
        (400, "Access denied: the account is not in good standing.", "Arrearage"),
        (403, "The account has an overdue balance.", "AccountOverdueError"),
        (403, "Sorry, your account balance is insufficient", None),
        (403, "用户额度不足", None),
        (429, "余额不足或无可用资源包,请充值。", None),
        (402, "You have exceeded your monthly included credits", None),
        (429, "you've reached your weekly usage limit, please upgrade to continue", None),
        (429, "you've reached your hourly usage limit, please upgrade to continue", None),
        (429, "Your session limit was reached", None),
        (429, "The usage limit has been reached", "usage_limit_reached"),
        (429, "5-hour limit reached", None),
        (429, "Your prepaid credits have run out", None),
        (429, "A trial key is limited to 1000 API calls / month", None),
        (400, "Budget has been exceeded! Current cost: 10.1, max budget: 10.0", "budget_exceeded"),
        (429, "已达到 5 小时的使用上限", None),
    ],
)
def test_money_and_plans_are_a_quota_of_the_key(status, message, code) -> None:
    """Codes and sentences of money and plans cool the whole key for an hour and more."""
    failure = failure_of(status, message, code)
    assert (failure.kind, failure.reach) == (FailureClass.QUOTA, None)


@pytest.mark.parametrize(
    "message",
    [
        "Rate limit reached for model m on tokens per day (TPD): Limit 100000, Used 99999",
        "Rate limit reached for model m on requests per day (RPD): Limit 1000",
        "Requests per day limit exceeded - too many requests sent.",
        "Rate limit of 50 per 86400s exceeded for UserByModelByDay.",
        "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock more",
        "Requests per hour limit exceeded - too many requests sent.",
        "The quota for today is used up",
        "50 requests per 24 hours are allowed",
        "you have used up your daily free allocation of 10,000 neurons",
        "Too many tokens per day, please wait before trying again.",
    ],
)
def test_a_day_is_a_quota_of_the_model(message) -> None:
    """A day's allowance is counted for each model: others of the same key still answer."""
    failure = failure_of(429, message)
    assert (failure.kind, failure.reach) == (FailureClass.QUOTA, "model")


@pytest.mark.parametrize(
    "message",
    [
        "Rate limit reached on tokens per minute (TPM): Limit 6000. More tokens? Upgrade today",
        "Rate limit exceeded: free-models-per-min. 1000 requests per day after a payment",
        "You exceeded your current quota, please check your plan. Please retry in 34.07s.",
        "Too many requests",
        "max RPM: 3",
    ],
)
def test_rates_stay_rates(message) -> None:
    """What recovers within minutes does not cool for an hour."""
    assert failure_of(429, message).kind is FailureClass.RATE


def test_words_count_inside_streams_too() -> None:
    """There is no status there."""
    assert classify_error({"message": "Insufficient balance"}).kind is FailureClass.QUOTA
