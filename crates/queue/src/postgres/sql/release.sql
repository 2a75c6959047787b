-- A new position: whoever has waited longer comes first.
UPDATE document_queue q
SET status = 'pending', position = nextval('document_queue_positions'),
    worker_id = NULL, claimed_at = NULL, last_heartbeat = NULL
FROM unnest($1::bigint[], $2::integer[]) AS fence (queue_id, attempt)
WHERE q.queue_id = fence.queue_id AND q.attempt = fence.attempt AND q.status = 'processing'
RETURNING q.queue_id, q.attempt
