-- The same ten, rewritten so that PostgreSQL counts in an index and joins only ten rows.
SELECT u.id AS user_id, u.email, u.full_name, top.item_count
FROM (
    SELECT owner_id, count(*) AS item_count
    FROM item
    GROUP BY owner_id
    ORDER BY item_count DESC, owner_id
    LIMIT 10
) AS top
JOIN "user" AS u ON u.id = top.owner_id
ORDER BY top.item_count DESC, u.id
