-- The users that a figure counts: active ones alone, or those created in a time, as asked.
-- What is NULL narrows nothing; the time includes its beginning and not its end.
SELECT user_id AS id, email, full_name, is_active, created_at
FROM read_parquet($files)
WHERE {figure_of_users}
ORDER BY user_id
LIMIT $limit
