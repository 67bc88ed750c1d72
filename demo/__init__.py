"""What `make demo` and the tests need around the portal: private servers, accounts, a supervisor."""
