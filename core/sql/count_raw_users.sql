-- How many users match: their address or name contains a text, whatever its case. Being active and
-- a time narrow that; what is NULL narrows nothing.
SELECT count(*) AS users
FROM read_parquet($files)
WHERE ($text = '' OR contains(lower(email), $text) OR contains(lower(full_name), $text))
    AND ($active::BOOLEAN IS NULL OR is_active = $active)
    AND ($after::TIMESTAMPTZ IS NULL OR created_at > $after AND created_at <= $until)
