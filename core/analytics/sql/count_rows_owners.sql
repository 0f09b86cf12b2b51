-- How many users own at least one item.
SELECT count(DISTINCT owner_id) AS rows
FROM read_parquet($items)
