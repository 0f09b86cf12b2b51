"""Parts of the analytics pages."""
