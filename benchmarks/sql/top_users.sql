-- The ten users who own the most items, as a plain query.
SELECT u.id AS user_id, u.email, u.full_name, count(*) AS item_count
FROM item AS i
JOIN "user" AS u ON u.id = i.owner_id
GROUP BY u.id
ORDER BY item_count DESC, u.id
LIMIT 10
