-- The ranks of the owners of what was created in a period who match a filter; what is NULL is not
-- asked for, see `matching_owners.sql`.
WITH matching AS (
    SELECT user_id
    FROM read_parquet($files)
    WHERE ($text IS NULL OR contains(search, $text))
        AND ($others IS NULL
            OR len(list_filter($others::VARCHAR[], lambda word: NOT contains(search, word))) = 0)
        AND ($active IS NULL OR is_active = $active)
        AND ($since IS NULL OR created_at >= $since) AND ($until IS NULL OR created_at < $until)
        AND place NOT IN (SELECT place FROM read_parquet($left))
    UNION ALL
    SELECT user_id
    FROM read_parquet($joined)
    WHERE ($text IS NULL OR contains(search, $text))
        AND ($others IS NULL
            OR len(list_filter($others::VARCHAR[], lambda word: NOT contains(search, word))) = 0)
        AND ($active IS NULL OR is_active = $active)
        AND ($since IS NULL OR created_at >= $since) AND ($until IS NULL OR created_at < $until)
)
SELECT rank
FROM read_parquet($recent)
JOIN matching USING (user_id)
WHERE period = $period
    AND ($least IS NULL OR item_count >= $least) AND ($most IS NULL OR item_count <= $most)
