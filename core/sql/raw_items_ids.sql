-- The ids of the items that match; see count_raw_items.
SELECT item_id
FROM read_parquet($files)
WHERE ($text = '' OR contains(lower(title), $text) OR owner_id = $found_owner)
    AND ($owner::BIGINT IS NULL OR owner_id = $owner)
    AND ($after::TIMESTAMPTZ IS NULL OR created_at > $after AND created_at <= $until)
ORDER BY item_id
