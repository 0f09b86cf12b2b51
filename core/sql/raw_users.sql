-- The users in a range of ids whose address or name contains a text, whatever its case.
SELECT user_id, email, full_name, is_active, is_superuser, created_at
FROM read_parquet($files)
WHERE user_id BETWEEN $first AND $last
    AND ($text = '' OR contains(lower(email), $text) OR contains(lower(full_name), $text))
ORDER BY user_id
