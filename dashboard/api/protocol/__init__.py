"""What all routes of the API share: bodies, lists, versions, errors and rate limits."""
