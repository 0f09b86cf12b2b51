"""The web application around the pages: ASGI app, sign-in, API and command line."""
