SELECT status FROM processing_runs WHERE run_id = $1
