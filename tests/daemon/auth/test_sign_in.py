"""What to do about keys, as data in an error."""

import pytest

from aircherd.auth.sign_in import (
    MAX_PROVIDERS,
    MAX_TEXT,
    Situation,
    broken_first,
    only_with_labels,
    refuse_sign_in,
    sign_in_data,
)
from aircherd.config.model import Config, Provider, Refused, RefusedEntry
from aircherd.config.problems import Problem
from aircherd.vocabulary.keys import KeyState, KeyStatus
from aircherd.vocabulary.models import Model

LOGIN = "sign in with 'aircher-cli auth login {0}'"
WORK = Provider(
    name="work",
    kind="openai",
    base_url="https://work.example",
    env=("WORK_KEY",),
    default_model="m-1",
    keys_page="https://work.example/keys",
)
SPARE = Provider(name="spare", kind="anthropic", base_url="https://spare.example", env=("SPARE",))
LOCAL = Provider(name="local", kind="ollama", base_url="http://127.0.0.1:1", needs_key=False)


def key(state: KeyState, name: str = "work", **fields) -> KeyStatus:
    return KeyStatus(provider=name, state=state, **fields)


def situation(*rows: KeyStatus, config: Config | None = None, **changes) -> Situation:
    known = {each.name: each for each in (WORK, SPARE, LOCAL)}
    fields = {"problem": lambda _: None, "listed": lambda _: None, **changes}
    return Situation(config=config or Config(providers=known), rows=rows, **fields)


def row_of(name: str, found) -> dict[str, object]:
    (row,) = [each for each in found["providers"] if each["provider"] == name]
    return row


def test_needed_providers_come_first():
    """They are in the order of the chain and marked; the others are in that of the config."""
    found = sign_in_data(["spare"], situation())
    assert [row["provider"] for row in found["providers"]] == ["spare", "work", "local"]
    assert [row.get("needed") for row in found["providers"]] == [True, None, None]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], ["spare"]),
        ([key(KeyState.NOT_CONFIGURED)], ["spare"]),
        ([key(KeyState.REJECTED)], ["work", "spare"]),
        ([key(KeyState.UNREADABLE)], ["work", "spare"]),
        ([key(KeyState.LOCKED)], ["work", "spare"]),
        ([key(KeyState.REJECTED), key(KeyState.UNVERIFIED)], ["spare"]),
        ([key(KeyState.REJECTED), key(KeyState.AUTHENTICATED, "other")], ["spare"]),
        ([key(KeyState.REJECTED), key(KeyState.REJECTED, "spare")], ["spare"]),
    ],
)
def test_a_broken_key_comes_before_providers_that_never_had_one(rows, expected):
    """Unless one of them has a key too, or another provider can be asked."""
    assert broken_first(["spare"], rows) == expected


def test_a_provider_without_a_key():
    """Its row has the variables, the page of its keys, its model and the command."""
    status = key(KeyState.NOT_CONFIGURED, hint=LOGIN.format("work"))
    assert row_of("work", sign_in_data(["work"], situation(status))) == {
        "provider": "work",
        "kind": "openai",
        "state": "not_configured",
        "model": "work/m-1",
        "env": ["WORK_KEY"],
        "keys_page": "https://work.example/keys",
        "hint": LOGIN.format("work"),
        "command": "aircher-cli auth login work",
        "needed": True,
    }


@pytest.mark.parametrize(
    ("status", "command"),
    [
        (
            key(
                KeyState.REJECTED,
                key="office",
                hint="sign in again with 'aircher-cli auth login work --label office'",
            ),
            "aircher-cli auth login work --label office",
        ),
        (
            key(KeyState.REJECTED, key="env:WORK_KEY", hint=f"set it, or {LOGIN.format('work')}"),
            "aircher-cli auth login work",
        ),
        (
            key(KeyState.REJECTED, key="command", hint="renew it, then 'aircher-cli auth test'"),
            None,
        ),
        (key(KeyState.LOCKED, key="default", hint="unlock the keyring"), None),
        (key(KeyState.REJECTED, key="default", reason="plain http"), None),
        (key(KeyState.AUTHENTICATED, key="default", hint="to encrypt it: start a keyring"), None),
    ],
)
def test_command_only_where_signing_in_helps(status, command):
    """A locked keyring, a key command and a plain http address need something else."""
    assert row_of("work", sign_in_data([], situation(status))).get("command") == command


def test_variables_that_a_broken_key_hides():
    """They are named without the file that they are in; a key command is no variable."""
    hidden = ["environment variable WORK_KEY from ~/.aircher/environment", "command pass"]
    for state, expected in ((KeyState.REJECTED, ["WORK_KEY"]), (KeyState.AUTHENTICATED, None)):
        status = key(state, key="default", shadowed=hidden)
        assert row_of("work", sign_in_data([], situation(status))).get("shadowed") == expected


def test_the_best_key_decides():
    """A provider with a rejected and a usable key is usable."""
    rows = [key(KeyState.REJECTED, key="a"), key(KeyState.UNVERIFIED, key="b")]
    row = row_of("work", sign_in_data([], situation(*rows)))
    assert (row["state"], row["key"]) == ("unverified", "b")


@pytest.mark.parametrize(
    ("state", "has_variable"),
    [
        (KeyState.NOT_CONFIGURED, True),
        (KeyState.REJECTED, True),
        (KeyState.LOCKED, False),
        (KeyState.AUTHENTICATED, False),
        (KeyState.UNVERIFIED, False),
    ],
)
def test_variables_that_would_help(state, has_variable):
    """A variable is listed if importing its key would help its provider."""
    found = sign_in_data([], situation(key(state, key="default")))
    assert found["environment"] == (["WORK_KEY"] if has_variable else []) + ["SPARE"]


@pytest.mark.parametrize(
    ("default", "named"),
    [("work/mine/2", "work/mine/2"), ("spare/x", "work/m-1"), ("a", "work/m-1")],
)
def test_the_user_s_own_default_model_is_named(default, named):
    """It is what the user would ask instead; an alias is no model of one provider."""
    config = Config(providers={"work": WORK, "spare": SPARE}, default_model=default)
    found = sign_in_data(["spare"], situation(key(KeyState.AUTHENTICATED), config=config))
    assert row_of("work", found)["model"] == named


def test_a_local_server():
    """It has no key: the row has the reason why it is not reached, and a model of its list."""
    down = situation(problem=lambda _: "it does not run", listed=lambda _: (Model(id="qwen3"),))
    assert row_of("local", sign_in_data([], down)) == {
        "provider": "local",
        "kind": "ollama",
        "state": "not_required",
        "model": "local/qwen3",
        "models": 1,
        "reason": "it does not run",
    }


@pytest.mark.parametrize(
    ("models", "named"),
    [
        ((Model(id="nomic-embed-text"), Model(id="qwen3")), "local/qwen3"),
        ((Model(id="clip", chats=False), Model(id="qwen3")), "local/qwen3"),
        ((Model(id="nomic-embed-text"),), None),
        ((), None),
    ],
)
def test_the_named_model_chats(models, named):
    """A request to an embedding model would fail."""
    row = row_of("local", sign_in_data([], situation(listed=lambda _: models)))
    assert (row.get("model"), row["models"]) == (named, len(models))


def test_a_refused_entry():
    """The row says what is wrong with the entry in the configuration."""
    entry = RefusedEntry(
        "providers.work", (Problem(file="config.toml", line=3, path="kind", message="is bad"),)
    )
    config = Config(providers={"spare": SPARE}, refused=Refused(providers={"work": entry}))
    row = row_of("work", sign_in_data(["spare"], situation(config=config)))
    assert row == {"provider": "work", "state": "refused", "reason": entry.reason}


def test_the_size_is_bounded():
    """Many providers and long reasons are cut off; needed providers are kept."""
    many = {f"p{n}": Provider(name=f"p{n}", kind="openai", base_url="https://x") for n in range(99)}
    status = key(KeyState.REJECTED, "p98", key="default", reason="x" * 9000)
    found = sign_in_data(["p98"], situation(status, config=Config(providers=many)))
    assert len(found["providers"]) == MAX_PROVIDERS
    assert found["providers"][0]["provider"] == "p98"
    assert len(found["providers"][0]["reason"]) == MAX_TEXT


def test_an_unknown_provider():
    """A fallback may name a provider that is not in the configuration."""
    row = row_of("gone", sign_in_data(["gone"], situation()))
    assert row == {"provider": "gone", "state": "not_configured", "needed": True}


def test_a_client_that_cannot_store_keys():
    """It learns why, and nothing is left that it could offer; the state and the hint stay."""
    status = key(KeyState.NOT_CONFIGURED, hint=LOGIN.format("work"))
    data = {"sign_in": sign_in_data(["work"], situation(status)), "skipped": []}
    before = row_of("work", data["sign_in"])
    refuse_sign_in(data, {"message": "not here"})
    assert data["sign_in"]["environment"] == []
    assert data["sign_in"]["refused"] == {"message": "not here"}
    found = row_of("work", data["sign_in"])
    assert before == {**found, "command": "aircher-cli auth login work"}
    plan = {"candidates": []}
    refuse_sign_in(plan, {"message": "not here"})
    assert plan == {"candidates": []}


def test_a_label_that_no_key_has():
    """The command stores a key with it; no other key, variable or provider with a key helps."""
    rows = [
        key(KeyState.AUTHENTICATED, key="default", masked="…cdef"),
        key(KeyState.LOCKED, "spare"),
    ]
    data = {"sign_in": sign_in_data(["work"], situation(*rows))}
    only_with_labels(data, {"work": "acme"}, "the folder asks for it")
    found = data["sign_in"]
    assert [row["provider"] for row in found["providers"]] == ["work", "local"]
    assert found["environment"] == []
    assert row_of("work", found) == {
        "provider": "work",
        "kind": "openai",
        "state": "not_configured",
        "keys_page": "https://work.example/keys",
        "reason": "the folder asks for it",
        "hint": "sign in with 'aircher-cli auth login work --label acme'",
        "command": "aircher-cli auth login work --label acme",
        "needed": True,
    }
    data = {"sign_in": sign_in_data(["work"], situation(*rows))}
    only_with_labels(data, {"work": "acme"}, None)
    assert "reason" not in row_of("work", data["sign_in"])
