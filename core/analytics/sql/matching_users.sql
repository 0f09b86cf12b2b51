-- The ids of the users who match a search.
{users_with_words}
ORDER BY user_id
