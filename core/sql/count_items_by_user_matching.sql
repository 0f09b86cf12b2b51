-- How many users own items and have a text in their address or name, whatever its case.
SELECT
    (
        SELECT count(*) FROM read_parquet($files)
        WHERE contains(search, $text) AND place NOT IN (SELECT place FROM read_parquet($left))
    ) + (
        SELECT count(*) FROM read_parquet($joined) WHERE contains(search, $text)
    ) AS users
