-- By the index of what is in hand.
SELECT doc_id, source_name, coalesce(worker_id, ''), attempt, unixepoch('subsec') - claimed_at / 1000.0, size_bytes
FROM document_queue
WHERE run_id = ?1 AND status = 'processing' AND claimed_at IS NOT NULL
ORDER BY claimed_at
LIMIT ?2
