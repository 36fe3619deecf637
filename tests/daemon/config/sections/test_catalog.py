"""`[catalog."provider/model"]`: valid entries, and the problems of invalid ones."""

from decimal import Decimal

import pytest

from aircherd.config.load import parse_config
from aircherd.config.model import Override
from helpers.config_problems import problem, problems

MODEL = '[catalog."openai/gpt-5.5"]\n'


def test_all_entries_are_read() -> None:
    """Sizes, prices, capabilities, the API."""
    text = MODEL + (
        "window = 1000\nmax_output = 100\ninput_price = 1.25\noutput_price = '10.50'\n"
        "cached_price = 0\ncache_write_price = 2\ncache_write_1h_price = 3\n"
        "tools = true\nimages = false\ndocuments = true\naudio = false\nreasoning = true\n"
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
            cache_write_1h_price=Decimal(3),
            tools=True,
            images=False,
            documents=True,
            audio=False,
            reasoning=True,
            json_schema=False,
            sampling=True,
            api="responses",
        )
    }


def test_model_name_may_contain_slashes() -> None:
    """The provider may be the user's own."""
    own = '[providers.work]\nkind = "openai"\nbase_url = "https://h/v1"\n'
    text = f'{own}[catalog."work/a/b:free"]\nwindow = 5'
    assert parse_config(text, file="c").catalog == {"work/a/b:free": Override(window=5)}


@pytest.mark.parametrize("price", ["0.1", "'0.1'", "1e-1"])
def test_price_is_exact(price: str) -> None:
    """0.1 is a tenth, not the nearest binary number."""
    found = parse_config(f"{MODEL}input_price = {price}", file="c").catalog["openai/gpt-5.5"]
    assert found.input_price == Decimal("0.1")


@pytest.mark.parametrize(
    ("line", "expected"),
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
        ("tools = 'yes'", "must be true or false, not a string"),
        ("tools = 1", "must be true or false, not a number"),
        ("window = 1.5", "must be a whole number of tokens"),
        ("max_output = 0", "must be from 1 to"),
        ("api = 'respones'", 'did you mean "responses"?'),
        ("input_prise = 3", 'did you mean "input_price"?'),
        ("price = 3", "known here: window, max_output"),
        ("idle_timeout = 3", "it belongs under [network]"),
    ],
)
def test_invalid_entry_is_reported_at_its_line(line: str, expected: str) -> None:
    """Its path includes the model."""
    found = problem(f"{MODEL}\n{line}")
    assert (found[0], str(found[1]).startswith("catalog.'openai/gpt-5.5'.")) == (3, True)
    assert expected in found[2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[catalog."opnai/gpt-5.5"]', 'did you mean "openai"?'),
        ('[catalog."gpt-5.5"]', "is not of the form provider/model"),
        ("[catalog.openai.gpt]\nwindow = 5", 'write [catalog."provider/model"], with the quotes'),
        ("[catalog]\nwindow = 5", "must be a section, not a number"),
        ("catalog = 5", "must be a section"),
    ],
)
def test_malformed_section_gets_a_hint(text: str, expected: str) -> None:
    """The name of the section is what is most often wrong."""
    assert expected in problem(text)[2]


def test_key_in_the_section_is_refused_and_not_repeated() -> None:
    """As everywhere in the file."""
    key = "sk-canary-0123456789abcdef0123456789"
    found = str(problems(f'[catalog."{key}"]\n[catalog."openai/m"]\napi_key = "{key}"'))
    assert "a key does not belong in the config" in found
    assert key not in found
