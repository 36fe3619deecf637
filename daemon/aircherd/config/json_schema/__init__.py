"""The JSON Schema of the configuration file, for editors and for `config set`.

- `fragments`: short ways to write the schema of one value.
- `entries`: the schema of every entry of every section, with its description.
- `document`: the whole schema, and the part of it that belongs to one entry.

The schema accepts what the readers of `sections` accept, but it cannot express everything that they
refuse, such as a provider that does not exist. The daemon loads it only when it is asked for.
"""
