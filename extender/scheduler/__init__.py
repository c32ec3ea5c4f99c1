"""Nova's scheduler: filter, weigh, select destinations."""
