-- Each state is counted by its index, up to ?2.
SELECT (SELECT count(*) FROM (SELECT 1 FROM document_queue WHERE run_id = ?1 AND status = 'pending' LIMIT ?2)),
       (SELECT count(*) FROM (SELECT 1 FROM document_queue WHERE run_id = ?1 AND status = 'processing' LIMIT ?2)),
       (SELECT count(*) FROM (SELECT 1 FROM document_queue WHERE run_id = ?1 AND status = 'retry' LIMIT ?2)),
       (SELECT coalesce(sum(documents), 0) FROM run_counters WHERE run_id = ?1 AND outcome <> 'unchanged'),
       (SELECT unixepoch('subsec') - created_at / 1000.0 FROM document_queue
        WHERE run_id = ?1 AND status = 'pending' ORDER BY priority DESC, position LIMIT 1)
