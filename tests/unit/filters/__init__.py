"""Tests of extender.filters, a file for each of its own."""
