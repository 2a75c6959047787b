INSERT INTO document_queue_runs (run_id, state) VALUES ($1, $2)
ON CONFLICT (run_id) DO UPDATE SET state = excluded.state
