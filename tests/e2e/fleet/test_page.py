"""The set-ups of docs/fleet.md, followed from nothing: certificate, engine, two machines, CI."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from aircherd.testing.simulator import Simulator
from helpers.daemon.real_daemon import Home, wait_until
from helpers.docs.blocks import blocks_of, read
from helpers.docs.reader import open_reader
from helpers.docs_commands import run_page
from helpers.engines import Engine, redis, resp
from helpers.required import missing

PAGE = "fleet.md"
PERSON = "Two machines of one person"
CI = "CI with a capped token"
HOST = "server.example"
"""In the page. Here it is this machine."""
PASSWORD = "A-LONG-RANDOM-PASSWORD"


PRICES = """
[catalog."openai/gpt-5.5"]
input_price = 10
output_price = 10
"""


def block(start: str) -> str:
    """Return the block of the page that starts so."""
    [found] = [each.text for each in blocks_of(read(PAGE)) if each.text.startswith(start)]
    return found


@contextmanager
def open_engine(folder: Path) -> Iterator[int]:
    """Make the page's certificate, and run an engine with the page's lines; yield its port."""
    program = shutil.which("redis-server") or missing("Redis", "apt-get install redis-server")
    made = block("openssl").replace(HOST, "localhost")
    subprocess.run(["sh", "-ec", made], cwd=folder, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    lines = block("bind").replace("/etc/valkey", str(folder)).replace("6379", str(port))
    (folder / "engine.conf").write_text(f"{lines}\nbind 127.0.0.1 -::1\ndir {folder}\n")
    with subprocess.Popen(
        [program, str(folder / "engine.conf")], stdout=subprocess.DEVNULL, cwd=folder
    ) as process:
        try:
            wait_until(lambda: _listens(port), "the engine listens")
            yield port
        finally:
            process.kill()


def test_the_engine_keeps_what_machines_reported_over_a_restart() -> None:
    """Its file is read with the rights of the user `default`, who is off."""
    users = [line for line in block("bind").splitlines() if line.startswith("user ")]
    sums = "{aircher}:c:1"

    def kept() -> object:
        return engine.command("HGET", sums, "used")

    with redis(acl=users, persists=True) as engine:
        _report(engine, sums)
        assert kept() == "7"
        engine.restart()
        assert kept() == "7", engine.log


def _report(engine: Engine, sums: str) -> None:
    """Write several fields in one script, as the user of the page."""
    script = "redis.call('HSET', KEYS[1], 'used', 7); redis.call('HSET', KEYS[1], 'left', 3)"
    user = ("AUTH", "aircher", PASSWORD)
    resp.ask(engine.socket_path, user, ("EVAL", script, 1, sums))


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_two_machines_of_one_person_and_ci(sim: Simulator, tmp_path: Path) -> None:
    """What one spends, the other has no more; a job's token has a limit for all runners."""
    with open_engine(tmp_path) as port, ExitStack() as stack:
        homes = [stack.enter_context(open_reader(sim)) for _ in range(2)]
        for number, home in enumerate(homes):
            home.write_config(home.config_file.read_text() + PRICES)
            shutil.copy(tmp_path / "engine-cert.pem", home.config_file.parent)
            ran = run_page(
                PAGE,
                home,
                inputs={"aircher-cli auth login shared": PASSWORD},
                replace={f"{HOST}:6379": f"localhost:{port}", HOST: "localhost"},
                sections=[PERSON],
            )
            assert not any(PASSWORD in each.out + each.err for each in ran)
            done = home.cli("config", "set", "shared.machine", f"machine{number}")
            assert done.returncode == 0, done.stderr
        first, second = homes
        asked = first.cli("ask", "-m", "openai/gpt-5.5", "hi")
        assert asked.returncode == 0, asked.stderr
        wait_until(lambda: _used(second) == _used(first) != "0", "both know what one spent")
        run_page(PAGE, first, sections=[CI])
        assert "ci" in first.cli("token", "list").stdout


def _used(home: Home) -> str:
    with home.client() as client:
        [row] = client.call("limits.status")["limits"]
        return str(row["used"])
