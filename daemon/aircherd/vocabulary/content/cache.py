"""Marks for the providers' prompt caches."""

from typing import Literal

CacheMark = bool | Literal["1h"]
"""Everything up to here may be kept by the provider: True for its usual time, or an hour.

Vendors that cache by themselves need no marks, and get none.
"""
