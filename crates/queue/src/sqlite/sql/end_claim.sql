-- The fence: only the current attempt may end its claim.
DELETE FROM document_queue WHERE queue_id = ?1 AND attempt = ?2 AND status = 'processing'
