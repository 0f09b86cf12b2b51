-- The users who own at least one item.
SELECT user_id AS id, email, full_name, is_active, created_at
FROM read_parquet($files)
WHERE user_id IN (SELECT owner_id FROM read_parquet($items))
ORDER BY user_id
LIMIT $limit
