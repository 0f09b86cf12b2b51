"""Parts of the pages for whoever runs Tally."""
