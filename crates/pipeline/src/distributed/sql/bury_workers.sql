-- Workers that have been silent for too long. They come back by themselves if they live after all.
UPDATE workers SET status = 'dead'
WHERE status = 'active' AND last_heartbeat < now() - $1 * interval '1 millisecond'
RETURNING worker_id
