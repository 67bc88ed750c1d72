"""Workers: they take bells from Redis and do what PostgreSQL says is due."""
