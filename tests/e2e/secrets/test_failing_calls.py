"""A system call that fails during a sign-in leaves no key where it does not belong.

The whole form, each call with its errors at several places, is `python -m helpers.failing_calls`.
"""

import pytest

from helpers.failing_calls import KEY, failing, login, problems_after

CALLS = [
    ("openat", "EMFILE", 1),
    ("write", "ENOSPC", 1),
    ("fsync", "EIO", 1),
    ("rename", "ENOSPC", 1),
    ("socketpair", "EMFILE", 1),
    ("execve", "ENOMEM", 1),
    ("waitid", "EINVAL", 1),
    ("mmap", "ENOMEM", 20),
    ("epoll_ctl", "ENOMEM", 3),
    ("recvfrom", "ENOMEM", 2),
]
"""Of each part once: the child, its start and end, the file, its directory, client, event loop."""


@pytest.mark.timeout(120)
def test_each_sign_in_succeeds_or_says_why_and_the_daemon_serves_on(home):
    """One daemon for all: what a failure left behind would show later."""
    home.start()
    assert login(home) is None
    found = {}
    for call, error, when in CALLS:
        with failing(home, call, error, when):
            outcome = login(home)
        if problems := problems_after(home, outcome, is_file=True):
            found[call, error] = problems
    assert found == {}
    assert KEY not in home.log()
