-- A name is taken while the process that has it lives: its heartbeats are
-- fresh, and the server still lists the session by which it hears notifications.
-- (The new one's is told with a heartbeat, once it has heard something by it.)
INSERT INTO workers AS known (worker_id, instance_id, host, process_id, version)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (worker_id) DO UPDATE SET
    instance_id = excluded.instance_id, run_id = NULL, host = excluded.host, process_id = excluded.process_id,
    version = excluded.version, status = 'active', started_at = now(), last_heartbeat = now(), in_hand = 0,
    backend_pid = NULL, backend_start = NULL
WHERE known.status <> 'active'
   OR known.last_heartbeat < now() - $6 * interval '1 millisecond'
   OR (known.backend_pid IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM pg_stat_activity session
           WHERE session.pid = known.backend_pid
             -- it is not shown to other roles
             AND COALESCE(session.backend_start, known.backend_start) = known.backend_start))
RETURNING worker_id
