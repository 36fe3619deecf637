"""The ledger: a SQLite file with a row for every attempt, written by one thread."""
