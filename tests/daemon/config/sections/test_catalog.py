"""`[catalog."provider/model"]`: what is taken, and what is said about the rest."""

from decimal import Decimal

import pytest

from aircherd.config.load import parse_config
from aircherd.config.model import Override
from helpers.config_problems import problem, problems

MODEL = '[catalog."openai/gpt-5.5"]\n'


def test_everything_that_can_be_said_of_a_model() -> None:
    """Sizes, prices, abilities, the API."""
    text = MODEL + (
        "window = 1000\nmax_output = 100\ninput_price = 1.25\noutput_price = '10.50'\n"
        "cached_price = 0\ncache_write_price = 2\ntools = true\nimages = false\nreasoning = true\n"
        "json_schema = false\nsampling = true\napi = 'responses'\n"
    )
    assert parse_config(text, file="c").catalog == {
        "openai/gpt-5.5": Override(
            window=1000,
            max_output=100,
            input_price=Decimal("1.25"),
            output_price=Decimal("10.50"),
            cached_price=Decimal(0),
            cache_write_price=Decimal(2),
            tools=True,
            images=False,
            reasoning=True,
            json_schema=False,
            sampling=True,
            api="responses",
        )
    }


def test_a_models_name_may_hold_slashes() -> None:
    """And the provider may be the user's own."""
    own = '[providers.work]\nkind = "openai"\nbase_url = "https://h/v1"\n'
    text = f'{own}[catalog."work/a/b:free"]\nwindow = 5'
    assert parse_config(text, file="c").catalog == {"work/a/b:free": Override(window=5)}


@pytest.mark.parametrize("price", ["0.1", "'0.1'", "1e-1"])
def test_a_price_is_what_was_written(price: str) -> None:
    """A tenth is a tenth, not the nearest binary number."""
    found = parse_config(f"{MODEL}input_price = {price}", file="c").catalog["openai/gpt-5.5"]
    assert found.input_price == Decimal("0.1")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("input_price = -1", "must be from 0 to 1000000"),
        ("input_price = 1000001", "must be from 0 to 1000000"),
        ("input_price = true", "must be a price, not true or false"),
        ("input_price = [1]", "must be a price, not a list"),
        ("input_price = inf", "is not a price"),
        ("input_price = nan", "is not a price"),
        ("input_price = '$3'", "is not a price"),
        ("input_price = '1e9'", "is not a price"),
        ("input_price = '-1'", "is not a price"),
        ("tools = 'yes'", "must be true or false, not a text"),
        ("tools = 1", "must be true or false, not a number"),
        ("window = 1.5", "must be a whole number of tokens"),
        ("max_output = 0", "must be from 1 to"),
        ("api = 'respones'", 'did you mean "responses"?'),
        ("input_prise = 3", 'did you mean "input_price"?'),
        ("price = 3", "known here: window, max_output"),
        ("idle_timeout = 3", "it belongs under [network]"),
    ],
)
def test_a_bad_entry_is_told_with_its_line(line: str, said: str) -> None:
    """Its path has the model in it."""
    found = problem(f"{MODEL}\n{line}")
    assert (found[0], str(found[1]).startswith("catalog.'openai/gpt-5.5'.")) == (3, True)
    assert said in found[2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[catalog."opnai/gpt-5.5"]', 'did you mean "openai"?'),
        ('[catalog."gpt-5.5"]', "is not of the form provider/model"),
        ("[catalog.openai.gpt]\nwindow = 5", 'write [catalog."provider/model"], with the quotes'),
        ("[catalog]\nwindow = 5", "must be a section, not a number"),
        ("catalog = 5", "must be a section"),
    ],
)
def test_a_section_of_another_form_is_explained(text: str, said: str) -> None:
    """What is written most easily wrong: the name of the section."""
    assert said in problem(text)[2]


def test_a_key_in_the_section_is_refused_and_not_repeated() -> None:
    """As everywhere in the file."""
    key = "sk-canary-0123456789abcdef0123456789"
    told = str(problems(f'[catalog."{key}"]\n[catalog."openai/m"]\napi_key = "{key}"'))
    assert "a key does not belong in the config" in told
    assert key not in told


def test_models_dev_may_be_elsewhere() -> None:
    """A mirror over https, or a server of one's own machine."""
    for url in ("https://mirror.example/api.json", "http://127.0.0.1:8000/api.json"):
        config = parse_config(f'[network]\nmodels_dev = "{url}"', file="c")
        assert config.network.models_dev == url


def test_models_dev_is_not_fetched_over_an_open_line() -> None:
    """Prices that anybody on the way can change are worth nothing."""
    found = problem('[network]\nmodels_dev = "http://mirror.example/api.json"')
    assert "is plain http to another machine" in found[2]
