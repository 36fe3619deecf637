"""Carry out a plan: each step can be interrupted and repeated."""
