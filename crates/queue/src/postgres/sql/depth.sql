SELECT count(*) FILTER (WHERE status = 'pending'),
       count(*) FILTER (WHERE status = 'processing'),
       count(*) FILTER (WHERE status = 'retry'),
       greatest(extract(epoch FROM min(scheduled_for) FILTER (WHERE status = 'retry') - now()), 0)::double precision
FROM document_queue
WHERE run_id = $1
