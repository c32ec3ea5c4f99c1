"""The cluster inside the package, and a decision on it worked out in full."""
