-- How many users and items were created in each quarter of an hour; those without any are absent.
SELECT quarter, users, items
FROM read_parquet($files)
ORDER BY quarter
