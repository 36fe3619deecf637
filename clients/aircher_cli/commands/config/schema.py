"""`aircher-cli config schema`: prints the JSON Schema of the configuration file."""

import argparse
import os

from aircher_cli.context import Context
from aircher_cli.exit_codes import OK, CommandFailed
from aircher_cli.parser import Parser, make_parser, non_empty_name
from aircher_cli.render.layout import paragraph
from aircher_cli.values import text
from aircher_wire import methods

EXAMPLES = """
aircher-cli config schema -o ~/.aircher/config.schema.json
aircher-cli config schema | jq '.properties.network.properties'
"""

SCHEMA_FILE = "config.schema.json"
SCHEMA_LINE = f"#:schema ./{SCHEMA_FILE}"
"""The first line of a configuration for editors: taplo, tombi and what is built on them."""


def build_parser() -> Parser:
    """Return the parser of `config schema`."""
    parser = make_parser(
        "config schema",
        "Print the JSON Schema of the configuration file. With it, editors with a language server "
        f"for TOML complete and check the file: write the schema to {SCHEMA_FILE} beside it, and "
        f"make `{SCHEMA_LINE}` its first line. `config edit` does both for a new file.",
        EXAMPLES,
    )
    parser.add_argument(
        "-o", "--output", type=non_empty_name, metavar="FILE", help="write it to this file"
    )
    parser.add_argument("--json", action="store_true", help="no effect: the schema is JSON")
    return parser


def run(context: Context, options: argparse.Namespace) -> int:
    """Print or write the schema.

    Raises:
        CommandFailed: the file cannot be written.
    """
    schema = read_schema(context)
    if options.output is None:
        context.console.write(schema)
        return OK
    try:
        write_schema(options.output, schema)
    except OSError as error:
        raise CommandFailed(f"cannot write {options.output}: {error.strerror}") from None
    hint = (
        f"✓ wrote {options.output}; in a file beside it, the first line must be: "
        f"#:schema ./{os.path.basename(options.output)}"  # noqa: PTH119 - no pathlib for one name
    )
    for line in paragraph(hint, context.console.width, hang="  ", style="good"):
        context.console.styled(line)
    return OK


def read_schema(context: Context) -> str:
    """Return the schema of the daemon."""
    with context.connect() as client:
        return text(client.call(methods.CONFIG_SCHEMA).get("schema"))


def write_schema(path: str, schema: str) -> None:
    """Replace the file at `path` in one step. Its directory must exist.

    Raises:
        OSError: it cannot be written.
    """
    from pathlib import Path  # noqa: PLC0415 -- slow to import, and printing needs none

    from aircher_wire.atomic_file import write_user_file  # noqa: PLC0415 -- likewise

    Path(path).parent.stat()  # one that is missing may be a typing error
    write_user_file(Path(path), schema.encode(), mode=0o644)
