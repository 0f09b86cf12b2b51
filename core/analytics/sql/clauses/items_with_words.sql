-- The items that have all words of a search in title, description, or their owner's address or name,
-- and match as in `item_asked`. `search_text` is null where lower case says the same.
WITH owners AS (
    SELECT user_id, {words_missing_in_user} AS missing
    FROM read_parquet($users)
),
known AS (
    SELECT user_id, missing
    FROM owners
    WHERE len(missing) < len($words::VARCHAR[])
)
SELECT item_id
FROM read_parquet($files) AS item
LEFT JOIN known ON owner_id = user_id
WHERE len(list_filter(coalesce(missing, $words::VARCHAR[]), lambda word: NOT contains(
        coalesce(search_text, lower(concat_ws(' ', title, description))), word))) = 0
    AND {item_asked}
