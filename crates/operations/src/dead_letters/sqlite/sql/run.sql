-- How far the run is, and the latest generation after it.
SELECT run.status,
       (SELECT later.run_id FROM processing_runs later
        WHERE later.fingerprint = run.fingerprint AND later.generation > run.generation
        ORDER BY later.generation DESC LIMIT 1) AS followed_by
FROM processing_runs run
WHERE run.run_id = ?1
