-- How many users match a search.
SELECT count(*) AS users
FROM ({users_with_words})
