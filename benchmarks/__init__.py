"""Benchmarks of Tally's refresh, pages, downloads and API, and of the alternatives to them."""
