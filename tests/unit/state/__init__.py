"""Tests of extender.state."""
