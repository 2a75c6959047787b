-- With the whole history of attempts, the last one included.
INSERT INTO dead_letter_queue
    (run_id, doc_id, source_name, locator, link_depth, priority, etag, modified_at, size_bytes,
     retry_count, revived_count, worker_id, error_class, error_message, format, fingerprint, attempts, died_at)
SELECT run_id, doc_id, source_name, locator, link_depth, priority, etag, modified_at, size_bytes,
       retry_count, revived_count, worker_id, ?2, ?3, ?4, ?5,
       (SELECT json_group_array(json_object(
                   'attempt', attempt, 'worker_id', worker_id, 'started_at', started_at, 'ended_at', ended_at,
                   'error_class', error_class, 'error_message', error_message) ORDER BY attempt)
        FROM document_attempts
        WHERE document_attempts.queue_id = document_queue.queue_id),
       CAST(unixepoch('subsec') * 1000 AS INTEGER)
FROM document_queue
WHERE queue_id = ?1
