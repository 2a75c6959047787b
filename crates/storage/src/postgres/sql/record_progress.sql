INSERT INTO run_progress AS p (run_id, worker_id, enqueued, ended)
VALUES ($1, $2, $3, $4)
ON CONFLICT (run_id, worker_id) DO UPDATE
SET enqueued = p.enqueued + excluded.enqueued, ended = p.ended + excluded.ended
