-- Position 0 lies before all that is looked at in order.
UPDATE document_queue q
SET status = 'retry', position = 0, retry_count = q.retry_count + 1,
    scheduled_for = now() + later.milliseconds * interval '1 millisecond',
    worker_id = NULL, claimed_at = NULL, last_heartbeat = NULL
FROM unnest($1::bigint[], $2::bigint[]) AS later (queue_id, milliseconds)
WHERE q.queue_id = later.queue_id
