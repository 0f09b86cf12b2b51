-- The ids of the items that match an owner and a time; what is NULL narrows nothing.
SELECT item_id
FROM read_parquet($files)
WHERE ($owner::BIGINT IS NULL OR owner_id = $owner)
    AND ($after::TIMESTAMPTZ IS NULL OR created_at > $after AND created_at <= $until)
ORDER BY item_id
