-- The ids of the items that match a search.
{items_with_words}
ORDER BY item_id
