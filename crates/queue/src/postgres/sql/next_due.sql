SELECT extract(epoch FROM scheduled_for - now())::double precision
FROM document_queue
WHERE run_id = $1 AND scheduled_for IS NOT NULL
ORDER BY scheduled_for
LIMIT 1
