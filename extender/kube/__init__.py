"""The API server, live or captured in a file; knows nothing of the rest of the house."""
