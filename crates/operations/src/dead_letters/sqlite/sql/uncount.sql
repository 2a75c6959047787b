-- What is tried again has not failed. Never less than none: what died before formats were kept with the letters was
-- counted under another format.
INSERT INTO run_counters (run_id, worker_id, source_name, outcome, format, documents)
SELECT ?1, ?2, ?3, 'failed', ?4, -1
WHERE (SELECT coalesce(sum(documents), 0) FROM run_counters
       WHERE run_id = ?1 AND source_name = ?3 AND outcome = 'failed' AND format = ?4) > 0
ON CONFLICT (run_id, worker_id, source_name, outcome, format) DO UPDATE SET documents = documents + excluded.documents
