-- Claims up to $3 documents: highest priority first, then by position, and
-- what is left over goes to retries that are due.
--
-- $4 to $6 are the caller's cursors, by priority: it has seen all that lies
-- before them. NULL begins at the run's mark. The comparison with the cursor
-- is what keeps a claim from walking over the entries of documents that are
-- gone, which an old snapshot can keep in the index for hours.
WITH control AS MATERIALIZED (
    SELECT state, high_mark, normal_mark, low_mark FROM document_queue_runs WHERE run_id = $1
),
allowed AS MATERIALIZED (
    SELECT CASE WHEN EXISTS (SELECT 1 FROM control WHERE state <> 'open') THEN 0 ELSE $3::bigint END AS documents
),
high AS MATERIALIZED (
    SELECT queue_id FROM document_queue
    WHERE run_id = $1 AND status = 'pending' AND priority = 2
      AND position > COALESCE($4, (SELECT high_mark FROM control), 0)
    ORDER BY position
    LIMIT (SELECT documents FROM allowed)
    FOR UPDATE SKIP LOCKED
),
normal AS MATERIALIZED (
    SELECT queue_id FROM document_queue
    WHERE run_id = $1 AND status = 'pending' AND priority = 1
      AND position > COALESCE($5, (SELECT normal_mark FROM control), 0)
    ORDER BY position
    LIMIT (SELECT documents FROM allowed) - (SELECT count(*) FROM high)
    FOR UPDATE SKIP LOCKED
),
low AS MATERIALIZED (
    SELECT queue_id FROM document_queue
    WHERE run_id = $1 AND status = 'pending' AND priority = 0
      AND position > COALESCE($6, (SELECT low_mark FROM control), 0)
    ORDER BY position
    LIMIT (SELECT documents FROM allowed) - (SELECT count(*) FROM high) - (SELECT count(*) FROM normal)
    FOR UPDATE SKIP LOCKED
),
due AS MATERIALIZED (
    SELECT queue_id FROM document_queue
    WHERE run_id = $1 AND scheduled_for <= now() AND status = 'retry'
    ORDER BY scheduled_for
    LIMIT (SELECT documents FROM allowed) - (SELECT count(*) FROM high) - (SELECT count(*) FROM normal)
        - (SELECT count(*) FROM low)
    FOR UPDATE SKIP LOCKED
)
UPDATE document_queue q
SET status = 'processing', attempt = q.attempt + 1, worker_id = $2,
    claimed_at = now(), last_heartbeat = now(), scheduled_for = NULL,
    -- a position that is as it was keeps the update off the indexes
    position = CASE WHEN chosen.is_retry THEN nextval('document_queue_positions') ELSE q.position END
FROM (
    SELECT queue_id, false AS is_retry FROM high
    UNION ALL SELECT queue_id, false FROM normal
    UNION ALL SELECT queue_id, false FROM low
    UNION ALL SELECT queue_id, true FROM due
) AS chosen
WHERE q.queue_id = chosen.queue_id
RETURNING q.queue_id, q.attempt, q.retry_count, q.doc_id, q.source_name, q.locator, q.link_depth,
          q.etag, q.modified_at, q.size_bytes, q.priority, q.position, chosen.is_retry
