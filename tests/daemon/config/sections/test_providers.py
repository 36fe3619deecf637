import msgspec
import pytest

from aircherd.config.load import parse_config
from aircherd.config.model import DEFAULT_CONFIG, Provider
from aircherd.vocabulary.builtin_providers import KINDS
from helpers.config_problems import problem, problems

WORK = '[providers.work]\nkind = "openai"\nbase_url = "http://127.0.0.1:8000/v1"\n'


def _provider(text: str, name: str = "work") -> Provider:
    return parse_config(text, file="c").providers[name]


def test_own_provider_needs_a_key_and_has_no_default_source() -> None:
    """It never uses `OPENAI_API_KEY` just because it speaks OpenAI's API."""
    assert _provider(WORK) == Provider(
        name="work", kind="openai", base_url="http://127.0.0.1:8000/v1", needs_key=True, env=()
    )


@pytest.mark.parametrize(
    ("entry", "env"), [('env = "A_KEY"', ("A_KEY",)), ('env = ["A", "B"]', ("A", "B"))]
)
def test_env_is_one_variable_or_several(entry: str, env: tuple[str, ...]) -> None:
    """In the order in which they are tried."""
    assert _provider(WORK + entry).env == env


def test_key_command_is_a_list_of_arguments() -> None:
    """It is not run by a shell."""
    provider = _provider(WORK + 'key_command = ["op", "read", "op://vault/x7k2a/key"]')
    assert provider.key_command == ("op", "read", "op://vault/x7k2a/key")


def test_auth_none_needs_no_key() -> None:
    """Plain http to another machine is allowed then."""
    provider = _provider(
        '[providers.work]\nkind = "openai"\nbase_url = "http://gpu-box:8000/v1"\nauth = "none"'
    )
    assert (provider.needs_key, provider.env) == (False, ())


@pytest.mark.parametrize(("entry", "needs_key"), [("", False), ('env = "OLLAMA_API_KEY"', True)])
def test_ollama_needs_a_key_only_if_a_source_is_named(entry: str, needs_key: bool) -> None:
    """Built in or not."""
    work = '[providers.box]\nkind = "ollama"\nbase_url = "https://box"\n'
    assert _provider(work + entry, "box").needs_key is needs_key
    assert _provider("[providers.ollama]\n" + entry, "ollama").needs_key is needs_key


def test_entry_changes_only_some_fields_of_a_built_in_provider() -> None:
    """All other fields stay."""
    provider = _provider('[providers.openai]\nheaders = { X-Team = "blue" }', "openai")
    builtin = DEFAULT_CONFIG.providers["openai"]
    assert provider == msgspec.structs.replace(builtin, headers={"X-Team": "blue"})


def test_built_in_provider_with_another_origin() -> None:
    """It uses neither the vendor's page for keys nor the vendor's key in the environment."""
    text = '[providers.openai]\nkind = "openai"\nbase_url = "http://127.0.0.1:9/v1/"'
    provider = _provider(text, "openai")
    assert (provider.base_url, provider.keys_page) == ("http://127.0.0.1:9/v1", None)
    assert provider.env == ()
    named = _provider(text + '\nenv = "OPENAI_API_KEY"', "openai")
    assert named.env == ("OPENAI_API_KEY",)
    same = _provider('[providers.openai]\nbase_url = "https://api.openai.com/v2"', "openai")
    assert same.env == ("OPENAI_API_KEY",)


def test_gemini_is_a_kind() -> None:
    """The user's own server may speak Gemini's API."""
    provider = _provider('[providers.work]\nkind = "gemini"\nbase_url = "https://h/v1beta"', "work")
    assert (provider.kind, provider.needs_key) == ("gemini", True)


@pytest.mark.parametrize(
    ("entry", "field", "hint"),
    [
        ('kind = "opnai"', "kind", 'did you mean "openai"?'),
        ("kind = 5", "kind", "must be one of"),
        ('auth = "key"', "auth", 'can only be "none"'),
        ("auth = false", "auth", 'can only be "none"'),
        ('auth = "sk-CANARY-1"', "auth", "`aircher-cli auth login work`"),
        ('env = "sk-CANARY-1"', "env", "`aircher-cli auth login work`"),
        ('env = "CANARY0123456789abcdef"', "env", "`aircher-cli auth login work`"),
        ('env = "$WORK_KEY"', "env", "the NAME of an environment variable"),
        ('env = "CANARY/with+signs=="', "env", "aircher-cli auth login work"),
        ("env = []", "env", "must be a string in quotes, not a list"),
        ("env = 5", "env", "must be a string in quotes, not a number"),
        ('key_command = "op read x"', "key_command", "must be a list of strings"),
        ("key_command = []", "key_command", "is an empty list"),
        ('key_command = ["op", 5]', "key_command[1]", "must be a non-empty string"),
        ('key_command = [""]', "key_command[0]", "must be a non-empty string"),
        (
            'key_command = ["echo", "sk-CANARY-1"]',
            "key_command[1]",
            "`aircher-cli auth login work`",
        ),
        (
            'key_command = ["sh", "-c", "echo sk-CANARY-1"]',
            "key_command[2]",
            "`aircher-cli auth login work`",
        ),
    ],
)
def test_invalid_field_is_reported_at_its_line(entry: str, field: str, hint: str) -> None:
    """With a hint, and without the value."""
    lines = [line for line in WORK.splitlines() if line.split()[0] != entry.split(maxsplit=1)[0]]
    line, path, message = problem("\n".join([*lines, entry]))
    assert (line, path) == (len(lines) + 1, f"providers.work.{field}")
    assert hint in message
    assert "CANARY" not in message


@pytest.mark.parametrize(
    "url",
    ["http://u:CANARY@h/v1", "https://CANARY@h/v1", "https://h/v1?key=CANARY", "https://h:CANARY/"],
)
def test_key_in_a_base_url_is_refused(url: str) -> None:
    """The URL is not repeated."""
    line, path, message = problem(f'[providers.work]\nkind = "openai"\n\nbase_url = "{url}"')
    assert (line, path) == (4, "providers.work.base_url")
    assert "CANARY" not in message


@pytest.mark.parametrize("host", ["gpu-box", "192.168.1.5", "[fe80::1]", "localhost.evil.example"])
def test_key_over_plain_http_to_another_machine_is_refused(host: str) -> None:
    """The hint names both solutions."""
    line, path, message = problem(
        f'[providers.work]\nkind = "openai"\nbase_url = "http://{host}:8000/v1"'
    )
    assert (line, path) == (3, "providers.work.base_url")
    assert "use https" in message
    assert 'auth = "none"' in message


@pytest.mark.parametrize("host", ["localhost", "ai.localhost", "127.0.0.1", "127.8.8.8", "[::1]"])
def test_key_over_plain_http_to_this_machine_is_allowed(host: str) -> None:
    """The connection does not leave the machine."""
    text = f'[providers.work]\nkind = "openai"\nbase_url = "http://{host}:8000/v1"'
    assert _provider(text).needs_key


def test_auth_none_conflicts_with_a_key_source() -> None:
    """Each conflicting field is reported at its line."""
    found = problems(WORK + 'auth = "none"\nenv = "A"\nkey_command = ["a"]')
    assert [(line, path) for line, path, _ in found] == [
        (5, "providers.work.env"),
        (6, "providers.work.key_command"),
    ]


def test_own_provider_requires_kind_and_base_url() -> None:
    """Both are reported at the section's line."""
    kinds = ", ".join(f'"{kind}"' for kind in KINDS)
    no_kind = f"has no kind: the API of the server | add kind = one of {kinds}"
    no_url = 'has no base_url | add base_url = "https://host/v1"'
    assert problems("\n[providers.work]\n") == [
        (2, "providers.work", no_kind),
        (2, "providers.work", no_url),
    ]


def test_kind_of_a_built_in_provider_cannot_change() -> None:
    """Another kind is another provider."""
    line, path, message = problem('[providers.openai]\nkind = "anthropic"')
    assert (line, path) == (2, "providers.openai.kind")
    assert 'must be "openai"' in message


@pytest.mark.parametrize("name", ["Work", "-work", "_x", '"a b"', '"a/b"', '""', "a" * 65])
def test_invalid_provider_name_is_refused(name: str) -> None:
    """It must be usable in provider/model."""
    line, _, message = problem(f"\n[providers.{name}]\n")
    assert line == 2
    assert "is not a valid provider name" in message
    assert "lower-case letters" in message


def test_provider_name_of_64_characters_is_allowed() -> None:
    """That is the maximum."""
    name = "a" * 64
    assert _provider(WORK.replace("work", name), name).name == name


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ('kind = "openai"', "write [providers.NAME] above its entries"),
        ('api_key = "CANARY"', "aircher-cli auth login"),
        ('work = "sk-CANARY-1"', "write [providers.NAME] above its entries"),
        ('"sk-ant-CANARY" = { }', "aircher-cli auth login"),
    ],
)
def test_entry_without_a_provider_name_is_refused(entry: str, hint: str) -> None:
    """A key there gets the login hint."""
    line, path, message = problem(f"[providers]\n{entry}")
    assert line == 2
    assert hint in message
    assert "CANARY" not in f"{path} {message}"


# ------------------------------------------------------------------ other daemons


def test_another_daemon_needs_neither_a_key_nor_an_address(monkeypatch) -> None:
    """Its socket is beside this daemon's own by default."""
    monkeypatch.setenv("AIRCHER_SOCKET", "/run/user/7/aircher/aircher.sock")
    provider = _provider('[providers.laptop]\nkind = "socket"', "laptop")
    assert provider.socket_path == "/run/user/7/aircher/laptop.sock"
    assert (provider.needs_key, provider.origin) == (False, provider.base_url)
    text = '[providers.laptop]\nkind = "socket"\npath = "/run/x.sock"\nfallback = ["ollama"]'
    provider = _provider(text, "laptop")
    assert (provider.socket_path, provider.fallback) == ("/run/x.sock", ("ollama",))


def test_two_sockets_are_two_origins() -> None:
    """What is known of one daemon is not known of another."""
    text = (
        '[providers.a]\nkind = "socket"\npath = "/a"\n[providers.b]\nkind = "socket"\npath = "/b"'
    )
    assert _provider(text, "a").origin != _provider(text, "b").origin


@pytest.mark.parametrize(
    "path", ["laptop.sock", "", "/run/a\\nb", "/" + 107 * "x", "./x", "host:/run/x.sock"]
)
def test_a_path_is_that_of_a_socket(path: str) -> None:
    """Absolute, printable, and short enough for the system."""
    found = problem(f'[providers.laptop]\nkind = "socket"\npath = "{path}"')
    assert found[:2] == (3, "providers.laptop.path")


@pytest.mark.parametrize(
    "entry",
    ['base_url = "https://h/v1"', 'env = "KEY"', 'auth = "none"', "num_ctx = 5", 'api = "chat"'],
)
def test_another_daemon_has_its_own_settings(entry: str) -> None:
    """So what is set here would mean nothing."""
    found = problem(f'[providers.laptop]\nkind = "socket"\npath = "/x"\n{entry}')
    assert "means nothing for another daemon" in found[2]


def test_a_path_is_for_other_daemons_only() -> None:
    """A server has an address."""
    assert "only for the kind" in problem(WORK + 'path = "/run/x.sock"')[2]
