-- An item has an owner, and was created in a time, as asked; what is NULL narrows nothing.
($owner::BIGINT IS NULL OR owner_id = $owner)
    AND {created_after}
