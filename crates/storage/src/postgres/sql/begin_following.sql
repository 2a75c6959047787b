-- Following that has begun goes on: the first time stays.
INSERT INTO discovery_cursors AS c (run_id, source_name, following_since, leader_epoch)
VALUES ($1, $2, clock_timestamp(), $3)
ON CONFLICT (run_id, source_name) DO UPDATE
SET following_since = coalesce(c.following_since, excluded.following_since), leader_epoch = excluded.leader_epoch
