"""The first start: from no key at all to a chosen model, in a real terminal."""

import signal

import pytest

from aircher_client.project_file import Decisions, load

KEY = "canary-work-0123456789abcdef"
HEADING = "No provider is signed in yet"


def pasted(text):
    """Return `text` as a terminal sends a paste."""
    return f"\x1b[200~{text}\x1b[201~"


def assert_as_found(terminal):
    """The settings and the modes of the terminal are those from before."""
    assert terminal.settings() == terminal.settings_before
    assert terminal.modes() == set()


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 15)])
def test_from_nothing_to_a_chosen_model(daemon, sim, terminal, columns, rows):
    """Sign in with a pasted key, choose a model, ask it; the key is never on the screen."""
    with terminal("models", columns=columns, rows=rows) as screen:
        screen.wait_for(HEADING, "Sign in to work")
        screen.send("\r")
        screen.wait_for("Sign in to work ─", "not shown")
        screen.send(pasted(f" {KEY}\n"))
        screen.wait_for("28 characters")
        screen.send("\r")
        screen.wait_for("✓ Signed in to work; key …cdef")
        screen.send("\r")
        screen.wait_for("gpt-5.5")
        screen.wait_without(HEADING)
        screen.send("5.5-mini")
        screen.wait_for("> ✓")
        screen.send("\r")
        assert screen.wait() == 0
        assert_as_found(screen)
        assert b"canary" not in screen.raw
    assert 'default_model = "work/gpt-5.5-mini"' in daemon.config_file.read_text()
    assert daemon.cli("ask", "hi").stdout == "hi\n"
    assert [each.key for each in sim.requests if each.endpoint == "chat"] == [KEY]


def test_a_refused_key_can_be_tried_again(daemon, terminal):
    """The reason is shown in place."""
    with terminal("models") as screen:
        screen.wait_for(HEADING)
        screen.send("\r")
        screen.wait_for("not shown")
        screen.send("wrong\r")
        screen.wait_for("✗ work refused the key (HTTP 401); nothing was stored")
        screen.send(f"{pasted(KEY)}\r")
        screen.wait_for("✓ Signed in to work")


def test_the_keys_of_the_shell_are_imported(daemon, terminal):
    """One Enter checks and stores them; the daemon cannot see the variable."""
    with terminal("models", environ={"WORK_KEY": KEY}) as screen:
        screen.wait_for(HEADING, "Use the key in WORK_KEY")
        screen.send("\r")
        screen.wait_for("✓ WORK_KEY (work): stored")
        screen.send("\r")
        screen.wait_for("gpt-5.5")
        assert b"canary" not in screen.raw


def test_signing_in_from_another_terminal_moves_on(daemon, terminal):
    """The list opens by itself, with the new models."""
    with terminal("models") as screen:
        screen.wait_for(HEADING)
        daemon.login("work", KEY)
        screen.wait_without(HEADING)
        screen.wait_for("gpt-5.5")


def test_a_local_server_that_starts_meanwhile_appears(daemon, sim, terminal):
    """Its address is that of the configuration; nothing has to be pressed."""
    with terminal("models") as screen:
        screen.wait_for(HEADING, "Run models on this machine")
        text = daemon.config_file.read_text()
        daemon.write_config(text.replace("http://127.0.0.1:1", sim.url))
        screen.wait_without(HEADING)
        screen.wait_for("llama3.2")


def test_a_daemon_that_dies_is_said_and_found_again(daemon, terminal):
    """The steps stay meanwhile, and signing in works afterwards."""
    with terminal("models") as screen:
        screen.wait_for(HEADING, "Esc quit")
        daemon.stop(signal.SIGKILL)
        screen.wait_for("Ctrl-R starts the daemon", "Sign in to work")
        daemon.start()
        screen.wait_without("Ctrl-R starts the daemon")
        screen.send("\r")
        screen.wait_for("not shown")
        screen.send(f"{KEY}\r")
        screen.wait_for("✓ Signed in to work")


@pytest.mark.parametrize("keys", ["\x1b", "\x03"], ids=["Esc", "Ctrl-C"])
def test_leaving_restores_the_terminal(daemon, terminal, keys):
    """Nothing is changed."""
    before = daemon.config_file.read_text()
    with terminal("models") as screen:
        screen.wait_for(HEADING)
        screen.send(keys)
        screen.wait()
        assert_as_found(screen)
    assert daemon.config_file.read_text() == before


def test_a_folder_with_a_key_of_its_own(daemon, sim, terminal):
    """The list shows what that key can ask; the choice is for all other folders, and says so."""
    sim.keys.accept("openai", KEY)
    daemon.login("work", KEY)
    daemon.cli("auth", "login", "work", "--with-token", "--label", "acme", stdin=KEY)
    folder = daemon.root / "acme"
    (folder / ".git").mkdir(parents=True)
    (folder / ".aircher").write_text('key = "acme"\nmodel = "work/gpt-5.5"\n')
    environ = {"XDG_STATE_HOME": str(daemon.root / "state"), "HOME": str(daemon.root)}
    Decisions(environ).record(load(str(folder / ".aircher")), allowed=True)
    with terminal("models", columns=120, folder=folder) as screen:
        screen.wait_for("chain", "with key acme")
        screen.send("work/gpt-5.5")
        screen.wait_for("what requests from here ask", "with the key acme")
        screen.send("-mini")
        screen.wait_for("> ✓   work/gpt-5.5-mini")
        screen.send("\r")
        assert screen.wait() == 0
        screen.wait_for("Requests from here go on using work/gpt-5.5, as ~/acme/.aircher says")
    assert 'default_model = "work/gpt-5.5-mini"' in daemon.config_file.read_text()


def test_a_damaged_list_of_keys_is_said_first(home, terminal):
    """Where the daemon has moved it, and to sign in again."""
    home.write_config("")
    home.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    (home.data / "keys.json").write_text("{damaged")
    (home.data / "keys.json").chmod(0o600)
    home.start()
    with terminal("models", columns=200) as screen:
        screen.wait_for("No provider is signed in any more", "damaged", "keys.json.damaged-1")
        screen.wait_for("Sign in again to the providers that you use:", "Sign in to anthropic")
        screen.send("\x1b")
        assert screen.wait() == 0
