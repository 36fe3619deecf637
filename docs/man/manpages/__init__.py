"""Makes the manual pages from the program itself and from the pages in `docs`.

`roff` writes the markup of man(7), `markdown` turns a page of `docs` into it, and `program`,
`daemon` and `configuration` each make pages. `all_pages` has them all.
"""

from manpages.configuration import configuration_page
from manpages.daemon import daemon_page
from manpages.program import command_pages, program_page
from manpages.roff import Page


def all_pages() -> list[Page]:
    """Return every manual page."""
    return [program_page(), *command_pages(), daemon_page(), configuration_page()]
