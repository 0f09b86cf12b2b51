-- How many users match: being active and a time; what is NULL narrows nothing.
SELECT count(*) AS users
FROM read_parquet($files)
WHERE ($active::BOOLEAN IS NULL OR is_active = $active)
    AND ($after::TIMESTAMPTZ IS NULL OR created_at > $after AND created_at <= $until)
