"""Tests of extender.protocol, file by file."""
