-- Runs whose names begin with $1, the newest of each work.
SELECT DISTINCT ON (fingerprint) run_id, fingerprint
FROM processing_runs
WHERE starts_with(run_id, $1)
ORDER BY fingerprint, generation DESC
LIMIT 10
