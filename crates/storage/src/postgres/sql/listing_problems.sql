SELECT locator, message
FROM discovery_problems
WHERE run_id = $1
ORDER BY source_name COLLATE "C", locator COLLATE "C"
LIMIT $2
