"""The page of `aircherd`.

It is in section 1, where Debian has daemons that each user runs (gpg-agent, dbus-daemon, mpd);
section 8 is for programs of the administrator.
"""

from aircherd.__main__ import EXIT_CODES, command_line_parser
from manpages import roff
from manpages.environment import environment_section, files_section
from manpages.markdown import blocks, find_section
from manpages.options import option_sections, synopsis
from manpages.roff import Page, Reference

SUMMARY = "hold API keys, and call language-model providers for all tools of a user"


def daemon_page() -> Page:
    """Return the page: options, signals, exit codes, the service, files."""
    parser = command_line_parser()
    codes = (roff.item(roff.bold(str(code)), roff.escape(why)) for code, why in EXIT_CODES.items())
    parts = [
        roff.name_section("aircherd", SUMMARY),
        roff.heading("synopsis"),
        synopsis(parser),
        roff.heading("description"),
        roff.lead(roff.escape(parser.description or "")),
        roff.paragraph(roff.escape(parser.epilog or "")),
        option_sections(parser, level="SH"),
        roff.heading("running"),
        blocks(find_section("cli.md", "The daemon").lines),
        roff.heading("with systemd"),
        blocks(find_section("service.md", "How the daemon and systemd work together").lines),
        roff.heading("exit status"),
        *codes,
        environment_section(),
        files_section(),
        roff.see_also(
            Reference("aircher-cli"),
            Reference("aircher-cli-daemon"),
            Reference("aircher-config", 5),
            Reference("systemctl"),
        ),
    ]
    return Page("aircherd", 1, "".join(parts))
