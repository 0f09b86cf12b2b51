-- The words of a search that neither a user's address nor name has. `search_text` is null where
-- lower case says the same.
list_filter($words::VARCHAR[], lambda word: NOT contains(
    coalesce(search_text, lower(concat_ws(' ', email, full_name))), word))
