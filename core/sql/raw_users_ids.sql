-- The ids of the users who match; see count_raw_users.
SELECT user_id
FROM read_parquet($files)
WHERE ($text = '' OR contains(lower(email), $text) OR contains(lower(full_name), $text))
    AND ($active::BOOLEAN IS NULL OR is_active = $active)
    AND ($after::TIMESTAMPTZ IS NULL OR created_at > $after AND created_at <= $until)
ORDER BY user_id
