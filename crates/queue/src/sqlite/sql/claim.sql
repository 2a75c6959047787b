UPDATE document_queue
SET status = 'processing', worker_id = ?2, attempt = attempt + 1,
    claimed_at = CAST(unixepoch('subsec') * 1000 AS INTEGER),
    last_heartbeat = CAST(unixepoch('subsec') * 1000 AS INTEGER)
WHERE queue_id IN (
    -- walks the partial index document_queue_claimable, which holds nothing but claimable rows
    SELECT queue_id FROM document_queue
    WHERE run_id = ?1 AND status = 'pending'
    ORDER BY priority DESC, position
    LIMIT ?3)
RETURNING queue_id, attempt, doc_id, source_name, locator, link_depth, etag, modified_at, size_bytes,
          priority, retry_count, position
