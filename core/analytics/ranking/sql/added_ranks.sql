-- The ranks of today of who was added to the ranking since it was written.
SELECT rank FROM read_parquet($files) ORDER BY rank
