-- The items in a range of ids that match, with the addresses of their owners; see count_raw_items.
SELECT item.*, owner.email AS owner_email
FROM (
    FROM read_parquet($files)
    WHERE item_id BETWEEN $first AND $last
    AND ($text = '' OR contains(lower(title), $text) OR owner_id = $found_owner)
    AND ($owner::BIGINT IS NULL OR owner_id = $owner)
    AND ($after::TIMESTAMPTZ IS NULL OR created_at > $after AND created_at <= $until)
) AS item
LEFT JOIN read_parquet($users) AS owner ON owner.user_id = item.owner_id
ORDER BY item_id
