"""A canary key is in no log, event, error, process list or file except its store."""

import base64
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from aircher_client import ClientError
from aircherd.testing.simulator import Fault
from helpers.daemon.real_daemon import wait_until
from helpers.secret_service import secret_service

KEY = "canary-work-0123456789abcdef"
BAD = "canary-refused-0123456789"
FORMS = {
    "half": KEY[:14],
    "middle": KEY[5:19],  # the last half is in the command lines of other tests too
    "hex": KEY.encode().hex(),
    "escaped": "".join(f"\\u{ord(char):04x}" for char in KEY),
    "base64": base64.b64encode(f"Bearer {KEY}".encode()).decode()[12:-4],
}
"""Forms of the key that a provider may quote; of base64 what depends on the key alone."""


def command_lines():
    """Return the command lines of all processes."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            continue  # it ended meanwhile
    return "\n".join(lines)


TOPICS = ["auth", "attempt", "provider", "config"]


@contextmanager
def every_event(home):
    """Collect every event while the context lasts; check that each topic had one."""
    events, seen = [], []
    with home.client() as client:
        stream = client.events(TOPICS, events.append)

        def collect():
            with suppress(ClientError):
                for event in stream:
                    events.append(event)
                    seen.append(event["topic"])

        thread = threading.Thread(target=collect)
        thread.start()
        yield events
        wait_until(lambda: set(TOPICS) <= set(seen), f"every topic had an event: {seen}")
        home.stop()
        thread.join(20)


def use_everything(home, sim):
    """Use keys on every path that could leak them; return all output that clients got."""
    output = []

    def run(*arguments, **options):
        done = home.cli(*arguments, **options)
        output.append(done.stdout + done.stderr)

    with every_event(home) as events:
        run("auth", "login", "work", "--with-token", stdin=BAD)
        run("auth", "login", "work", "--with-token", stdin=KEY)
        run("auth", "import", environ={"SPARE_KEY": KEY})
        for fault in (
            None,
            Fault("error", error="refused_key", message=f"Incorrect API key provided: {KEY}"),
            Fault("error", error="server", message=f"we saw {KEY}"),
            Fault("error", error="server", message=f"we saw {' and '.join(FORMS.values())}"),
            Fault("stream_error", error="server", message=f"we saw {KEY}", after=1),
            Fault("answer", status=400, content_type="text/html", body=f"<p>{KEY}</p>"),
        ):
            run("auth", "test", "work")
            if fault:
                sim.faults.add(fault)
            run("ask", "-v", "--json", "-m", "work/m", "hello you")
        for command in ("auth status", "auth status --json", "status", "status --json"):
            run(*command.split())
        text = home.config_file.read_text()
        home.write_config(text.replace(f"{sim.url}/v1", "http://127.0.0.1:9/v1"))
        run("config", "reload")
        run("auth", "login", "work", "--with-token", "--no-verify", stdin=KEY)
        run("ask", "-m", "work/m", "no provider")
        home.write_config(f'[providers.work]\napi_key = "{KEY}"\n')
        run("config", "check")
        run("config", "reload")
        with home.client() as client:
            output.append(str(client.call("status")) + str(client.call("auth.status")))
    return "\n".join([*output, str(events)])


@pytest.fixture
def seen_commands():
    """Collect command lines while the test runs."""
    seen, stop = [], threading.Event()

    def watch():
        while not stop.is_set():
            seen.append(command_lines())
            stop.wait(0.005)

    thread = threading.Thread(target=watch)
    thread.start()
    yield seen
    stop.set()
    thread.join()


def test_no_key_is_anywhere_but_in_its_file(daemon, sim, seen_commands):
    """Without a keyring only the credentials file has it, with mode 0600."""
    output = use_everything(daemon, sim)
    daemon.config_file.unlink()  # the literal key that the test itself wrote
    store = daemon.data / "credentials.json"
    assert KEY in store.read_text()
    assert store.stat().st_mode & 0o777 == 0o600
    store.unlink()
    everything = "\n".join([output, daemon.everything_written(), *seen_commands])
    assert KEY not in everything
    assert BAD not in everything
    assert not [name for name, form in FORMS.items() if form in everything]


@pytest.mark.secret_service
def test_with_a_keyring_no_file_of_ours_holds_a_key(home, sim, seen_commands):
    """The keyring's child process gets it on standard input, not on its command line."""
    with secret_service() as keyring:
        home.start(keyring.environ)
        output = use_everything(home, sim)
        home.config_file.unlink()
        everything = "\n".join([output, home.everything_written(), *seen_commands])
    assert KEY not in everything
    assert BAD not in everything
    assert not [name for name, form in FORMS.items() if form in everything]


def test_a_key_that_also_stands_in_the_configuration_is_not_shown(daemon, sim):
    """As a part of a URL, in no response and in no event; a client reads the rest."""
    daemon.cli("auth", "login", "work", "--with-token", stdin=KEY)
    text = daemon.config_file.read_text()
    daemon.write_config(text.replace(f"{sim.url}/v1", f"{sim.url}/{KEY}/v1"))
    with daemon.client() as client:
        client.call("config.reload")
        found = {
            method: str(client.call(method))
            for method in (
                *("status", "auth.status", "config.show", "models.list", "diagnose"),
                *("usage.report", "limits.status", "attempts.list"),
            )
        }
        found["snapshot"] = str(client.call("events.subscribe", {"topics": TOPICS}))
    for words in ("status --json", "config show", "doctor", "providers list", "auth status"):
        done = daemon.cli(*words.split())
        found[f"aircher-cli {words}"] = done.stdout + done.stderr
    assert f"{sim.url}/{'*' * len(KEY)}/v1" in found["status"]
    assert [where for where, output in found.items() if KEY in output] == []
