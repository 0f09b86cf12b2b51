-- The users who own most items.
SELECT user_id, email, full_name, item_count
FROM read_parquet($files)
WHERE rank <= $limit
ORDER BY rank
