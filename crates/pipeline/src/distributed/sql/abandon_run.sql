UPDATE processing_runs SET status = 'abandoned', completed_at = now()
WHERE run_id = $1 AND status NOT IN ('completed', 'failed', 'abandoned')
