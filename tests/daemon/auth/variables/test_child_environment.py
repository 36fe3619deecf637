"""What the programs that the daemon starts get in their environment."""

import pytest

from aircherd.auth.variables.child_environment import command_environment, keyring_environment

KEY = "sk-ant-canary-0123456789abcdef"


def test_the_keyrings_child_gets_only_what_it_needs():
    """Whatever else is set, and whatever it is called."""
    needed = {
        "PATH": "/bin",
        "HOME": "/h",
        "LC_ALL": "C",
        "XDG_RUNTIME_DIR": "/r",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/b",
        "PYTHONPATH": "/p",
    }
    more = {"OPENAI_API_KEY": KEY, "WORK": KEY, "SECRET_THING": "x", "LD_PRELOAD": "/l.so"}
    assert keyring_environment({**needed, **more}) == needed


NEEDED = {
    "PATH": "/usr/bin:/opt/sk-learn-with-a-long-name-0123/bin",
    "SSH_AUTH_SOCK": "/tmp/agent",
    "GPG_TTY": "/dev/pts/1",
    "OP_SERVICE_ACCOUNT_TOKEN": "ops_eyJzaWduSW5BZGRyZXNz",
    "BW_SESSION": "R29vZCBtb3JuaW5nLCByZXZpZXdlcg==",
    "VAULT_TOKEN": "hvs.CAESIJlU9JMYEhOPYv4igdhm9PnZDrabYTobQ4",
    "CONJUR_AUTHN_API_KEY": "3w2pp3x1kv1bsz",
    "PROJECT": "sk-learn",
    "DBUS_SESSION_BUS_ADDRESS": "unix:path=/b",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_API_KEY", "short"),
        ("GEMINI_API_KEY", "short"),
        ("AIRCHER_SHARED_PASSWORD", "short"),
        ("TEAM_SECRET", "named by the configuration"),
        ("GROQ_API_KEY", "a vendor that is not configured"),
        ("MISTRAL_API_KEY_2", "x"),
        ("ANYTHING", KEY),
        ("QUOTED", f'{{"key": "{KEY}"}}'),
        ("HEADER", f"Authorization: Bearer {KEY}"),
        ("COPY", "a live key without any shape"),
    ],
)
def test_a_key_command_gets_everything_but_keys(name, value):
    """By name, by shape, and by the keys that are in use."""
    found = command_environment(
        {**NEEDED, name: value}, {"TEAM_SECRET"}, lambda text: text.startswith("a live key")
    )
    assert found == NEEDED
