-- How many users own how many items, in buckets.
SELECT bucket, users
FROM read_parquet($files)
ORDER BY position
