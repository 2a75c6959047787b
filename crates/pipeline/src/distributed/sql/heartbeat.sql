-- One statement says that the worker lives, and hears whether there is
-- anything to do: an idle worker asks nothing else.
UPDATE workers
SET last_heartbeat = now(), status = 'active', run_id = $4, in_hand = $5,
    backend_pid = $6, backend_start = $7
WHERE worker_id = $1 AND instance_id = $2
RETURNING
    (SELECT run_id || E'\t' || status FROM processing_runs
     WHERE fingerprint = $3 ORDER BY generation DESC LIMIT 1) AS latest_run,
    -- beyond the marks, so that it does not walk over what is gone
    $5 = 0 AND $4 IS NOT NULL AND (
        EXISTS (SELECT 1 FROM document_queue q
                WHERE q.run_id = $4 AND q.status = 'pending' AND q.priority = 1 AND q.position >
                    COALESCE((SELECT normal_mark FROM document_queue_runs WHERE run_id = $4), 0))
        OR EXISTS (SELECT 1 FROM document_queue q
                WHERE q.run_id = $4 AND q.status = 'pending' AND q.priority = 2 AND q.position >
                    COALESCE((SELECT high_mark FROM document_queue_runs WHERE run_id = $4), 0))
        OR EXISTS (SELECT 1 FROM document_queue q
                WHERE q.run_id = $4 AND q.status = 'pending' AND q.priority = 0 AND q.position >
                    COALESCE((SELECT low_mark FROM document_queue_runs WHERE run_id = $4), 0))
        OR EXISTS (SELECT 1 FROM document_queue q
                WHERE q.run_id = $4 AND q.scheduled_for <= now())
    ) AS has_claimable
