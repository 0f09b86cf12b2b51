-- The ids of the users who have all words of a search; see count_matching_users.
SELECT user_id
FROM read_parquet($files)
WHERE len(list_filter($words::VARCHAR[], lambda word: NOT contains(
        coalesce(search_text, lower(concat_ws(' ', email, full_name))), word))) = 0
    AND ($active::BOOLEAN IS NULL OR is_active = $active)
    AND ($after::TIMESTAMPTZ IS NULL OR created_at > $after AND created_at <= $until)
ORDER BY user_id
