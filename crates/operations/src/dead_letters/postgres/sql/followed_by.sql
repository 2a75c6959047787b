SELECT later.run_id
FROM processing_runs run
JOIN processing_runs later ON later.fingerprint = run.fingerprint AND later.generation > run.generation
WHERE run.run_id = $1
ORDER BY later.generation DESC
LIMIT 1
