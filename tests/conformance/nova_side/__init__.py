"""What runs in Nova's own environment: it knows Nova and the neutral form, not the extender."""
