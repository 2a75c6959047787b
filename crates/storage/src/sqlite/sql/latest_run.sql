SELECT run_id, generation, status
FROM processing_runs
WHERE fingerprint = ?1
ORDER BY generation DESC
LIMIT 1
