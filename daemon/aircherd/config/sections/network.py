"""Read `[network]`: how to connect to providers."""

from pathlib import Path
from typing import Any

from aircherd.config.model import Network
from aircherd.config.problems import ProblemCollector
from aircherd.config.section import Section
from aircherd.config.values import read_download_url, read_file, read_proxy, read_seconds

SECTION = Section(
    "[network]",
    (
        "proxy",
        "ca_file",
        "connect_timeout",
        "first_byte_timeout",
        "idle_timeout",
        "request_timeout",
        "models_dev",
    ),
)


def read_network(report: ProblemCollector, table: dict[str, object], folder: Path) -> Network:
    """Return the section; a relative `ca_file` starts at `folder`."""
    readers = {
        "proxy": read_proxy,
        "ca_file": lambda value: read_file(value, folder),
        "models_dev": read_download_url,
    }
    values: dict[str, Any] = {
        name: report.read(("network", name), value, readers.get(name, read_seconds))
        for name, value in report.known_entries(SECTION, ("network",), table)
    }
    return Network(**values)
