"""Tests of extender.verbs, and what the tests of whole requests are made with."""
