-- How many items have all words of a search in title, description, or their owner's address or name,
-- and match as in count_raw_items. `search_text` is null where lower case says the same.
WITH owners AS (
    SELECT user_id, list_filter($words::VARCHAR[], lambda word: NOT contains(
        coalesce(search_text, lower(concat_ws(' ', email, full_name))), word)) AS missing
    FROM read_parquet($users)
),
known AS (
    SELECT user_id, missing
    FROM owners
    WHERE len(missing) < len($words::VARCHAR[])
)
SELECT count(*) AS items
FROM read_parquet($files) AS item
LEFT JOIN known ON owner_id = user_id
WHERE len(list_filter(coalesce(missing, $words::VARCHAR[]), lambda word: NOT contains(
        coalesce(search_text, lower(concat_ws(' ', title, description))), word))) = 0
    AND ($owner::BIGINT IS NULL OR owner_id = $owner)
    AND ($after::TIMESTAMPTZ IS NULL OR created_at > $after AND created_at <= $until)
