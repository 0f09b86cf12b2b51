-- Those of a range of ranks who match a filter. Other row groups are skipped, so a walk from range to
-- range reads each row once, where pages look through all of them anew. Who stayed in the ranking
-- has a place, who joined since has a rank; see `core/ranks.py`.
SELECT place, NULL::BIGINT AS rank, user_id, email, full_name, is_active, created_at, item_count
FROM read_parquet($files)
WHERE place >= $first AND place <= $last AND NOT list_contains($left::BIGINT[], place)
    AND contains(search, $text)
    AND item_count BETWEEN $least AND $most AND list_contains($active::BOOLEAN[], is_active)
    AND created_at >= $since AND created_at < $until
UNION ALL
SELECT NULL, rank, user_id, email, full_name, is_active, created_at, item_count
FROM read_parquet($joined)
WHERE rank > $skip AND rank <= $skip + $limit
    AND contains(search, $text)
    AND item_count BETWEEN $least AND $most AND list_contains($active::BOOLEAN[], is_active)
    AND created_at >= $since AND created_at < $until
ORDER BY item_count DESC, user_id
