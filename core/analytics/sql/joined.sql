-- The ranks of those who joined the ranking since it was written.
SELECT rank AS moved FROM read_parquet($files) ORDER BY rank
