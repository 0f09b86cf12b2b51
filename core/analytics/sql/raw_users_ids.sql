-- The ids of the users who match: being active and a time; what is NULL narrows nothing.
SELECT user_id
FROM read_parquet($files)
WHERE {user_asked}
ORDER BY user_id
