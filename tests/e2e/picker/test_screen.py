"""The picker on a terminal, with a real daemon and simulated providers."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from aircherd.testing.simulator import Fault
from helpers.screen.terminal import Terminal

KEY = "canary-work-0123456789abcdef"
OTHER_KEY = "canary-other-0123456789abcdef"

CTRL_D, CTRL_E, CTRL_F, CTRL_L, CTRL_R, CTRL_T, CTRL_X = b"\x04\x05\x06\x0c\x12\x14\x18"


@contextmanager
def open_picker(home, *words: str, columns: int = 120, rows: int = 35) -> Iterator[Terminal]:
    """Run `aircher-cli models` until the block ends."""
    command = [home.python, "-m", "aircher_cli", *(words or ("models",))]
    environ = {**home.environ, "TERM": "xterm-256color"}
    with Terminal(command, environ, columns=columns, rows=rows) as terminal:
        yield terminal


def press(terminal: Terminal, *keys: int) -> None:
    terminal.send(bytes(keys))


def leave(terminal: Terminal) -> None:
    """Leave, and check that the terminal is as it was found."""
    terminal.send(b"\x03")
    assert terminal.wait() == 130
    assert terminal.modes() == set()
    assert terminal.settings() == terminal.settings_before


def test_enter_writes_the_default_and_keeps_comments(daemon):
    """The chosen model is the default, and the rest of the file is as it was."""
    daemon.login("work", KEY)
    with open_picker(daemon) as terminal:
        terminal.wait_for("work  ✓ ready")
        terminal.send("gpt-5.5")
        terminal.wait_for("> ✓", "work/gpt-5.5")
        terminal.send("\r")
        assert terminal.wait() == 0
        terminal.wait_for("work/gpt-5.5 is now the default")
        assert terminal.modes() == set()
    config = daemon.config_file.read_text()
    assert 'default_model = "work/gpt-5.5"' in config
    assert "# A developer's own Ollama would answer requests without a key." in config
    with open_picker(daemon) as terminal:
        terminal.wait_for("Recent", "> ✓ ● work/gpt-5.5")
        leave(terminal)


def test_key_refused_in_another_terminal_turns_the_row(daemon, sim):
    """A request that is refused elsewhere changes the screen by itself."""
    daemon.login("work", KEY)
    with open_picker(daemon) as terminal:
        terminal.wait_for("work  ✓ ready")
        sim.keys.revoke("openai", KEY)
        assert daemon.cli("ask", "-m", "work/gpt-5.5", "hello").returncode != 0
        terminal.wait_for("work  ✗ refused")
        leave(terminal)


def test_saved_configuration_redraws_the_list(daemon):
    """An alias that is added with an editor appears, and the selection stays where it is."""
    daemon.login("work", KEY)
    with open_picker(daemon) as terminal:
        terminal.wait_for("work  ✓ ready", "chain")
        terminal.send("\x1b[H")
        terminal.wait_for("> ✓   chain")
        before = selected_line(terminal)
        added = '\n[models.another]\nroutes = ["spare/claude-sonnet-5"]\n'
        daemon.config_file.write_text(daemon.config_file.read_text() + added)
        terminal.wait_for("another")
        assert selected_line(terminal) == before
        leave(terminal)


def selected_line(terminal: Terminal) -> str:
    lines = [line for line in terminal.text.splitlines()[1:] if line.startswith("> ")]
    assert len(lines) == 1, terminal.text
    return lines[0].split()[2]


def test_daemon_that_dies_is_reported_and_comes_back(daemon):
    """The list stays while the daemon is gone, and is current again after it."""
    daemon.login("work", KEY)
    with open_picker(daemon) as terminal:
        terminal.wait_for("work  ✓ ready")
        daemon.stop(signal.SIGKILL)
        terminal.wait_for("the list may be out of date")
        assert "work  ✓ ready" in terminal.text
        daemon.start()
        terminal.wait_without("the list may be out of date")
        daemon.cli("auth", "logout", "work")
        terminal.wait_for("work  not signed in")
        leave(terminal)


def test_sign_in_with_hidden_input(daemon):
    """A key that is pasted is checked and stored, and never on the screen."""
    daemon.login("spare", "canary-spare-0123456789abcdef")
    with open_picker(daemon) as terminal:
        terminal.wait_for("work  not signed in")
        terminal.send("work")
        terminal.wait_for("> ○   work")
        press(terminal, CTRL_L)
        terminal.wait_for("Sign in to work")
        terminal.send(f"\x1b[200~  {KEY}\n\x1b[201~")
        terminal.send("\r")
        terminal.wait_for("Signed in to work")
        terminal.send("\r")
        terminal.wait_without("Sign in to work")
        terminal.wait_for("✓   work/gpt-5.5")
        leave(terminal)
    assert KEY.encode() not in terminal.raw
    assert KEY not in daemon.log()


def test_refused_key_says_why_and_keeps_the_old_one(daemon):
    """A wrong key is refused with its reason; the stored one is still used."""
    daemon.login("work", KEY)
    with open_picker(daemon) as terminal:
        terminal.wait_for("work  ✓ ready")
        terminal.send("gpt-5.5")
        terminal.wait_for("work/gpt-5.5")
        press(terminal, CTRL_L)
        terminal.wait_for("Sign in to work")
        terminal.send(f"\x1b[200~{OTHER_KEY}\x1b[201~\r")
        terminal.wait_for("✗", "401")
        terminal.send("\x1b")
        terminal.wait_without("Sign in to work")
        leave(terminal)
    assert OTHER_KEY.encode() not in terminal.raw
    assert daemon.cli("auth", "test", "work").returncode == 0


def test_cooldown_counts_down_and_can_be_ended(daemon, sim):
    """A provider that is limited shows it with its time; one key ends the cooldown."""
    daemon.login("work", KEY)
    with open_picker(daemon) as terminal:
        terminal.wait_for("work  ✓ ready")
        terminal.send("gpt-5.5")
        terminal.wait_for("> ✓", "work/gpt-5.5")
        sim.faults.add(Fault("error", error="rate_limit", vendor="openai", retry_after=600))
        assert daemon.cli("ask", "-m", "work/gpt-5.5", "hello").returncode != 0
        terminal.wait_for("> ⚠", "cooling", "^X end cooldown")
        press(terminal, CTRL_X)
        terminal.wait_for("> ✓")
        leave(terminal)


def test_keys_are_tested_and_signed_out(daemon):
    """The outcome of a test is shown; signing out asks, and turns the row."""
    daemon.login("work", KEY)
    with open_picker(daemon) as terminal:
        terminal.wait_for("work  ✓ ready")
        terminal.send("gpt-5.5")
        terminal.wait_for("> ✓", "work/gpt-5.5")
        press(terminal, CTRL_T)
        terminal.wait_without("testing the keys")
        press(terminal, CTRL_D)
        terminal.wait_for("Sign out of work", "No, change nothing")
        terminal.send("\x1b[B\r")
        terminal.wait_for("Not available yet", "> ○")
        leave(terminal)
    assert daemon.cli("auth", "status", "--json").stdout.count(KEY[-4:]) == 0


def test_lists_are_fetched_again(daemon, sim):
    """A model that the provider has since added appears."""
    daemon.login("work", KEY)
    with open_picker(daemon) as terminal:
        terminal.wait_for("work  ✓ ready")
        sim.behave(models={"openai": ["gpt-5.5", "brand-new-model"]})
        press(terminal, CTRL_R)
        terminal.wait_for("brand-new-model")
        leave(terminal)


def test_model_that_vanishes_while_it_is_selected(daemon, sim):
    """The nearest model is selected, and a line says so."""
    sim.behave(models={"openai": ["first-model", "second-model", "third-model"]})
    daemon.login("work", KEY)
    daemon.cli("models", "refresh", "work")
    with open_picker(daemon) as terminal:
        terminal.wait_for("work  ✓ ready", "second-model")
        terminal.send("second")
        terminal.wait_for("> ✓", "work/second-model")
        terminal.send("\x1b")
        terminal.wait_for("type to filter")
        sim.behave(models={"openai": ["first-model", "third-model"]})
        daemon.cli("models", "refresh", "work")
        terminal.wait_for("work/second-model is no longer in the list")
        leave(terminal)


def test_favourites_are_kept(daemon):
    """A favourite is at the top the next time, with its mark."""
    daemon.login("work", KEY)
    with open_picker(daemon) as terminal:
        terminal.wait_for("work  ✓ ready")
        terminal.send("gpt-5.5")
        terminal.wait_for("> ✓", "work/gpt-5.5")
        press(terminal, CTRL_F)
        terminal.wait_for("work/gpt-5.5 is now a favourite")
        leave(terminal)
    with open_picker(daemon) as terminal:
        terminal.wait_for("Favourites", "★ work/gpt-5.5")
        leave(terminal)


def test_not_signed_in_anywhere(daemon):
    """Instead of an empty table there is a screen that says what to do first."""
    with open_picker(daemon) as terminal:
        terminal.wait_for("No provider is signed in yet")
        terminal.send("\x1b")
        assert terminal.wait() == 0
        assert terminal.modes() == set()


def test_config_that_changes_while_the_picker_writes(daemon):
    """Neither the choice nor the other program's change is lost."""
    daemon.login("work", KEY)
    with open_picker(daemon) as terminal:
        terminal.wait_for("work  ✓ ready")
        terminal.send("gpt-5.5")
        terminal.wait_for("> ✓", "work/gpt-5.5")
        text = daemon.config_file.read_text()
        daemon.config_file.write_text(text + '\n[models.mine]\nroutes = ["work/gpt-5.5"]\n')
        terminal.send("\r")
        assert terminal.wait() == 0
    config = daemon.config_file.read_text()
    assert "[models.mine]" in config
    assert 'default_model = "work/gpt-5.5"' in config


def test_all_models_from_the_start(daemon):
    """With `--all`, models of providers without a key are in the list."""
    daemon.login("work", KEY)
    with open_picker(daemon, "models", "pick", "--all") as terminal:
        terminal.wait_for("work  ✓ ready", "anthropic  ○ not signed in")
        leave(terminal)


def test_small_screen_is_usable(daemon):
    """At 40x15 a model can be found, looked at and chosen."""
    daemon.login("work", KEY)
    with open_picker(daemon, columns=40, rows=15) as terminal:
        terminal.wait_for("work  ✓ ready")
        terminal.send("gpt-5.5")
        terminal.wait_for("> ✓", "work/gpt-5.5")
        terminal.send("\t")
        terminal.wait_for("key ", "ready")
        terminal.send("\t")
        terminal.wait_for("Enter choose")
        terminal.send("\r")
        assert terminal.wait() == 0


def test_picker_starts_the_daemon(home):
    """Without a daemon the picker opens at once, and starts one."""
    home.environ["AIRCHER_AUTOSTART"] = "1"
    with open_picker(home) as terminal:
        terminal.wait_for("No provider is signed in yet")
        terminal.send("\x1b")
        assert terminal.wait() == 0
    home.cli("daemon", "stop", "--now")


def test_missing_daemon_is_started_by_a_key(home):
    """Where starting one is turned off, the reason is on the screen, and a key starts it."""
    with open_picker(home) as terminal:
        terminal.wait_for("aircherd is not running", "^R starts the daemon")
        press(terminal, CTRL_R)
        terminal.wait_for("No provider is signed in yet")
        terminal.send("\x1b")
        assert terminal.wait() == 0
    home.cli("daemon", "stop", "--now")
