-- The latest ?2 runs, or the run ?1. What is queued is counted by the indexes of the states, up to ?3 each.
SELECT r.run_id, r.fingerprint, r.generation, r.status, 'open' AS queue_state, r.created_at, r.completed_at,
       (coalesce(r.completed_at, CAST(unixepoch('subsec') * 1000 AS INTEGER)) - r.created_at) / 1000.0 AS duration,
       (SELECT coalesce(sum(documents), 0) FROM run_counters WHERE run_id = r.run_id AND outcome = 'stored'),
       (SELECT coalesce(sum(documents), 0) FROM run_counters WHERE run_id = r.run_id AND outcome = 'unchanged'),
       (SELECT coalesce(sum(documents), 0) FROM run_counters WHERE run_id = r.run_id AND outcome = 'skipped'),
       (SELECT coalesce(sum(documents), 0) FROM run_counters WHERE run_id = r.run_id AND outcome = 'failed'),
       (SELECT count(*) FROM (SELECT 1 FROM document_queue WHERE run_id = r.run_id AND status = 'pending' LIMIT ?3))
           + (SELECT count(*) FROM (SELECT 1 FROM document_queue WHERE run_id = r.run_id AND status = 'processing' LIMIT ?3))
           + (SELECT count(*) FROM (SELECT 1 FROM document_queue WHERE run_id = r.run_id AND status = 'retry' LIMIT ?3))
FROM (
    SELECT run_id, fingerprint, generation, status, created_at, completed_at
    FROM processing_runs
    WHERE ?1 IS NULL OR run_id = ?1
    ORDER BY created_at DESC, generation DESC, run_id
    LIMIT ?2
) AS r
ORDER BY r.created_at DESC, r.generation DESC, r.run_id
