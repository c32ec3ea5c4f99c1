"""Tests of extender.server, file by file."""
