UPDATE processing_runs
SET status = ?2,
    completed_at = CASE WHEN ?3 THEN CAST(unixepoch('subsec') * 1000 AS INTEGER) END
WHERE run_id = ?1
