-- Those of a range of ranks who match a filter. Other row groups are skipped, so a walk from range to
-- range reads each row once, and needs no list of who matches. Who kept a place in the ranking has
-- that, who was added since has a rank; see `core/analytics/ranking/delta.py`.
SELECT place, NULL::BIGINT AS rank, user_id, email, full_name, is_active, created_at, item_count
FROM read_parquet($files)
WHERE place >= $first AND place <= $last AND NOT list_contains($removed::BIGINT[], place)
    AND {person_matches}
    AND {count_matches}
UNION ALL
SELECT NULL, rank, user_id, email, full_name, is_active, created_at, item_count
FROM read_parquet($added)
WHERE rank > $skip AND rank <= $skip + $limit
    AND {person_matches}
    AND {count_matches}
ORDER BY item_count DESC, user_id
