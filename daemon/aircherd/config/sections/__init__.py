"""One module per `[section]` of the file: its names, and how to read its entries.

`SECTION` is the table of names, `read_...` returns the section's part of `Config`. `top_level`
calls them in order. `headers` reads a table within `[providers.NAME]`.
"""
