-- Retries that are due, the longest waiting first.
SELECT queue_id
FROM document_queue
WHERE run_id = ?1 AND status = 'retry' AND scheduled_for <= unixepoch('subsec') * 1000
ORDER BY scheduled_for
LIMIT ?2
