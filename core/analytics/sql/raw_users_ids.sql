-- The ids of the users who match: being active and a time; what is NULL narrows nothing.
SELECT user_id
FROM read_parquet($files)
WHERE ($active::BOOLEAN IS NULL OR is_active = $active)
    AND ($after::TIMESTAMPTZ IS NULL OR created_at > $after AND created_at <= $until)
ORDER BY user_id
