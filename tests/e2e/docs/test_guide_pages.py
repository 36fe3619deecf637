"""Pages whose commands need more than the reader of `docs.reader` has, as a new user types them."""

from collections.abc import Iterator

import pytest

from aircher_wire.address import extra_socket
from aircherd.testing.simulator import Simulator
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home
from helpers.docs.blocks import blocks_of, read
from helpers.docs_commands import Ran, run_page
from helpers.screen.terminal_user import TerminalUser
from helpers.secret_service import secret_service

KEY = "canary-guide-0123456789abcdef"
PASSWORD = "canary-password-0123456789"
SIGN_IN = "sign-in/index.md"

# The servers that a reader would have; `azure` is what that page lets a reader write.
CONFIG = """\
[providers.anthropic]
base_url = "{url}"
[providers.openai]
base_url = "{url}/v1"
[providers.gemini]
base_url = "{url}"
[providers.openrouter]
base_url = "{url}/api/v1"
[providers.ollama]
base_url = "{url}"
[providers.azure]
kind = "openai"
base_url = "{url}/v1"
max_tokens_field = "max_completion_tokens"
"""

ADDRESSES = {
    "http://127.0.0.1:8000/v1": "{url}/v1",
    "https://api.groq.com/openai/v1": "{url}/v1",
    "http://gpu-box:11434": "{url}",
    "https://ollama.com": "{url}",
}
"""What a page names -> what runs instead, with the simulator's address."""


@pytest.fixture
def reader(sim: Simulator) -> Iterator[Home]:
    """A new user whose providers are simulated, with a running daemon and nothing configured."""
    for vendor in ("anthropic", "openai", "gemini", "openrouter", "ollama"):
        sim.keys.accept(vendor, "*")
    with open_home() as home:
        home.write_config(CONFIG.format(url=sim.url))
        home.start()
        yield home


def _run(page: str, reader: Home, sim: Simulator) -> list[Ran]:
    addresses = {old: new.format(url=sim.url) for old, new in ADDRESSES.items()}
    return run_page(page, reader, inputs={"aircher-cli auth login": KEY}, replace=addresses)


@pytest.mark.parametrize("page", ["sign-in/ollama.md", "sign-in/compatible-servers.md"])
def test_signing_in(page: str, reader: Home, sim: Simulator) -> None:
    """Keys are stored, checked, replaced and removed; none of them is shown."""
    ran = _run(page, reader, sim)
    assert not any(KEY in each.out + each.err for each in ran)


def test_the_keyring_over_ssh(sim: Simulator) -> None:
    """The command asks for a password, creates the keyring, and keys are stored in it then."""
    command = next(b.text for b in blocks_of(read(SIGN_IN)) if "gnome-keyring-daemon" in b.text)
    sim.keys.accept("anthropic", "*")
    with secret_service(keyring=False) as session, open_home(session.environ) as home:
        home.write_config(CONFIG.format(url=sim.url))
        home.start()
        with TerminalUser(["bash", "-c", command], home.environ) as user:
            user.read_until("Password of the keyring: ")
            user.wait_for_echo(on=False)
            user.send(f"{PASSWORD}\n")
            assert user.wait() == 0
        assert PASSWORD not in user.shown
        assert "keyring   usable" in home.cli("status").stdout
        home.login("anthropic", KEY)
        assert "keyring; checked" in home.cli("auth", "status").stdout
        assert KEY in session.stored("aircher").values()


def test_a_container_with_the_extra_socket(reader: Home) -> None:
    """Programs there ask models and see the state; they change nothing."""
    reader.login("anthropic", KEY)
    inside = {"AIRCHER_SOCKET": extra_socket(str(reader.socket))}
    for words in (("ask", "hello"), ("status",)):
        assert reader.cli(*words, environ=inside).returncode == 0
    for words in (
        ("models", "use", "anthropic/claude-haiku-5-5"),
        ("auth", "logout", "anthropic"),
        ("config", "set", "limits", "[]"),
    ):
        done = reader.cli(*words, environ=inside)
        assert done.returncode == 1
        assert "does not work from another machine" in done.stderr
