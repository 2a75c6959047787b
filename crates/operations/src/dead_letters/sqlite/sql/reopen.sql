-- A run that is over is active again: its queue holds documents.
UPDATE processing_runs SET status = 'active', completed_at = NULL WHERE run_id = ?1 AND status <> 'active'
