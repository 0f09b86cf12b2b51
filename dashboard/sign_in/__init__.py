"""The ways in: the sign-in form and single sign-on."""
