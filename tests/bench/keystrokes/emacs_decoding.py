"""Measures what decoding costs in Emacs, with the package byte-compiled.

    .venv/bin/python tests/bench/keystrokes/emacs_decoding.py

Milliseconds of CPU time, with Emacs's garbage collections and without them.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from helpers.editors.emacs import run_script

HERE = Path(__file__).parent

if __name__ == "__main__":
    for line in run_script(HERE / "decoding.el", os.environ):
        print(f"{line['what']:<64} {line['ms']:6.1f} {line['without_collecting_ms']:6.1f}")
