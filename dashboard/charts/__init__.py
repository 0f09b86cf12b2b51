"""Charts: pure functions from a table to a Vega-Lite specification."""
