DELETE FROM document_queue WHERE queue_id = ANY ($1)
