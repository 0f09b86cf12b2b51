-- How many users own exactly so many items, most items first; those with none are left out.
SELECT item_count, users
FROM read_parquet($files)
WHERE item_count > 0
ORDER BY item_count DESC
