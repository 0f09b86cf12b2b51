-- How many users own something that was created in a period.
SELECT coalesce(max(rank), 0) AS users
FROM read_parquet($recent)
WHERE period = $period
