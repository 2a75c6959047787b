SELECT queue_id, worker_id, abandoned_count + 1
FROM document_queue
WHERE run_id = ?1 AND status = 'processing' AND last_heartbeat <= unixepoch('subsec') * 1000 - ?2
ORDER BY position
