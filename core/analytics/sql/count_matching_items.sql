-- How many items match a search.
SELECT count(*) AS items
FROM ({items_with_words})
