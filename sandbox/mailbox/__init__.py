"""A mail server that keeps every mail to itself and shows it on a page."""
