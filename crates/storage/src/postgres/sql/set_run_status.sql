UPDATE processing_runs
SET status = $3, leader_epoch = $5, completed_at = CASE WHEN $4 THEN clock_timestamp() END
WHERE run_id = $1 AND status = $2
