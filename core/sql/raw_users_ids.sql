-- The ids of the users whose address or name contains a text, whatever its case.
SELECT user_id
FROM read_parquet($files)
WHERE $text = '' OR contains(lower(email), $text) OR contains(lower(full_name), $text)
ORDER BY user_id
