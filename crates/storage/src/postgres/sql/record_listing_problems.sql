INSERT INTO discovery_problems (run_id, source_name, locator, message, hides_source)
SELECT $1, $2, problem.locator, problem.message, problem.hides_source
FROM unnest($3::text[], $4::text[], $5::boolean[]) AS problem (locator, message, hides_source)
