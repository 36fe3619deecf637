"""Two accounts of one provider, by real requests: which key arrives at the server."""

import json
from collections.abc import Iterator

import pytest

from aircherd.testing.simulator import Fault, Simulator
from helpers.daemon.ipc_requests import chats
from helpers.daemon.real_daemon import Home
from helpers.daemon.real_daemon import home as open_home

PRIVATE, WORK = "canary-private-0123456789", "canary-work-0123456789abc"

CONFIG = """
[providers.openai]
base_url = "{url}/v1"

[providers.spare]
kind = "anthropic"
base_url = "{url}"

[models.chain]
routes = ["openai/gpt-5.5", "spare/claude-sonnet-5"]

[tasks.brief]
system = "Be brief."

[projects."{root}/acme"]
key = "work"
model = "chain"
"""


@pytest.fixture
def user(sim: Simulator) -> Iterator[Home]:
    """A user with two keys for one provider, and a private one for another."""
    sim.keys.accept("openai", "*")
    sim.keys.accept("anthropic", "*")
    with open_home() as home:
        home.write_config(CONFIG.format(url=sim.url, root=home.root))
        home.start()
        for provider, label, key in (
            ("openai", "private", PRIVATE),
            ("openai", "work", WORK),
            ("spare", "private", PRIVATE),
        ):
            words = ("auth", "login", provider, "--label", label, "--with-token")
            assert home.cli(*words, stdin=key).returncode == 0
        yield home


def test_the_key_that_is_named_arrives(user: Home, sim: Simulator) -> None:
    """By its label in a model, an option, a folder, and a repository's file; and no other one."""
    repository = user.root / "acme" / "web"
    (repository / ".git").mkdir(parents=True)
    asked = (
        ((), user.root, PRIVATE),
        (("-m", "openai@work/gpt-5.5"), user.root, WORK),
        (("-m", "chain", "--key", "work"), user.root, WORK),
        ((), repository, WORK),
        (("--key", "private"), repository, PRIVATE),
        (("-m", "openai@private/gpt-5.5"), repository, PRIVATE),
    )
    for words, folder, key in asked:
        done = user.cli("ask", "-m", "openai/gpt-5.5", *words, "hi", cwd=folder)
        assert (done.returncode, done.stderr) == (0, ""), words
        assert _key_of(sim) == key, words
    assert user.cli("models", "use", "openai@work/gpt-5.5").returncode == 0
    assert user.cli("ask", "hi").returncode == 0
    assert _key_of(sim) == WORK
    text = user.config_file.read_text()
    user.config_file.write_text(text.replace('key = "work"', 'key = "private"'))
    assert user.cli("config", "reload").returncode == 0
    assert user.cli("ask", "hi", cwd=repository).returncode == 0
    assert _key_of(sim) == PRIVATE
    user.config_file.write_text(text)
    assert user.cli("config", "reload").returncode == 0
    # A private account is not a fallback for work.
    sim.faults.add(Fault("error", error="quota", key=WORK))
    done = user.cli("ask", "hi", cwd=repository)
    assert done.returncode == 5
    assert "no key 'work' for spare" in done.stderr
    assert chats(sim, "anthropic") == []
    done = user.cli("ask", "--key", "wrk", "hi", cwd=repository)
    assert done.returncode == 4
    assert "openai has private, work; spare has private" in done.stderr
    report = json.loads(user.cli("usage", "--by", "key,project", "--json").stdout)
    used = {(row["key"], row.get("project")) for row in report["rows"]}
    assert ("work", str(user.root / "acme")) in used


def test_a_refused_key_is_the_one_that_was_asked_with(user: Home, sim: Simulator) -> None:
    """That another key works does not help, and signing in replaces the refused one."""
    sim.keys.revoke("openai", "*")
    sim.keys.accept("openai", PRIVATE)
    for _ in ("asked", "known to be refused"):
        done = user.cli("ask", "-m", "openai/gpt-5.5", "--key", "work", "hi", cwd=user.root)
        said = " ".join(done.stderr.split())
        assert done.returncode == 4
        assert "openai refused the key" in said or "The key 'work' of openai" in said
        assert "aircher-cli auth login openai --label work" in said
        assert "private" not in said


def test_a_conversation_stays_with_its_key(user: Home, sim: Simulator) -> None:
    """Begun in a folder with a key, it does not go to another account elsewhere."""
    folder = user.root / "acme"
    folder.mkdir()
    talk = "ask", "--conversation", "plans"
    assert user.cli(*talk, "-m", "openai/gpt-5.5", "secret", cwd=folder).returncode == 0
    done = user.cli(*talk, "-m", "openai/gpt-5.5", "more", cwd=user.root)
    assert (done.returncode, done.stderr, _key_of(sim)) == (0, "", WORK)
    assert "secret" in str(chats(sim, "openai")[-1].json)
    talk = "ask", "--conversation", "tea", "-m", "openai/gpt-5.5"
    assert user.cli(*talk, "hi", cwd=user.root).stderr == ""
    done = user.cli(*talk, "hi", cwd=folder)
    assert done.stderr == "aircher-cli: from now on tea uses only keys named work\n"


def test_a_file_of_the_repository(user: Home, sim: Simulator) -> None:
    """It is used once it is allowed, and a changed one is not."""
    repository = user.root / "other"
    (repository / ".git").mkdir(parents=True)
    file = repository / ".aircher"
    file.write_text('key = "work"\ntask = "brief"\n')
    done = user.cli("ask", "-m", "openai/gpt-5.5", "hi", cwd=repository)
    assert _key_of(sim) == PRIVATE
    assert done.stderr.count("is not used until you allow it") == 1
    assert user.cli("allow", cwd=repository).returncode == 0
    done = user.cli("ask", "-m", "openai/gpt-5.5", "hi", cwd=repository)
    assert (done.stderr, _key_of(sim)) == ("", WORK)
    assert "Be brief." in str(chats(sim, "openai")[-1].json)
    file.write_text('key = "private"\n')
    done = user.cli("ask", "-m", "openai/gpt-5.5", "hi", cwd=repository)
    assert "has changed, and is not used" in done.stderr
    assert _key_of(sim) == WORK
    assert user.cli("deny", cwd=repository).returncode == 0
    assert user.cli("route", "-m", "openai/gpt-5.5", cwd=repository).stderr == ""


def _key_of(sim: Simulator) -> str:
    """Return the key of the last chat."""
    return chats(sim, "openai")[-1].headers["authorization"].removeprefix("Bearer ")
