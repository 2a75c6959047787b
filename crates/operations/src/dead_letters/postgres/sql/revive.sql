-- Letters become documents of the queue again, at the end of their priorities, in the order in which they died.
-- Attempts that were made go with them, and the next one gets the number after the last.
WITH letters AS (
    DELETE FROM dead_letter_queue WHERE dead_letter_id = ANY ($1) RETURNING *
),
queued AS (
    INSERT INTO document_queue
        (run_id, doc_id, doc_key, source_name, locator, link_depth, etag, modified_at, size_bytes, priority, attempt,
         revived_count)
    SELECT run_id, doc_id, doc_key, source_name, locator, link_depth, etag, modified_at, size_bytes, priority,
           coalesce((SELECT max((made ->> 'attempt')::integer) FROM jsonb_array_elements(attempts) AS made), 0),
           revived_count + 1
    FROM letters
    ORDER BY dead_letter_id
    ON CONFLICT (run_id, doc_key) DO NOTHING
    RETURNING queue_id, doc_key
),
history AS (
    INSERT INTO document_attempts (queue_id, attempt, worker_id, started_at, ended_at, error_class, error_message)
    SELECT queued.queue_id, made.attempt, coalesce(made.worker_id, ''), made.started_at, made.ended_at,
           made.error_class, made.error_message
    FROM queued
    JOIN letters USING (doc_key)
    CROSS JOIN LATERAL jsonb_to_recordset(letters.attempts) AS made (
        attempt integer, worker_id text, started_at timestamptz, ended_at timestamptz, error_class text,
        error_message text)
)
SELECT letters.source_name, coalesce(letters.format, 'unknown') AS format, count(*) AS documents
FROM queued
JOIN letters USING (doc_key)
GROUP BY 1, 2
