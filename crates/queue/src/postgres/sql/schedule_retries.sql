UPDATE document_queue q
SET status = 'retry', retry_count = q.retry_count + 1,
    scheduled_for = now() + later.milliseconds * interval '1 millisecond',
    worker_id = NULL, claimed_at = NULL, last_heartbeat = NULL
FROM unnest($1::bigint[], $2::bigint[]) AS later (queue_id, milliseconds)
WHERE q.queue_id = later.queue_id
