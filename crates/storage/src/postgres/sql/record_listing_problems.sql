INSERT INTO discovery_problems (run_id, source_name, locator, message)
SELECT $1, $2, problem.locator, problem.message
FROM unnest($3::text[], $4::text[]) AS problem (locator, message)
