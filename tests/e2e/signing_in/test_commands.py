"""What commands say without a usable key. Each advice is followed to the letter, and then works."""

import json
import re
import shlex
import shutil

import pytest

from aircherd.testing.simulator import Fault
from helpers.required import missing
from helpers.secret_service import PASSWORD, locked_keyring

KEY = "canary-work-0123456789abcdef"
WRONG = "canary-wrong-0123456789abcdef"
COLUMNS = {"COLUMNS": "80"}

RUN_THIS = re.compile(r"[Rr]un this(?:\s+first)?:\n  aircher-cli (.+)\n")


def advised(done):
    """Return the command that the advice names."""
    found = RUN_THIS.search(done.stderr)
    assert found, done
    assert len(done.stderr.splitlines()) <= 6
    assert "canary" not in done.stdout + done.stderr
    return shlex.split(found[1])


def follow(home, done, **options):
    """Run the command that the advice names."""
    ran = home.cli(*advised(done), **options)
    assert ran.returncode == 0, ran
    assert "canary" not in ran.stdout + ran.stderr
    return ran


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["ask", "hi"], 4),
        (["ask", "-m", "chain", "hi"], 4),
        (["ask", "-m", "work/gpt-5.5", "hi"], 4),
        (["ask", "-t", "review", "hi"], 4),
        (["ask", "--no-stream", "hi"], 4),
        (["route"], 4),
        (["route", "-m", "work/gpt-5.5"], 4),
        (["auth", "test"], 4),
        (["auth", "status"], 0),
        (["models", "use", "chain"], 0),
    ],
)
def test_every_command_names_the_one_to_run_first(newcomer, words, code):
    """Also for an alias, a task and `provider/model`; after it, the request is answered."""
    newcomer.config_file.write_text(
        newcomer.config_file.read_text() + '\n[tasks.review]\nmodel = "chain"\n'
    )
    assert newcomer.cli("config", "reload").returncode == 0
    done = newcomer.cli(*words)
    assert done.returncode == code, done
    assert advised(done) == ["auth", "login", "work"]
    follow(newcomer, done, stdin=KEY)
    assert newcomer.cli(*words).returncode == 0


@pytest.mark.parametrize(
    "words", [["models", "list", "gpt-5.5"], ["models", "show", "work/gpt-5.5"]]
)
def test_models_that_cannot_be_asked(newcomer, words):
    """They are shown, and how to use them on standard error."""
    done = newcomer.cli(*words)
    assert done.returncode == 0
    assert advised(done) == ["auth", "login", "work"]


def test_status_names_it_too(newcomer):
    """Before and after the shell has a key: what the default model needs, not any provider."""
    shown = newcomer.cli("status").stdout
    assert "Run this first:\n  aircher-cli auth login work\n" in shown
    shown = newcomer.cli("status", environ={"WORK_KEY": KEY}).stdout
    assert "Run this first:\n  aircher-cli auth import\n" in shown
    assert "canary" not in shown


def test_doctor_names_it_too(newcomer):
    """Without any usable key there is a problem."""
    done = newcomer.cli("doctor", "--json")
    cures = [each.get("cure") for each in json.loads(done.stdout)["findings"]]
    assert "aircher-cli auth login anthropic" in cures or "aircher-cli auth login work" in cures


def test_a_key_in_the_shell(newcomer):
    """The daemon cannot see it; importing it is the first thing to do."""
    environ = {"WORK_KEY": KEY}
    done = newcomer.cli("ask", "hi", environ=environ)
    assert (done.returncode, advised(done)) == (4, ["auth", "import"])
    assert "WORK_KEY" in done.stderr
    follow(newcomer, done, environ=environ)
    assert newcomer.cli("ask", "hi").returncode == 0


def test_a_key_in_the_shell_for_another_provider(newcomer):
    """It does not help this request, which says so; the other provider's model is named then."""
    environ = {"WORK_KEY": KEY}
    done = newcomer.cli("ask", "-m", "spare/m", "hi", environ=environ)
    assert advised(done) == ["auth", "login", "spare"]
    assert "This shell has WORK_KEY, for another provider: aircher-cli auth import" in done.stderr
    assert newcomer.cli("auth", "import", environ=environ).returncode == 0
    done = newcomer.cli("ask", "-m", "spare/m", "hi")
    (model,) = re.findall(r"Or choose another model: -m (\S+)", done.stderr)
    assert newcomer.cli("ask", "-m", model, "hi").returncode == 0


def test_a_rejected_key(newcomer, sim):
    """The key is named by its label, and signing in replaces it."""
    newcomer.login("work", KEY, "--label", "office")
    sim.keys.revoke("openai", KEY)
    done = newcomer.cli("ask", "-m", "work/m", "hi")
    assert done.returncode == 4
    assert "The key 'office' of work was rejected" in done.stderr
    new = "canary-new-0123456789abcdefgh"
    sim.keys.accept("openai", new)
    follow(newcomer, done, stdin=new)
    assert newcomer.cli("ask", "-m", "work/m", "hi").returncode == 0


def test_a_rejected_key_of_an_own_provider_without_a_default(daemon, sim):
    """It comes before the built-in providers, which the user never had a key of."""
    daemon.login("work", KEY)
    sim.keys.revoke("openai", KEY)
    daemon.cli("auth", "test", "work")
    done = daemon.cli("ask", "hi")
    assert done.returncode == 4
    assert "The key 'default' of work was rejected" in done.stderr
    assert advised(done) == ["auth", "login", "work"]
    assert "Or another one: aircher-cli auth login anthropic" in done.stderr
    error = json.loads(daemon.cli("ask", "--json", "hi").stdout)["error"]
    assert "the key of work cannot be used: refused the key (HTTP 401)" in error["message"]
    new = "canary-new-0123456789abcdefgh"
    sim.keys.accept("openai", new)
    follow(daemon, done, stdin=new)
    assert "You are signed in to work" in daemon.cli("ask", "hi").stderr


def test_a_rejected_variable(home):
    """A key that is stored takes its place."""
    home.start({"WORK_KEY": WRONG})
    done = home.cli("ask", "-m", "work/m", "hi")
    assert done.returncode == 4
    assert "The key in WORK_KEY of work was rejected" in done.stderr
    follow(home, done, stdin=KEY)
    assert home.cli("ask", "-m", "work/m", "hi").returncode == 0


def test_a_rejected_key_that_hides_a_variable(home, sim):
    """The variable is named, and how to use it instead."""
    home.start({"WORK_KEY": KEY})
    home.login("work", WRONG, "--no-verify")
    done = home.cli("ask", "-m", "work/m", "hi")
    (command,) = re.findall(r"hides WORK_KEY; to use that: aircher-cli (.+)", done.stderr)
    assert home.cli(*shlex.split(command)).returncode == 0
    assert home.cli("ask", "-m", "work/m", "hi").returncode == 0


def test_a_key_of_another_address(newcomer, sim):
    """After base_url changed, the key is not sent there; signing in again stores one for it."""
    newcomer.login("work", KEY)
    text = newcomer.config_file.read_text()
    newcomer.config_file.write_text(text.replace("127.0.0.1", "localhost", 1))
    assert newcomer.cli("config", "reload").returncode == 0
    done = newcomer.cli("ask", "-m", "work/m", "hi")
    assert done.returncode == 4
    assert "this key was stored for http://127.0.0.1" in done.stderr
    follow(newcomer, done, stdin=KEY)
    assert newcomer.cli("ask", "-m", "work/m", "hi").returncode == 0


def test_a_key_command_whose_key_is_rejected(home, sim):
    """The key is renewed where the command gets it; then the advised command tries it."""
    file = home.root / "key.txt"
    file.write_text(WRONG)
    home.write_config(
        f'[providers.work]\nkind = "openai"\nbase_url = "{sim.url}/v1"\n'
        f'key_command = ["cat", "{file}"]\n'
    )
    home.start()
    done = home.cli("ask", "-m", "work/m", "hi")
    assert (done.returncode, advised(done)) == (4, ["auth", "test", "work"])
    assert "Renew it there, then run this:" in done.stderr
    file.write_text(KEY)
    follow(home, done)
    assert home.cli("ask", "-m", "work/m", "hi").returncode == 0


@pytest.mark.secret_service
def test_a_locked_keyring(home):
    """The advice says to unlock it; signing in is not advised, because it would fail."""
    with locked_keyring(home, KEY) as keyring:
        done = home.cli("ask", "-m", "work/m", "hi", environ={"DISPLAY": ":0"})
        assert done.returncode == 4
        assert "auth login" not in done.stderr
        assert "Unlock or start the keyring" in done.stderr
        command = advised(done)
        keyring.unlock()
        assert home.cli(*command).returncode == 0
        assert home.cli("ask", "-m", "work/m", "hi").returncode == 0


@pytest.mark.secret_service
def test_a_locked_keyring_without_a_desktop(home):
    """The commands of the advice unlock it, as over ssh; they read its password."""
    if shutil.which("bash") is None:
        missing("no bash")
    with locked_keyring(home, KEY) as keyring:
        done = home.cli("ask", "-m", "work/m", "hi")
        (commands,) = re.findall(r"in bash:\n(.+)then run this:", done.stderr, re.DOTALL)
        ran = keyring.run("bash", "-c", commands, stdin=PASSWORD + b"\n")
        assert ran.returncode == 0, ran
        assert home.cli(*advised(done)).returncode == 0
        assert home.cli("ask", "-m", "work/m", "hi").returncode == 0


def test_a_local_server_that_has_a_model(home, sim):
    """It is named as another model to ask, without a key."""
    text = home.config_file.read_text().replace("http://127.0.0.1:1", sim.url)
    home.write_config('default_model = "chain"\n' + text)
    home.start()
    assert home.cli("models", "refresh", "ollama").returncode == 0
    done = home.cli("ask", "hi")
    assert done.returncode == 4
    (model,) = re.findall(r"Or choose another model: -m (\S+)", done.stderr)
    assert home.cli("ask", "-m", model, "hi").returncode == 0


def test_a_local_server_that_does_not_run(newcomer):
    """The message says how to start it; it is no matter of keys."""
    done = newcomer.cli("ask", "-m", "ollama/qwen3", "hi")
    assert done.returncode == 5
    assert "ollama serve" in done.stderr


def test_json_has_the_same_as_data(newcomer):
    """Nothing is asked, and the exit code is the same."""
    done = newcomer.cli("ask", "--json", "hi")
    assert done.returncode == 4
    found = json.loads(done.stdout)["error"]["data"]["sign_in"]
    assert [row["provider"] for row in found["providers"] if row.get("needed")] == ["work", "spare"]


# ------------------------------------------------------------------ states and commands

COMMANDS = {
    "ask": (["ask", "hi"], 4),
    "ask an alias": (["ask", "-m", "chain", "hi"], 4),
    "route": (["route"], 4),
    "auth test": (["auth", "test"], 4),
    "models list": (["models", "list", "gpt-5.5"], 0),
}


def reject_stored_key(home, sim):
    home.login("work", KEY)
    sim.keys.revoke("openai", KEY)
    assert home.cli("ask", "-m", "work/m", "hi").returncode == 4


def move_the_server(home, sim):
    home.login("work", KEY)
    text = home.config_file.read_text()
    home.config_file.write_text(text.replace("127.0.0.1", "localhost", 1))
    assert home.cli("config", "reload").returncode == 0


def change_nothing(home, sim):
    pass


STATES = {
    "no key": (change_nothing, "You are not signed in to any provider yet."),
    "rejected": (reject_stored_key, "The key 'default' of work was rejected: "),
    "another address": (move_the_server, "this key was stored for http://127.0.0.1"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("state", STATES)
def test_each_state_in_each_command(newcomer, sim, state, command):
    """They all say the same: what is wrong, and the command that stores a usable key."""
    prepare, sentence = STATES[state]
    words, code = COMMANDS[command]
    prepare(newcomer, sim)
    done = newcomer.cli(*words)
    assert done.returncode == code, done
    assert sentence in done.stderr
    assert advised(done) == ["auth", "login", "work"]
    assert "Or another one: aircher-cli auth login spare" in done.stderr


def test_what_is_pasted_around_a_key_reaches_no_provider(newcomer, sim):
    """Whichever way it comes in; the message says what to paste, and never repeats it."""
    for text in (f'"{KEY}"', f"WORK_KEY={KEY}", f"Bearer {KEY}", f"{KEY};", "${WORK_KEY}"):
        done = newcomer.cli("auth", "login", "work", "--with-token", stdin=text)
        assert (done.returncode, "that is not a key: " in done.stderr) == (1, True)
        assert "canary" not in done.stderr
    done = newcomer.cli("auth", "import", environ={"WORK_KEY": f"'{KEY}'"})
    assert (done.returncode, "paste what is between" in done.stdout) == (5, True)
    assert list(sim.requests) == []
    newcomer.login("work", KEY)  # what the messages say to paste


def test_a_server_without_a_list_of_models(newcomer, sim):
    """The advice stores the key, and the next request is answered."""
    sim.faults.add(Fault("answer", status=404, body='{"detail": "Not Found"}', endpoint="models"))
    done = newcomer.cli("auth", "login", "work", stdin=KEY)
    assert done.returncode == 5
    assert "GET /v1/models is answered with HTTP 404: the server has no list" in done.stderr
    command = re.search(r"'aircher-cli ([^']+ --no-verify)'", done.stderr)
    assert command, done
    assert newcomer.cli(*command[1].split(), stdin=KEY).returncode == 0
    assert newcomer.cli("ask", "-m", "work/m", "hi").stdout == "hi\n"


def test_a_failing_key_command(newcomer):
    """It is not locked, and the message says once what to do, which then works."""
    config = newcomer.config_file.read_text()
    broken = config.replace('env = "WORK_KEY"', 'key_command = ["cat", "key"]')
    newcomer.config_file.write_text(broken.replace('"key"]', f'"{newcomer.config_file}.key"]'))
    assert newcomer.cli("config", "reload").returncode == 0
    done = newcomer.cli("ask", "-m", "work/m", "hi")
    assert done.returncode == 4
    assert done.stderr.lower().count("run it") == 1
    assert "locked" not in done.stderr
    assert advised(done) == ["auth", "test", "work"]
    states = {row["provider"]: row["state"] for row in rows_of(newcomer)}
    assert states["work"] == "unreadable"
    newcomer.config_file.with_name("config.toml.key").write_text(KEY)
    follow(newcomer, done)
    assert newcomer.cli("ask", "-m", "work/m", "hi").stdout == "hi\n"


def rows_of(home):
    return json.loads(home.cli("auth", "status", "--json").stdout)["rows"]
