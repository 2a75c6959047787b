-- Workers that work on the run $1 or did, $2 at most: those that should be at work first, the most silent ones before all.
SELECT w.worker_id, w.host, w.version,
       -- a worker that went on to another run is done with this one
       CASE WHEN w.status = 'active' AND w.run_id IS DISTINCT FROM $1 THEN 'stopped' ELSE w.status END AS status,
       extract(epoch FROM now() - w.last_heartbeat)::double precision,
       extract(epoch FROM now() - w.started_at)::double precision,
       CASE WHEN w.run_id = $1 THEN w.in_hand ELSE 0 END AS in_hand,
       coalesce(p.ended, 0) AS ended
FROM workers w
LEFT JOIN run_progress p ON p.run_id = $1 AND p.worker_id = w.worker_id
WHERE w.run_id = $1 OR p.worker_id IS NOT NULL
ORDER BY w.status = 'active' AND w.run_id = $1 DESC NULLS LAST, w.last_heartbeat, w.worker_id
LIMIT $2
