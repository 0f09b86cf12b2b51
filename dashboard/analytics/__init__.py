"""Components of the analytics pages."""
