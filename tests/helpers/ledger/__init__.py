"""Ledgers with known attempts, and processes that are killed while they write one."""
