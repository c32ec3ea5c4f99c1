"""The use cases, a file each."""
