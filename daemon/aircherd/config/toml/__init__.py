"""TOML: parse within limits, and find the line of every entry."""
