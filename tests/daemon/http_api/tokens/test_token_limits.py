"""The limits of tokens beside those of the configuration."""

from decimal import Decimal

from aircherd.config.model import Limit
from aircherd.http_api.tokens.token_limits import with_token_limits

CONFIGURED = Limit(per="day", requests=10, usd=Decimal(5), client="zed", warn_at=0.5)


def test_the_limits_of_tokens_follow_those_of_the_configuration():
    of_token = Limit(per="hour", requests=3, client="zed")

    assert with_token_limits([CONFIGURED], [of_token]) == [CONFIGURED, of_token]


def test_of_two_limits_on_the_same_the_lower_one_holds():
    higher = Limit(per="day", usd=Decimal(9), client="zed")
    lower = Limit(per="day", usd=Decimal(2), client="zed")

    assert with_token_limits([CONFIGURED], [higher]) == [CONFIGURED]
    [found] = with_token_limits([CONFIGURED], [lower])
    assert (found.usd, found.requests, found.warn_at) == (Decimal(2), 10, 0.5)


def test_limits_of_others_are_not_lowered():
    other = Limit(per="day", usd=Decimal(2), client="ci")

    assert with_token_limits([CONFIGURED], [other]) == [CONFIGURED, other]


def test_a_token_lowers_no_limit_of_a_fleet():
    """That has to be the same on all machines; the token's own limit is of this one."""
    shared = Limit(per="day", usd=Decimal(5), client="zed", is_shared=True)
    lower = Limit(per="day", usd=Decimal(2), client="zed")

    assert with_token_limits([shared], [lower]) == [shared, lower]
