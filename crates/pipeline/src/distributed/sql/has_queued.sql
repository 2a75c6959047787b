SELECT EXISTS (SELECT 1 FROM document_queue WHERE run_id = $1)
