-- An item counts in a figure: those of one owner, or those created in a time, as asked.
($owner_id::BIGINT IS NULL OR owner_id = $owner_id)
  AND {created_between}
