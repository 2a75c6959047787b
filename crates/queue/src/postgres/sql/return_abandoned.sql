UPDATE document_queue
SET status = 'pending', position = nextval('document_queue_positions'), abandoned_count = abandoned_count + 1,
    worker_id = NULL, claimed_at = NULL, last_heartbeat = NULL
WHERE queue_id = ANY ($1)
