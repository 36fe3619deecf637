"""Draws the picker with Textual. No other package imports it."""
