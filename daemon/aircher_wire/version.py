"""The version of the distribution, written down once."""

__version__ = "0.1.0"
