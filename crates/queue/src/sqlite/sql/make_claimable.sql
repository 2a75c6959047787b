-- A new position: whoever has waited longer comes first.
UPDATE document_queue
SET status = 'pending', position = ?2, scheduled_for = NULL,
    worker_id = NULL, claimed_at = NULL, last_heartbeat = NULL
WHERE queue_id = ?1
