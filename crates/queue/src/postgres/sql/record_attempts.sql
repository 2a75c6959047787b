INSERT INTO document_attempts (queue_id, attempt, worker_id, started_at, error_class, error_message)
SELECT q.queue_id, q.attempt, COALESCE(q.worker_id, ''), COALESCE(q.claimed_at, now()), failed.class, failed.message
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS failed (queue_id, class, message)
JOIN document_queue q USING (queue_id)
