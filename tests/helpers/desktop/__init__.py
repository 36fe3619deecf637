"""The desktop of a test: what shows notifications on its session bus."""
