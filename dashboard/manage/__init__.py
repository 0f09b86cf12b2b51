"""Components of the pages that manage users and items."""
