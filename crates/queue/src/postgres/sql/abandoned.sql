-- Claims whose worker has been silent for $2 milliseconds, or claims of the worker $3; the other is NULL.
-- Documents are claimed in order, so that what is held lies before what can be
-- claimed, except for a few that became visible late: looking up to the
-- thousandth that can be claimed finds it without looking through all that wait.
-- What is locked is being ended at this moment.
WITH floors (priority, floor) AS MATERIALIZED (
    SELECT 2, COALESCE((SELECT high_floor FROM document_queue_runs WHERE run_id = $1), 0)
    UNION ALL SELECT 1, COALESCE((SELECT normal_floor FROM document_queue_runs WHERE run_id = $1), 0)
    UNION ALL SELECT 0, COALESCE((SELECT low_floor FROM document_queue_runs WHERE run_id = $1), 0)
),
ranges AS MATERIALIZED (
    SELECT floors.priority, floors.floor, COALESCE((
        SELECT position FROM document_queue q
        WHERE q.run_id = $1 AND q.priority = floors.priority AND q.position > floors.floor AND q.status = 'pending'
        ORDER BY q.position OFFSET 1000 LIMIT 1), 9223372036854775807) AS ceiling
    FROM floors
)
SELECT q.queue_id, q.doc_id, q.source_name, COALESCE(q.worker_id, '') AS worker_id, q.retry_count, q.abandoned_count
FROM ranges
JOIN document_queue q ON q.run_id = $1 AND q.priority = ranges.priority
    AND q.position > ranges.floor AND q.position <= ranges.ceiling
WHERE q.status = 'processing' AND (q.last_heartbeat <= now() - $2 * interval '1 millisecond' OR q.worker_id = $3)
ORDER BY q.queue_id
FOR UPDATE OF q SKIP LOCKED
