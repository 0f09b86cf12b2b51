-- Those of the users who own items who have one of some places in the ranking, or one of some ranks
-- among those who were added since; see `core/analytics/ranking/delta.py`.
SELECT place, NULL::BIGINT AS rank, user_id, email, full_name, is_active, created_at, item_count
FROM read_parquet($files)
WHERE place IN (SELECT unnest($places::BIGINT[]))
UNION ALL
SELECT NULL, rank, user_id, email, full_name, is_active, created_at, item_count
FROM read_parquet($added)
WHERE rank IN (SELECT unnest($ranks::BIGINT[]))
ORDER BY item_count DESC, user_id
