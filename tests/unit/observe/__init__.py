"""Tests of extender.observe, a file for each of its own."""
