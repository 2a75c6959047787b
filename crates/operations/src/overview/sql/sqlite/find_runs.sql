-- Runs whose names begin with ?1, the newest of each work.
SELECT run_id, fingerprint, max(generation)
FROM processing_runs
WHERE substr(run_id, 1, length(?1)) = ?1
GROUP BY fingerprint
ORDER BY fingerprint
LIMIT 10
