UPDATE document_queue
SET status = 'retry', retry_count = retry_count + 1,
    scheduled_for = CAST(unixepoch('subsec') * 1000 AS INTEGER) + ?2,
    worker_id = NULL, claimed_at = NULL, last_heartbeat = NULL
WHERE queue_id = ?1
