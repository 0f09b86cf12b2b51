"""The shell that all pages share: the ASGI app, sign-in, API and command line."""
