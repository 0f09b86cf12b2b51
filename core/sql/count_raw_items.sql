-- How many items match: their title contains a text, whatever its case, or a found owner has them.
-- An owner and a time narrow that; what is NULL narrows nothing.
SELECT count(*) AS items
FROM read_parquet($files)
WHERE ($text = '' OR contains(lower(title), $text) OR owner_id = $found_owner)
    AND ($owner::BIGINT IS NULL OR owner_id = $owner)
    AND ($after::TIMESTAMPTZ IS NULL OR created_at > $after AND created_at <= $until)
