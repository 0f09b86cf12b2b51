-- How many users own exactly that many items, most items first, without users who own none.
SELECT item_count, users
FROM read_parquet($files)
WHERE item_count > 0
ORDER BY item_count DESC
