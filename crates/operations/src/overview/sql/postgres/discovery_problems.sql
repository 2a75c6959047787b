SELECT source_name, locator, message FROM discovery_problems WHERE run_id = $1 LIMIT $2
