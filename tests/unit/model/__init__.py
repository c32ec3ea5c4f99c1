"""Tests of extender.model, a file for each of its own."""
