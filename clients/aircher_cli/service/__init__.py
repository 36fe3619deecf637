"""The daemon as a service of the user: what `daemon install` and `daemon uninstall` do.

    manager            the entry point: systemd, or launchd on macOS
    installation       where the daemon is installed, and whether it still is
    planning           decides what the units say, from the caller's environment
    rendering          the shipped units (`units/`) -> the text of each file; `quoting` of values
    unit_file          one file: absent, ours, changed by the user, or not ours; writes, removes
    systemctl          runs `systemctl --user`, and says what to do where it cannot work
    systemd_install    installs the systemd units; `systemd_uninstall` removes them
    launchd            the same on macOS
    control            starts, stops and describes the installed service, for other commands
    advice             what the shell has that the service does not have
    steps              what was done, a line each

Only commands that need it import this package.
"""
