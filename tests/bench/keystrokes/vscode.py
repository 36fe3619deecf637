"""Measures how long VS Code's extension host is busy while 5,000 events a second arrive.

    .venv/bin/python tests/bench/keystrokes/vscode.py [--seconds S]

The built extension in node with the stub of `vscode`, a real daemon, and the simulator. VS Code
draws and takes keys in another process, so a key never waits for the extension host; what waits is
what other extensions do at a key, such as completion. `p50`, `p99` and `max` are the milliseconds
by which a timer of 1 ms came late, for whatever reason; `turn` is the most CPU time between two of
its turns, which no other program on the machine changes; `cpu` is the share of a core in percent.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from keystrokes.provider import set_answer, simulator

from helpers.daemon.real_daemon import home
from helpers.editors.vscode import build_extension, bundle, find_node

HERE = Path(__file__).parent
WORDS_PER_LINE = 12

CONFIG = """\
default_model = "work/gpt-5.5"

[providers.work]
kind = "openai"
base_url = "{url}/v1"
env = "WORK_KEY"
"""


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="Measures the extension host of VS Code.")
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    program = bundle([HERE / "vscode.ts"]) / "vscode.js"
    with simulator() as url, home() as made:
        set_answer(url, WORDS_PER_LINE)
        made.write_config(CONFIG.format(url=url))
        made.start({"WORK_KEY": "canary-bench-0123456789"}, log_level="warning")
        environ = {
            **os.environ,
            **made.environ,
            "AIRCHER_EXTENSION": str(build_extension()),
            "AIRCHER_BENCH_SECONDS": str(options.seconds),
        }
        done = subprocess.run(
            [find_node(), str(program)], env=environ, capture_output=True, text=True, check=True
        )
    for line in done.stdout.splitlines():
        print("  ".join(f"{name} {_shown(value)}" for name, value in json.loads(line).items()))


def _shown(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
