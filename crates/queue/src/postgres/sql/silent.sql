-- Claims whose worker has been silent for $2 milliseconds. What is locked is being ended at this moment.
SELECT queue_id, doc_id, source_name, COALESCE(worker_id, '') AS worker_id, retry_count, abandoned_count
FROM document_queue
WHERE run_id = $1 AND status = 'processing' AND last_heartbeat <= now() - $2 * interval '1 millisecond'
ORDER BY queue_id
FOR UPDATE SKIP LOCKED
