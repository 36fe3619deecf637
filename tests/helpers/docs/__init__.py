"""Finds what the pages of the documentation show: commands, configurations and programs."""
