"""Use cases: one verb, one function, one transaction. No request, no session cookie."""
