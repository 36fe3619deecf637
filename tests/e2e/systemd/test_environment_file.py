"""`~/.aircher/environment` means the same to the daemon as to a real systemd."""

import json
import sys

from aircherd.auth.variables.assignments import parse_assignments
from helpers.systemd.manager import user_manager

TRICKY = """\
# a comment; until systemd 254 a backslash at its end continued it
  ; another one
PLAIN = one two \t
EMPTY=
SINGLE='one $two "three"'
DOUBLE="one \\"two\\" \\\\ \\$ \\` \\x"
JOINED='one'"two"three
SPACED='one' "two"  three
INNER=one'two'
LINES="one
two"
CONTINUED=one\\
two
ESCAPED=one\\ \\#\\
HASH=one # two
EQUALS==a=b
export EXPORTED=1
9BAD=1
no assignment
TWICE=1
TWICE=2
UMLAUT=\u00fc
LAST=end"""
UNIT = """\
[Service]
Type=oneshot
RemainAfterExit=yes
EnvironmentFile=-{file}
ExecStart={python} -c "import json, os; print(json.dumps(dict(os.environ)))"
"""


def test_file_is_read_as_systemd_reads_it(home):
    """Comments, quotes, escapes, continued lines, and what is ignored."""
    file = home.root / ".aircher" / "environment"
    file.write_text(TRICKY)
    names = [line.split("=")[0].strip() for line in TRICKY.splitlines()]
    with user_manager(home.environ) as manager:
        manager.write_unit("show.service", UNIT.format(file=file, python=sys.executable))
        manager.systemctl("start", "show.service")
        printed = manager.log("show.service").splitlines()[-1]
    theirs = {name: value for name, value in json.loads(printed).items() if name in names}
    ours = parse_assignments(TRICKY).variables
    assert {name: secret.reveal() for name, secret in ours.items()} == theirs
    assert len(theirs) == 14
