-- How many users have all words of a search in address or name, and match as in count_raw_users.
-- `search_text` is null where lower case says the same.
SELECT count(*) AS users
FROM read_parquet($files)
WHERE len(list_filter($words::VARCHAR[], lambda word: NOT contains(
        coalesce(search_text, lower(concat_ws(' ', email, full_name))), word))) = 0
    AND ($active::BOOLEAN IS NULL OR is_active = $active)
    AND ($after::TIMESTAMPTZ IS NULL OR created_at > $after AND created_at <= $until)
