-- Marks what is still held as alive, and returns the fences that are not
-- current any more. A row that is locked is being ended, or marked, right now:
-- waiting for it could make two transactions wait for each other.
WITH held AS MATERIALIZED (
    SELECT q.queue_id
    FROM unnest($1::bigint[], $2::integer[]) AS fence (queue_id, attempt)
    JOIN document_queue q ON q.queue_id = fence.queue_id AND q.attempt = fence.attempt
    WHERE q.status = 'processing'
    FOR UPDATE OF q SKIP LOCKED
),
marked AS (
    UPDATE document_queue q SET last_heartbeat = now() FROM held WHERE q.queue_id = held.queue_id
)
SELECT fence.queue_id, fence.attempt
FROM unnest($1::bigint[], $2::integer[]) AS fence (queue_id, attempt)
WHERE NOT EXISTS (
    SELECT 1 FROM document_queue q
    WHERE q.queue_id = fence.queue_id AND q.attempt = fence.attempt AND q.status = 'processing')
