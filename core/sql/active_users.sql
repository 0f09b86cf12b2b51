-- The users who own most of what was created in a period, by rank.
SELECT user_id, email, full_name, item_count
FROM read_parquet($files)
WHERE period = $period AND rank <= $most
ORDER BY rank
