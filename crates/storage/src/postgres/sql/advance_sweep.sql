UPDATE discovery_cursors
SET swept_to = coalesce($3, swept_to), swept_at = CASE WHEN $3::bigint IS NULL THEN clock_timestamp() END, leader_epoch = $4
WHERE run_id = $1 AND source_name = $2
