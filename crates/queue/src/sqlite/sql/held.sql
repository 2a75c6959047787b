SELECT retry_count, worker_id, claimed_at
FROM document_queue
WHERE queue_id = ?1 AND attempt = ?2 AND status = 'processing'
