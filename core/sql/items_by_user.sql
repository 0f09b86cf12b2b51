-- A page of the users who own items, by rank; the view is sorted, so other row groups are skipped.
SELECT rank, user_id, email, full_name, is_active, created_at, item_count
FROM read_parquet($files)
WHERE rank > $skip AND rank <= $skip + $limit
ORDER BY rank
