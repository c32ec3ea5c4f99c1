"""Cases, each from a seed and a number alone, near the edges of Nova's filters and weighers."""
