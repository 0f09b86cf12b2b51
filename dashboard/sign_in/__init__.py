"""Sign-in and sign-out: the form, single sign-on, and the routes of both."""
