"""Tests of extender.weighers, a file for each of its own."""
