-- The places in the ranking that hold no longer.
SELECT place AS moved FROM read_parquet($files) ORDER BY place
