"""Models as text: `table` shows many, `details` one in full."""
