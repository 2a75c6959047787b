-- A run with documents in its queue is not completed: somebody may have put some back meanwhile.
UPDATE processing_runs
SET status = ?2,
    completed_at = CASE WHEN ?3 THEN CAST(unixepoch('subsec') * 1000 AS INTEGER) END
WHERE run_id = ?1
  AND (?2 <> 'completed' OR NOT EXISTS (SELECT 1 FROM document_queue WHERE document_queue.run_id = ?1))
