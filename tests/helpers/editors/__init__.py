"""Starts real editors without a screen."""
