"""The extender's wire types: requests in, replies out. A leaf that knows nothing of the rest."""
