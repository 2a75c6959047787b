INSERT INTO discovery_cursors (run_id, source_name, finished_at, leader_epoch)
VALUES ($1, $2, clock_timestamp(), $3)
ON CONFLICT (run_id, source_name) DO UPDATE
SET finished_at = excluded.finished_at, leader_epoch = excluded.leader_epoch
