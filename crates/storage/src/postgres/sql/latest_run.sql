SELECT run_id, generation, status,
       extract(epoch FROM clock_timestamp() - completed_at)::double precision AS ended_ago
FROM processing_runs
WHERE fingerprint = $1
ORDER BY generation DESC
LIMIT 1
