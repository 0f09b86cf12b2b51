-- The places in the ranking that hold no longer.
SELECT place FROM read_parquet($files) ORDER BY place
