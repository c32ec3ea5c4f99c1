"""Kubernetes objects to Nova's: Node → HostState, Pod → RequestSpec. Pure: no clock, no network."""
