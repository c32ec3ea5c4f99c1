"""Tests of extender.kube against real HTTP."""
