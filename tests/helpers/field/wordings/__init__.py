"""Errors in the words of many vendors, gateways and servers, by what they mean."""
