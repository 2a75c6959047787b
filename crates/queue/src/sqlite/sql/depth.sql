SELECT count(*) FILTER (WHERE status = 'pending'),
       count(*) FILTER (WHERE status = 'processing'),
       count(*) FILTER (WHERE status = 'retry'),
       max(0, CAST(min(scheduled_for) - unixepoch('subsec') * 1000 AS INTEGER))
FROM document_queue
WHERE run_id = ?1
