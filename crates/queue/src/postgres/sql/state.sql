SELECT state FROM document_queue_runs WHERE run_id = $1
