-- Those of a range of ranks who match a filter; what is NULL is not asked for. Other row groups are
-- skipped, so a walk from range to range reads each row once, and needs no list of who matches. Who
-- stayed in the ranking has a place, who joined since has a rank; see `core/analytics/ranking/delta.py`.
SELECT place, NULL::BIGINT AS rank, user_id, email, full_name, is_active, created_at, item_count
FROM read_parquet($files)
WHERE place >= $first AND place <= $last AND NOT list_contains($left::BIGINT[], place)
    AND ($text IS NULL OR contains(search, $text))
    AND ($others IS NULL
        OR len(list_filter($others::VARCHAR[], lambda word: NOT contains(search, word))) = 0)
    AND ($least IS NULL OR item_count >= $least) AND ($most IS NULL OR item_count <= $most)
    AND ($active IS NULL OR is_active = $active)
    AND ($since IS NULL OR created_at >= $since) AND ($until IS NULL OR created_at < $until)
UNION ALL
SELECT NULL, rank, user_id, email, full_name, is_active, created_at, item_count
FROM read_parquet($joined)
WHERE rank > $skip AND rank <= $skip + $limit
    AND ($text IS NULL OR contains(search, $text))
    AND ($others IS NULL
        OR len(list_filter($others::VARCHAR[], lambda word: NOT contains(search, word))) = 0)
    AND ($least IS NULL OR item_count >= $least) AND ($most IS NULL OR item_count <= $most)
    AND ($active IS NULL OR is_active = $active)
    AND ($since IS NULL OR created_at >= $since) AND ($until IS NULL OR created_at < $until)
ORDER BY item_count DESC, user_id
