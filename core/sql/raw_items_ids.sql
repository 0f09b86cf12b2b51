-- The ids of the items whose title contains a text, whatever its case, or that a certain user owns.
SELECT item_id
FROM read_parquet($files)
WHERE $text = '' OR contains(lower(title), $text) OR owner_id = $owner
ORDER BY item_id
