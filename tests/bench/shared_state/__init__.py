"""Benchmark of limits that a fleet shares, beside limits of one machine."""
