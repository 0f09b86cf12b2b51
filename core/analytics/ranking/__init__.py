"""Users ranked by items owned: pages, searches and changes of a ranking that is not rewritten."""
