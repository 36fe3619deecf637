"""Every way of saving the configuration takes effect, while requests flow and none is lost."""

import shutil
import subprocess
import sys
import time

import pytest

from aircher_client.proof import call_with_proof
from helpers.daemon.flow import flowing
from helpers.daemon.real_daemon import wait_until
from helpers.required import missing

KEY = "canary-work-0123456789abcdef"


@pytest.fixture
def served(daemon):
    """A daemon that serves `work`, and the text of its configuration."""
    daemon.login("work", KEY)
    return daemon


def config(home, model):
    """Return the configuration with this default model, which `status` shows."""
    text = home.original
    return f'default_model = "work/{model}"\n{text}'


def default_of(home):
    """Return the default model in effect."""
    with home.client() as client:
        return client.call("status")["default"].get("model")


def wait_for(home, model):
    """Wait until the configuration with this default model is in effect."""
    wait_until(lambda: default_of(home) == f"work/{model}", f"{model} is the default")


def by_hand(program, *arguments):
    """Run an editor or tool; skip the test without it."""
    if shutil.which(program) is None:
        missing(program, f"apt-get install {program}")
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


# ------------------------------------------------------------------ ways of saving
# Each takes the home and the name of a model, and saves the configuration that has it.


def vim(backupcopy):
    """Edit as vim does: `yes` writes the file in place, `no` renames a new one over it."""

    def save(home, model):
        command = f'%s#^default_model = .*#default_model = "work/{model}"#'
        by_hand(
            "vim", "-u", "NONE", "-N", "-i", "NONE", "-es",
            "-c", f"set backup writebackup backupcopy={backupcopy}",
            "-c", command, "-c", "wq", str(home.config_file),
        )  # fmt: skip

    return save


def sed(home, model):
    """`sed -i` writes a new file and renames it."""
    by_hand("sed", "-i", f's#^default_model = .*#default_model = "work/{model}"#',
            str(home.config_file))  # fmt: skip


def mv(home, model):
    """A new file is moved over the old one."""
    new = home.root / "new.toml"
    new.write_text(config(home, model))
    by_hand("mv", str(new), str(home.config_file))


def in_place(home, model):
    """The file is truncated, and written in two pieces, as fast as an editor does it.

    Others must not come between them for so long that the file counts as saved; with more pieces,
    they did on a busy machine.
    """
    text = config(home, model)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)
    try:
        with home.config_file.open("w") as file:
            half = len(text) // 2
            for piece in (text[:half], text[half:]):
                file.write(piece)
                file.flush()
    finally:
        sys.setswitchinterval(usual)


def delete_and_create(home, model):
    """For a moment there is no file."""
    home.config_file.unlink()
    home.config_file.write_text(config(home, model))


def directory_renamed(home, model):
    """The old directory lives on under another name."""
    folder = home.config_file.parent
    folder.rename(home.root / f"old-{model}")
    folder.mkdir(mode=0o700)
    home.config_file.write_text(config(home, model))


def directory_removed(home, model):
    """Nothing of the old directory is left."""
    shutil.rmtree(home.config_file.parent)
    home.config_file.parent.mkdir(mode=0o700)
    home.config_file.write_text(config(home, model))


def stow(links):
    """Deploy dotfiles with stow: it links the file, or the whole directory if it is free to."""

    def save(home, model):
        package = home.root / "dotfiles" / f"aircher-{model}"
        (package / ".aircher").mkdir(parents=True)
        (package / ".aircher" / "config.toml").write_text(config(home, model))
        folder = home.config_file.parent
        if folder.is_symlink():
            folder.unlink()
        else:
            shutil.rmtree(folder)
        if links == "file":
            folder.mkdir(mode=0o700)
        by_hand("stow", "-d", str(package.parent), "-t", str(home.root), package.name)
        assert folder.is_symlink() == (links == "directory")
        assert home.config_file.resolve() == package / ".aircher" / "config.toml"

    return save


def behind_stow(home, model):
    """The file that a link of stow leads to is edited where it is."""
    if not home.config_file.is_symlink():
        stow("file")(home, f"{model}-first")
        wait_for(home, f"{model}-first")
    home.config_file.resolve().write_text(config(home, model))


def home_manager(home, model):
    """The file is a link to a generation in a store, which links to the content; one is swapped."""
    store = home.root / "store"
    content = store / f"{model}-config.toml"
    generation = store / f"{model}-generation"
    generation.mkdir(parents=True)
    content.write_text(config(home, model))
    content.chmod(0o444)
    (generation / "config.toml").symlink_to(content)
    profile = home.root / "profile"
    (home.root / "profile-new").symlink_to(generation)
    (home.root / "profile-new").rename(profile)
    if not home.config_file.is_symlink():
        home.config_file.unlink()
        home.config_file.symlink_to(profile / "config.toml")


def by_command(home, model):
    """Clients can have the daemon write the file."""
    with home.client() as client:
        entry = {"path": "default_model", "value": f"work/{model}"}
        call_with_proof(client, "config.set", {"entries": [entry]})


SAVES = {
    "vim, backupcopy=yes": vim("yes"),
    "vim, backupcopy=no": vim("no"),
    "sed -i": sed,
    "mv over": mv,
    "in place": in_place,
    "delete and create": delete_and_create,
    "directory renamed": directory_renamed,
    "directory removed": directory_removed,
    "stow links the file": stow("file"),
    "stow links the directory": stow("directory"),
    "edited behind stow": behind_stow,
    "home-manager": home_manager,
    "config.set": by_command,
}


@pytest.mark.parametrize("save", SAVES.values(), ids=SAVES)
def test_every_way_of_saving_takes_effect(served, save):
    """Twice in a row: the second save finds what the first one left. No request is lost."""
    served.original = served.config_file.read_text()
    served.write_config(config(served, "m0"))
    wait_for(served, "m0")
    with flowing(served, "work/gpt-5.5") as flow:
        for model in ("m1", "m2"):
            save(served, model)
            wait_for(served, model)
            flow.wait_for_more()
    assert served.log().count("config_invalid") == 0
    assert "Traceback" not in served.log()


SAVES_IN_A_ROW = 100
"""Ten seconds. Run it with 600 by hand after a change of the watcher or of reloading."""


def test_a_file_saved_ten_times_a_second_settles(served):
    """The last content is in effect, none is reported as broken, and no request is lost."""
    served.original = served.config_file.read_text()
    events = []
    with served.client() as listener, flowing(served, "work/gpt-5.5") as flow:
        listener.call("events.subscribe", {"topics": ["config"]})
        for number in range(SAVES_IN_A_ROW):
            in_place(served, f"m{number}")
            time.sleep(0.1)
        wait_for(served, f"m{SAVES_IN_A_ROW - 1}")
        listener.call("ping", on_notification=lambda _method, params: events.append(params))
    changes = [event for event in events if event["topic"] == "config"]
    assert 1 <= len(changes) <= SAVES_IN_A_ROW
    assert [event for event in changes if not event["ok"]] == []
    assert "config_invalid" not in served.log()
    assert flow.answered > 0


def test_a_reload_answers_while_the_file_changes(served):
    """The command and the watcher never get in each other's way."""
    served.original = served.config_file.read_text()
    with flowing(served, "work/gpt-5.5"), served.client() as client:
        for number in range(10):
            served.write_config(config(served, f"m{number}"))
            client.call("config.reload")
            assert client.call("status")["default"]["model"] == f"work/m{number}"
    assert "Traceback" not in served.log()


def test_only_connections_of_changed_providers_are_closed(served, sim):
    """An unchanged provider is called over the same connection before and after a reload."""
    text = served.config_file.read_text()
    served.cli("auth", "login", "spare", "--with-token", stdin="canary-spare-0123456789abcdef")

    def connection(model):
        served.cli("ask", "-m", model, "hello")
        return sim.requests[-1].connection

    before = connection("work/m")
    assert connection("work/m") == before
    # `work` and `spare` share an origin: another path keeps the connection, another host does not.
    served.write_config(f"[network]\nidle_timeout = 7\n{text}")
    wait_until(lambda: "network.idle_timeout" in served.log(), "the change is in effect")
    assert connection("work/m") == before
    assert connection("spare/m") == before
    moved = text.replace("127.0.0.1:1", "127.0.0.1:2").replace("127.0.0.1", "localhost", 1)
    served.write_config(moved)
    wait_until(lambda: "localhost" in served.log(), "the change is in effect")
    assert connection("spare/m") == before


NO_INOTIFY = """
import runpy, watchfiles
def watch(*_arguments, **_options):
    raise OSError(24, "OS file watch limit reached")
watchfiles.watch = watch
runpy.run_module("aircherd", run_name="__main__")
"""
"""Stands for a machine where other programs use up all of inotify."""


def test_without_events_changes_are_found_by_rescans(home):
    """They take effect all the same; the log and `status` say why there are no events."""
    home.start(program=("-c", NO_INOTIFY))
    home.login("work", KEY)
    home.original = home.config_file.read_text()
    wait_until(lambda: "file_events_failed" in home.log(), "the failure is logged")
    with flowing(home, "work/gpt-5.5"):
        for save in (mv, in_place, directory_renamed, home_manager):
            save(home, save.__name__)
            wait_for(home, save.__name__)
    shown = home.cli("status").stdout
    assert "OS file watch limit reached" in shown
    assert home.log().count("file_events_failed") == 1


DOZING = """
import runpy
from aircherd.config.watcher import file_watcher, watch_thread
file_watcher.CATCH_UP_TIMEOUT = 20.0
watch_thread.DOZE_AFTER_SECONDS = 0.1
watch_thread.RESCAN_SECONDS = 0.3
doze = watch_thread.WatchThread._doze
def note_and_doze(self, directories):
    watch_thread.RESCAN_SECONDS = 3600.0
    watch_thread.log.info("dozing")
    doze(self, directories)
watch_thread.WatchThread._doze = note_and_doze
runpy.run_module("aircherd", run_name="__main__")
"""
"""The watcher dozes at once, and then only a request can wake it."""


def test_the_first_request_after_a_quiet_time_gets_the_new_configuration(home):
    """An idle daemon looks at its files before it serves the request."""
    home.start(program=("-c", DOZING))
    home.original = home.config_file.read_text()
    with home.client() as client:
        wait_until(lambda: '"dozing"' in home.log(), "the watcher dozes")
        time.sleep(0.5)
        home.config_file.write_text(config(home, "new"))
        assert client.call("status")["default"]["model"] == "work/new"
