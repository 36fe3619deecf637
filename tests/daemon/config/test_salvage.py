"""What of an invalid configuration can be used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aircherd.config.load import check_text
from aircherd.config.model import NOTHING_REFUSED, Config, Daemon, Route
from aircherd.vocabulary.builtin_providers import KINDS
from helpers.config_problems import FILE

WORK = '[providers.work]\nkind = "openai"\nbase_url = "https://work.example/v1"\n'
BROKEN = '[providers.broken]\nkind = "opnai"\nbase_url = "https://broken.example/v1"\n'
KEY = "sk-ant-api03-CANARYcanary0123456789"


def salvaged(text: str) -> Config:
    """Return what can be used of an invalid text."""
    checked = check_text(text, file=FILE)
    assert checked.problem is not None
    assert checked.config is not None
    return checked.config


def test_a_valid_text_refuses_nothing() -> None:
    """`refused` is empty, and false."""
    checked = check_text(WORK, file=FILE)
    assert checked.problem is None
    assert checked.valid.refused is NOTHING_REFUSED
    assert not checked.valid.refused


def test_a_provider_with_a_problem_is_left_out() -> None:
    """The others stay, and the problem says where it is."""
    config = salvaged(WORK + BROKEN)
    assert "work" in config.providers
    assert "broken" not in config.providers
    (entry,) = config.refused.entries
    kinds = ", ".join(f'"{kind}"' for kind in KINDS)
    assert entry.path == "providers.broken"
    assert entry.message("broken") == (
        f"broken is refused: {FILE}, line 5: providers.broken.kind: must be one of "
        f'{kinds} (did you mean "openai"?)'
    )
    error = entry.error("broken")
    assert error.data["file"] == FILE
    assert [problem["line"] for problem in error.data["problems"]] == [5]  # type: ignore[attr-defined]


def test_a_built_in_provider_with_a_problem_is_left_out() -> None:
    """Its changes are unknown, so requests must not go to the vendor instead."""
    config = salvaged('[providers.openai]\nbase_url = "ftp://proxy"\n')
    assert "openai" not in config.providers
    assert set(config.refused.providers) == {"openai"}
    assert config.has_entry_of("openai")


def test_a_key_in_a_provider_refuses_that_provider() -> None:
    """The key is in none of what is kept."""
    config = salvaged(f'{WORK}[providers.openai]\napi_key = "{KEY}"\n')
    assert set(config.refused.providers) == {"openai"}
    assert "CANARY" not in repr(config)


@pytest.mark.parametrize(
    ("text", "section", "name"),
    [
        ('[models.m]\nroutes = ["work"]\n', "models", "m"),
        ('[models.m]\nroutes = ["work/a", "wrok/b"]\n', "models", "m"),
        ('[models.m]\nroutes = ["work/a"]\nstrategy = "best"\n', "models", "m"),
        ('[catalog."work/a"]\nwindow = -1\ninput_price = 2\n', "catalog", "work/a"),
        ('[tasks.t]\nmodel = "work/a"\ntemperature = 9\n', "tasks", "t"),
        ('[tasks."not a name"]\n', "tasks", "not a name"),
    ],
)
def test_an_entry_with_a_problem_is_left_out(text: str, section: str, name: str) -> None:
    """As a whole: no part of an alias or of a model's data is used."""
    config = salvaged(f"{WORK}{text}")
    assert set(getattr(config.refused, section)) == {name}
    assert name not in getattr(config, section)


def test_an_alias_keeps_its_routes_to_refused_providers() -> None:
    """They are skipped with the reason, and its other routes serve."""
    config = salvaged(f'{WORK}{BROKEN}[models.m]\nroutes = ["broken/a", "work/a"]\n')
    assert config.models["m"].routes == (Route("broken", "a"), Route("work", "a"))
    assert config.refused.refusal_of(Route("broken", "a")) is not None
    assert config.refused.refusal_of(Route("work", "a")) is None


def test_a_model_with_invalid_data_is_refused() -> None:
    """Its price may decide whether a limit allows the request."""
    config = salvaged(f'{WORK}[catalog."work/a"]\ninput_price = "$3"\n')
    refusal = config.refused.refusal_of(Route("work", "a"))
    assert refusal is not None
    assert refusal.startswith(f"work/a is refused: {FILE}, line 5: ")
    assert config.refused.refusal_of(Route("work", "b")) is None


def test_an_invalid_default_model_is_refused() -> None:
    """Requests that name a model do not depend on it."""
    config = salvaged(f'default_model = "wrok/a"\n{WORK}')
    assert config.default_model is None
    assert config.refused.default_model is not None
    assert [entry.path for entry in config.refused.entries] == ["default_model"]


@pytest.mark.parametrize(
    "text", ["[daemon]\nidle_exit = -1\n", "[daemon]\nidle = 1\n", "daemon = 3\n"]
)
def test_an_invalid_daemon_section_refuses_no_request(text: str) -> None:
    """Its defaults are used, and the problem is reported."""
    config = salvaged(f"{text}{WORK}")
    assert config.daemon == Daemon()
    assert [entry.path for entry in config.refused.entries] == ["daemon"]


@pytest.mark.parametrize("text", ["[conversations]\nkeep = 0\n", "conversations = false\n"])
def test_an_invalid_section_of_conversations_keeps_nothing(text: str) -> None:
    """The user may have wanted that; no request is refused."""
    config = salvaged(f"{text}{WORK}")
    assert not config.conversations.keep
    assert [entry.path for entry in config.refused.entries] == ["conversations"]


def test_all_problems_of_an_entry_are_kept() -> None:
    """In the order of their lines."""
    config = salvaged(f"{WORK}[providers.b]\nfoo = 1\nbar = 2\n")
    entry = config.refused.providers["b"]
    assert [problem.line for problem in entry.problems] == [4, 4, 5, 6]
    assert entry.message("b").endswith("; and 3 more problems")


@pytest.mark.parametrize(
    "text",
    [
        "nonsense = 1\n",
        'default_modle = "work/a"\n',
        '[[limits]]\nprovider = "wrok"\nusd = 5\nper = "day"\n',
        "[network]\nidle = 5\n",
        "[fallback]\nmax_attempts = 0\n",
        "[usage]\nkeep_days = 1\n",
        f'api_key = "{KEY}"\n',
        '[providers]\nkind = "openai"\n',
        f'[providers]\n"{KEY}" = 1\n',
        f'[providers."{KEY}"]\nkind = "openai"\n',
        f'[models."{KEY}"]\nroutes = []\n',
        "providers = 3\n",
        '[tasks]\nmodel = "work/a"\n',
        'models = ["work/a"]\n',
        "[providers.work\n",
        "[providers.a]\n[providers.a]\n",
        "[providers.a]\n" + "".join(f"x{number} = 1\n" for number in range(200)),
    ],
)
def test_a_problem_outside_of_an_entry_leaves_nothing(text: str) -> None:
    """Without it the configuration would do what the user does not want."""
    checked = check_text(f"{text}{BROKEN}", file=FILE)
    assert checked.problem is not None
    assert checked.config is None
    assert "CANARY" not in repr(checked)


ENTRIES = {
    ("providers", "a"): (
        '[providers.a]\nkind = "openai"\nbase_url = "https://a.example/v1"\n',
        '[providers.a]\nkind = "opnai"\n',
    ),
    ("providers", "openai"): (
        '[providers.openai]\napi = "chat"\n',
        f'[providers.openai]\napi_key = "{KEY}"\n',
    ),
    ("models", "m"): (
        '[models.m]\nroutes = ["a/x", "openai/y"]\n',
        '[models.m]\nroutes = ["nowhere/x"]\n',
    ),
    ("catalog", "openai/y"): (
        '[catalog."openai/y"]\nwindow = 1000\n',
        '[catalog."openai/y"]\nwindow = 0\n',
    ),
    ("tasks", "t"): ('[tasks.t]\nmodel = "openai/y"\n', '[tasks.t]\nmodel = "y"\n'),
}
"""Section and name -> a valid and an invalid form of the entry."""


@given(st.dictionaries(st.sampled_from(sorted(ENTRIES)), st.booleans()))
def test_exactly_the_invalid_entries_are_refused(forms: dict[tuple[str, str], bool]) -> None:
    """In any combination; an alias of a refused provider stays, and no entry is in both places."""
    # The alias names the provider, which must exist.
    forms = {("providers", "a"): True, **forms}
    text = "".join(ENTRIES[entry][0 if is_valid else 1] for entry, is_valid in forms.items())
    checked = check_text(text, file=FILE)
    assert checked.config is not None
    for (section, name), is_valid in forms.items():
        is_used = name in getattr(checked.config, section)
        is_refused = name in getattr(checked.config.refused, section)
        assert (is_used, is_refused) == (is_valid, not is_valid), (section, name)
    assert (checked.problem is None) == all(forms.values())
    assert "CANARY" not in repr(checked)


ROLES = '[clients.vi]\nallow = ["chat"]\n[protect]\nsign_in = "confirm"\n'


def roles(text: str) -> Config:
    """Return what clients may do with a text of which nothing else can be used."""
    checked = check_text(text, file=FILE)
    assert (checked.config, checked.roles is None) == (None, False)
    assert checked.roles is not None
    return checked.roles


def test_roles_hold_in_a_file_with_problems_elsewhere() -> None:
    """Or a client could do more than with a valid file."""
    found = roles(f"{ROLES}[network]\nidle = 5\n")
    assert (found.clients["vi"].allow, found.protect.sign_in) == (("chat",), "confirm")
    assert "network.idle" in str(found.roles_problem)


@pytest.mark.parametrize(
    "wrong", ['allow = ["chta"]', 'alow = ["chat"]', 'program = "vi"', "allow = [1]"]
)
def test_an_invalid_section_of_a_client_allows_to_fix_it(wrong: str) -> None:
    """What it was meant to allow is unknown; the others are as they should be."""
    found = roles(f'[clients.vi]\n{wrong}\n[clients.ed]\nallow = ["read"]\n')
    assert (found.clients["vi"].allow, found.clients["ed"].allow) == (("repair",), ("read",))


def test_a_key_in_the_place_of_a_client_is_not_kept() -> None:
    """All clients without a section may only fix the file instead."""
    found = roles(f'[clients.{KEY}]\n[clients."*"]\n')
    assert list(found.clients) == ["*"]
    assert found.clients["*"].allow == ("repair",)


def test_what_an_invalid_entry_protects_is_kept_from_all() -> None:
    """An unknown name could mean any of the four."""
    found = roles('[protect]\nsign_in = "confrim"\nshutdown = "confirm"\n').protect
    assert (found.sign_in, found.shutdown, found.config) == ((), "confirm", None)
    found = roles('[protect]\nsignin = "confirm"\n').protect
    assert (found.sign_in, found.sign_out, found.shutdown, found.config) == ((), (), (), ())


@pytest.mark.parametrize(
    "text",
    [
        f"{ROLES}[network\n",
        " [ 'clients'.vi]\n=",
        "\ufeff[clients.vi]\n=",
        "=\r[clients.vi]",
        "clients = 3\n",
        "[[protect]]\n",
        "[client.vi]\n",
        "[Protect]\n",
    ],
)
def test_clients_may_look_and_fix_while_roles_are_unknown(text: str) -> None:
    """All of them: a section cannot be read, or its name is not right."""
    assert {name: each.allow for name, each in roles(text).clients.items()} == {
        "*": ("read", "repair")
    }


@pytest.mark.parametrize(
    "text",
    [
        "[network\n",
        "# [clients.vi]\n[",
        "api_server_url = 1\n",
        "default = 3\n",
        "[network]\nidle = 5\n",
    ],
)
def test_a_file_without_roles_takes_nothing_away(text: str) -> None:
    """Invalid or not, it names none."""
    assert not roles(text).has_roles
