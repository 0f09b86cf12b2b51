-- The items in a range of ids whose title contains a text, whatever its case, or that a certain user
-- owns.
SELECT item_id, owner_id, title, description, created_at
FROM read_parquet($files)
WHERE item_id BETWEEN $first AND $last
    AND ($text = '' OR contains(lower(title), $text) OR owner_id = $owner)
ORDER BY item_id
