-- Claims of one worker. What is locked is being ended at this moment.
SELECT queue_id, doc_id, source_name, COALESCE(worker_id, '') AS worker_id, retry_count, abandoned_count
FROM document_queue
WHERE run_id = $1 AND status = 'processing' AND worker_id = $2
ORDER BY queue_id
FOR UPDATE SKIP LOCKED
