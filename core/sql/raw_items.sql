-- The next items of a part of the table, by id; those whose title contains a text, whatever its
-- case, or that a certain user owns.
SELECT item_id, owner_id, title, description, created_at
FROM read_parquet($files)
WHERE item_id > $after
    AND ($text = '' OR contains(lower(title), $text) OR owner_id = $owner)
ORDER BY item_id
LIMIT $limit
