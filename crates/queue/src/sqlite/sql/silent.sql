SELECT queue_id, doc_id, source_name, worker_id, retry_count, abandoned_count
FROM document_queue
WHERE run_id = ?1 AND status = 'processing' AND last_heartbeat <= unixepoch('subsec') * 1000 - ?2
ORDER BY position
