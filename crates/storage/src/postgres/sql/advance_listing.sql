INSERT INTO discovery_cursors AS c (run_id, source_name, cursor, listed, leader_epoch)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (run_id, source_name) DO UPDATE
SET cursor = excluded.cursor, listed = c.listed + excluded.listed, leader_epoch = excluded.leader_epoch
