import pytest

from helpers.config_problems import problem, problems

WORK = '[providers.work]\nkind = "openai"\nbase_url = "https://h/v1"\n'
ALIAS = '[models.m]\nroutes = ["openai/x"]\n'


@pytest.mark.parametrize(
    ("text", "line", "path", "hint"),
    [
        ('\ndefault_modle = "a/b"', 2, "default_modle", 'did you mean "default_model"?'),
        ("[provider.work]", 1, "provider", 'did you mean "providers"?'),
        (WORK + 'base_ur = "x"', 4, "providers.work.base_ur", 'did you mean "base_url"?'),
        (ALIAS + "rotues = []", 3, "models.m.rotues", 'did you mean "routes"?'),
        ("[network]\n\nidle = 1", 3, "network.idle", "known here: proxy, ca_file"),
    ],
)
def test_unknown_name_is_refused_with_a_suggestion(
    text: str, line: int, path: str, hint: str
) -> None:
    """In every section, at the line of the name."""
    found = problem(text)
    assert (found[0], found[1]) == (line, path)
    assert "is unknown" in found[2]
    assert hint in found[2]


def test_entry_in_the_wrong_section_gets_a_hint() -> None:
    """TOML assigns an entry to the last section before it, which surprises people."""
    assert problems('[network]\ndefault_model = "a/b"\nroutes = []') == [
        (
            2,
            "network.default_model",
            "is unknown in [network] | it belongs at the top, before the first [section]",
        ),
        (3, "network.routes", "is unknown in [network] | it belongs under [models.NAME]"),
    ]


def test_all_unknown_names_are_reported_at_once() -> None:
    """From every section, sorted by line."""
    text = f"a1 = 1\n{WORK}b1 = 2\n{ALIAS}c1 = 3\n[network]\nd1 = 4\n"
    assert [(line, path) for line, path, _ in problems(text)] == [
        (1, "a1"),
        (5, "providers.work.b1"),
        (8, "models.m.c1"),
        (10, "network.d1"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "login"),
    [
        ('\napi_key = "CANARY"', 2, "PROVIDER"),
        ('openai_api_key = "CANARY"', 1, "PROVIDER"),
        ('[keys]\nopenai = "sk-CANARY-1"', 1, "PROVIDER"),
        (WORK + 'token = "CANARY"', 4, "work"),
        (WORK + 'anything = "sk-CANARY-1"', 4, "work"),
        (WORK + 'anything = ["x", { y = "sk-CANARY-1" }]', 4, "work"),
        (WORK + "secret = 12345678", 4, "work"),
        (ALIAS + 'password = "CANARY"', 3, "PROVIDER"),
        ('[network]\nkey = "CANARY"', 2, "PROVIDER"),
    ],
)
def test_key_under_an_unknown_name_gets_the_login_hint(text: str, line: int, login: str) -> None:
    """Recognised by its name or its shape; it is not repeated."""
    found = problem(text)
    assert found[0] == line
    assert f"`aircher-cli auth login {login}`" in found[2]
    assert "CANARY" not in repr(found)
