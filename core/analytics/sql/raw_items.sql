-- The items in a range of ids, or only those with certain ids in it, with their owners' addresses.
SELECT item.*, owner.email AS owner_email
FROM (
    FROM read_parquet($files)
    WHERE item_id BETWEEN $first AND $last
    AND ($ids IS NULL OR item_id IN (SELECT unnest($ids::BIGINT[])))
) AS item
LEFT JOIN read_parquet($users) AS owner ON owner.user_id = item.owner_id
ORDER BY item_id
