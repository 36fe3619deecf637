"""The vendors' errors: one table for each."""
