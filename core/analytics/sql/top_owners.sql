-- The first hundred owners of items created in a period, by rank.
SELECT rank, user_id, email, full_name, is_active, item_count
FROM read_parquet($files)
WHERE period = $period
ORDER BY rank
