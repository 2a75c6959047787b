-- Moves documents to the dead letter queue, with the history of their attempts.
WITH dead AS (
    DELETE FROM document_queue q
    USING unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
        AS failed (queue_id, class, message, format, fingerprint)
    WHERE q.queue_id = failed.queue_id
    RETURNING q.*, failed.class, failed.message, failed.format, failed.fingerprint
),
history AS (
    DELETE FROM document_attempts WHERE queue_id = ANY ($1) RETURNING *
)
INSERT INTO dead_letter_queue
    (run_id, doc_id, doc_key, source_name, locator, link_depth, priority, etag, modified_at, size_bytes, retry_count,
     revived_count, worker_id, error_class, error_message, format, fingerprint, attempts)
SELECT run_id, doc_id, doc_key, source_name, locator, link_depth, priority, etag, modified_at, size_bytes, retry_count,
       revived_count, worker_id, class, message, format, fingerprint,
       COALESCE((SELECT jsonb_agg(jsonb_build_object(
                     'attempt', h.attempt, 'worker_id', h.worker_id, 'started_at', h.started_at,
                     'ended_at', h.ended_at, 'error_class', h.error_class, 'error_message', h.error_message)
                     ORDER BY h.attempt)
                 FROM history h WHERE h.queue_id = dead.queue_id), '[]')
FROM dead
ON CONFLICT (run_id, doc_key) DO UPDATE SET
    retry_count = excluded.retry_count, revived_count = excluded.revived_count, worker_id = excluded.worker_id,
    error_class = excluded.error_class, error_message = excluded.error_message, format = excluded.format,
    fingerprint = excluded.fingerprint, attempts = excluded.attempts, died_at = excluded.died_at
