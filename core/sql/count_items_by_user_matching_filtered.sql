-- How many users own items and match a filter with a text in address or name.
SELECT
    (
        SELECT count(*) FROM read_parquet($files)
        WHERE contains(search, $text)
            AND item_count BETWEEN $least AND $most AND list_contains($active::BOOLEAN[], is_active)
            AND created_at >= $since AND created_at < $until
            AND place NOT IN (SELECT place FROM read_parquet($left))
    ) + (
        SELECT count(*) FROM read_parquet($joined)
        WHERE contains(search, $text)
            AND item_count BETWEEN $least AND $most AND list_contains($active::BOOLEAN[], is_active)
            AND created_at >= $since AND created_at < $until
    ) AS users
