"""Tests of extender.scheduler."""
