"""What the picker shows, as data: plain functions of what the daemon said."""
