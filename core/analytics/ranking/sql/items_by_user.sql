-- A page of the users who own items. The ranking is sorted by place, so other row groups are
-- skipped; `$removed` are the places in the range that hold no longer, and `$added` has the rows that
-- came since, with their ranks.
WITH page AS (
    SELECT user_id, email, full_name, is_active, created_at, item_count
    FROM read_parquet($files)
    WHERE place >= $first AND place <= $last AND NOT list_contains($removed::BIGINT[], place)
    UNION ALL
    SELECT user_id, email, full_name, is_active, created_at, item_count
    FROM read_parquet($added)
    WHERE rank > $skip AND rank <= $skip + $limit
)
SELECT
    $skip + row_number() OVER (ORDER BY item_count DESC, user_id) AS rank,
    user_id, email, full_name, is_active, created_at, item_count
FROM page
ORDER BY rank
