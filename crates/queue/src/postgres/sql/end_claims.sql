-- The fence: only the current attempt may end its claim. What is remembered of
-- attempts before it goes with the document. (One that was put back from the dead
-- letters has not failed since, and goes on with the attempts it had.)
WITH ended AS (
    DELETE FROM document_queue q
    USING unnest($1::bigint[], $2::integer[]) AS fence (queue_id, attempt)
    WHERE q.queue_id = fence.queue_id AND q.attempt = fence.attempt AND q.status = 'processing'
    RETURNING q.queue_id, q.attempt, q.retry_count + q.abandoned_count + q.revived_count AS failed_attempts
),
forgotten AS (
    DELETE FROM document_attempts a USING ended WHERE a.queue_id = ended.queue_id AND ended.failed_attempts > 0
)
SELECT queue_id, attempt FROM ended
