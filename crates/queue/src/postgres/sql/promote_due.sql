-- Retries whose time has come join the others, each at the end of its priority.
WITH due AS MATERIALIZED (
    SELECT queue_id FROM document_queue
    WHERE run_id = $1 AND scheduled_for <= now() AND status = 'retry'
    ORDER BY scheduled_for
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE document_queue q
SET status = 'pending', position = nextval('document_queue_positions'), scheduled_for = NULL
FROM due
WHERE q.queue_id = due.queue_id
