-- The fence: only the current attempt may end its claim.
DELETE FROM document_queue q
USING unnest($1::bigint[], $2::integer[]) AS fence (queue_id, attempt)
WHERE q.queue_id = fence.queue_id AND q.attempt = fence.attempt AND q.status = 'processing'
RETURNING q.queue_id, q.attempt
