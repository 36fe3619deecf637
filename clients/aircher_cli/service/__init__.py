"""The daemon as a service of the user: what `daemon install` and `daemon uninstall` do.

    installation   where the daemon is installed, and whether it still is
    rendering      the shipped units (`units/`) -> the text of each file, for this installation
    unit_file      one file: absent, ours, changed by the user, or not ours; writing and removing
    systemctl      runs `systemctl --user`, and says what to do where it cannot work
    systemd        installs and removes the systemd units
    launchd        the same on macOS
    advice         what the shell has that the service does not have
    steps          what was done, a line each

Only commands that need it import this package.
"""
