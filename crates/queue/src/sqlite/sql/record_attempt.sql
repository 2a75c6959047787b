INSERT INTO document_attempts (queue_id, attempt, worker_id, started_at, ended_at, error_class, error_message)
SELECT queue_id, attempt, worker_id, claimed_at, CAST(unixepoch('subsec') * 1000 AS INTEGER), ?2, ?3
FROM document_queue
WHERE queue_id = ?1
