"""What each tool understands: variables, arguments and files that lead it to aircher.

Facts, with the version that each was tried with, are in docs/tools.md.
"""
