"""URLs for `ask -f`: the provider fetches them, so they must be images or PDFs.

The suffix of the path decides which, or a fragment at the end: `#image` or `#pdf`.
"""

from aircher_cli.commands.ask.attachments import NAMED, Part, Piece
from aircher_cli.exit_codes import CommandFailed

FRAGMENTS: dict[str, str] = {"image": "image", "pdf": "document"}
"""Fragment of a URL -> type of its part. It is not sent."""

WEB_PAGE_SUFFIXES = (".html", ".htm", ".xhtml", ".php", ".asp", ".aspx", ".jsp")


def url_pieces(url: str) -> list[Piece]:
    """Return a URL as pieces of a prompt, headed by the URL.

    Raises:
        CommandFailed: a provider cannot fetch it, or it is neither an image nor a PDF.
    """
    check_url(url)
    address, _, fragment = url.partition("#")
    # The query may be a signature, which is of no use to a model.
    label = address.partition("?")[0]
    # Such as ?raw=true, with which GitHub sends the file instead of its page.
    is_raw = "raw=" in address[len(label) :]
    kind = FRAGMENTS.get(fragment.lower()) or _kind_of(label, is_raw=is_raw)
    part: Part = {"type": kind, "url": address if fragment.lower() in FRAGMENTS else url}
    name = label.rpartition("/")[2]
    if kind == "document" and name:
        part["name"] = name
    return [f"{label}:", part]


def check_url(url: str) -> None:
    """Check that a URL is one that a provider can fetch.

    Raises:
        CommandFailed: it is not. The message omits the URL, which may contain a password.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in ("https", "http"):
        raise CommandFailed(f"cannot read {scheme}://...: a URL must begin with https://")
    if not rest or rest[0] in "/?#" or any(letter.isspace() for letter in rest):
        raise CommandFailed(f"cannot send {scheme}://...: a URL must be {scheme}://HOST/PATH")


def _kind_of(label: str, *, is_raw: bool = False) -> str:
    """Return the type of part for a URL without query and fragment.

    Raises:
        CommandFailed: it is neither an image nor a PDF, as far as its suffix tells.
    """
    _, _, path = label.partition("://")[2].partition("/")
    name = path.rpartition("/")[2]
    lower = name.lower()
    if not is_raw and _is_page_about_file(label, name):
        raise CommandFailed(
            f"this is the web page about {name}, not the file itself: pass the file's own address, "
            "to which the page links"
        )
    if lower.endswith(NAMED["an image"]):
        return "image"
    if lower.endswith(NAMED["a PDF"]):
        return "document"
    if lower.endswith(NAMED["sound"]):
        raise CommandFailed(f"{name} by URL: providers fetch no sound; download it: curl -O URL")
    if not name or lower.endswith(WEB_PAGE_SUFFIXES):
        raise CommandFailed(
            f"{name or 'a URL without a file name'} is a web page, and providers fetch only images "
            "and PDFs; send its content: curl -sL URL | aircher-cli ask ..."
        )
    raise CommandFailed(
        f"cannot tell what {name} by URL is, and providers fetch only images and PDFs: add #image "
        "or #pdf to the URL, or send its content: curl -sL URL | aircher-cli ask ..."
    )


def _is_page_about_file(label: str, name: str) -> bool:
    """Tell whether a URL ends like a file, but is a page of a wiki or of a git host about it."""
    if ":" in name and label.endswith(f"/wiki/{name}"):
        return True
    is_github = label.startswith("https://github.com/")
    return "/-/blob/" in label or (is_github and "/blob/" in label)
