from aircherd.config.load import parse_config
from aircherd.config.model import DEFAULT_CONFIG
from helpers.config_problems import problems

WORK = '[providers.work]\nkind = "openai"\nbase_url = "https://h/v1"\n'


def test_empty_file_is_the_built_in_config() -> None:
    """As a missing file is."""
    assert parse_config("# nothing yet\n", file="c") == DEFAULT_CONFIG


def test_built_in_providers_come_before_the_users_own() -> None:
    """Built-in ones in their order, the others in the file's."""
    text = WORK.replace("work", "zeta") + WORK.replace("work", "alpha") + "[providers.openai]\n"
    config = parse_config(text, file="c")
    assert list(config.providers) == [*DEFAULT_CONFIG.providers, "zeta", "alpha"]


def test_one_mistake_is_one_problem() -> None:
    """An invalid provider or alias may still be named elsewhere."""
    text = (
        'default_model = "m"\n[providers.work]\nkind = "opnai"\nbase_url = "https://h"\n'
        '[models.m]\nroutes = ["work/x", 5]'
    )
    assert [line for line, _, _ in problems(text)] == [3, 6]
