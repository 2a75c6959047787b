UPDATE document_queue
SET last_heartbeat = CAST(unixepoch('subsec') * 1000 AS INTEGER)
WHERE queue_id = ?1 AND attempt = ?2 AND status = 'processing'
