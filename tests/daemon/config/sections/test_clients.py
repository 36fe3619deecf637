"""`[clients.NAME]` and `[protect]`."""

import pytest

from aircherd.config.load import parse_config
from aircherd.config.model import ClientRights, Protection
from aircherd.errors import ConfigInvalid

TEXT = """
[clients.vi]
allow = ["chat", "read", "chat"]
program = "/usr/bin/vi"
providers = ["ollama"]
confirm = true

[clients."a client"]

[clients."*"]
allow = ["none"]

[protect]
sign_in = ["vi", "a client"]
config = "confirm"
"""


def test_all_entries() -> None:
    """Repeated names count once; what is left out is open."""
    config = parse_config(TEXT, file="c.toml")
    assert config.clients == {
        "vi": ClientRights(
            allow=("chat", "read"), program="/usr/bin/vi", providers=("ollama",), confirm=True
        ),
        "a client": ClientRights(),
        "*": ClientRights(allow=("none",)),
    }
    assert config.protect == Protection(sign_in=("vi", "a client"), config="confirm")
    assert config.has_roles


def test_without_the_sections() -> None:
    """There are no roles."""
    assert not parse_config("", file="c.toml").has_roles


def test_a_program_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is the home of the daemon's user."""
    monkeypatch.setenv("HOME", "/home/me")
    config = parse_config('[clients.x]\nprogram = "~/bin/x"', file="c.toml")
    assert config.clients["x"].program == "/home/me/bin/x"


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ('[clients.vi]\nallow = ["talk"]', "clients.vi.allow[0]", "must be one of"),
        ("[clients.vi]\nallow = []", "clients.vi.allow", "is an empty list"),
        ('[clients.vi]\nprogram = "vi"', "clients.vi.program", "must be an absolute path"),
        ('[clients."*"]\nprogram = "/bin/vi"', "clients.'*'.program", "binds no name"),
        ('[clients.vi]\nproviders = ["nope"]', "clients.vi.providers[0]", "does not exist"),
        ("[clients.vi]\nconfirm = 1", "clients.vi.confirm", "must be true or false"),
        ("[clients.vi]\nrole = 1", "clients.vi.role", "is unknown in [clients.NAME]"),
        ("[clients]\nvi = 1", "clients.vi", "must be a section"),
        ('[clients.vi]\nallow = ["none", "all"]', "clients.vi.allow", '"none" besides other'),
        ('[clients."vim@*"]', "clients.'vim@*'", "stands for no clients"),
        ('[clients."*@Box"]', "clients.'*@Box'", "in capital letters"),
        ('[clients."*@box"]\nprogram = "/bin/vi"', "clients.'*@box'.program", "binds no name"),
        ('[clients." "]', "clients.' '", "is not the name of a client"),
        ('[clients."unverified:vi"]', "clients.'unverified:vi'", "which take another one's"),
        ('[protect]\nconfig = "ask"', "protect.config", 'must be "confirm"'),
        ('[protect]\nsign_in = ["vi"]', "protect.sign_in[0]", "has no section of its own"),
        ('[protect]\nsign_in = ["*"]', "protect.sign_in[0]", "is no client"),
        ('[clients."*@b"]\n[protect]\nconfig = ["*@b"]', "protect.config[0]", "is no client"),
        ("[protect]\nsign_up = 1", "protect.sign_up", "is unknown in [protect]"),
    ],
)
def test_mistakes(text: str, path: str, message: str) -> None:
    """Each has its place; nothing of an invalid file is used, since rights would be missing."""
    with pytest.raises(ConfigInvalid) as caught:
        parse_config(text, file="c.toml")
    (problem,) = caught.value.data["problems"]  # type: ignore[misc, attr-defined]
    assert problem["path"] == path
    assert message in problem["message"]
