-- Moves each mark up to the first document that can be claimed, but not
-- beyond $2, up to which everything that will ever be there is there.
INSERT INTO document_queue_runs AS marks (run_id) VALUES ($1)
ON CONFLICT (run_id) DO UPDATE SET
    high_mark = greatest(marks.high_mark, least($2, (
        SELECT position - 1 FROM document_queue
        WHERE run_id = $1 AND status = 'pending' AND priority = 2 AND position > marks.high_mark
        ORDER BY position LIMIT 1))),
    normal_mark = greatest(marks.normal_mark, least($2, (
        SELECT position - 1 FROM document_queue
        WHERE run_id = $1 AND status = 'pending' AND priority = 1 AND position > marks.normal_mark
        ORDER BY position LIMIT 1))),
    low_mark = greatest(marks.low_mark, least($2, (
        SELECT position - 1 FROM document_queue
        WHERE run_id = $1 AND status = 'pending' AND priority = 0 AND position > marks.low_mark
        ORDER BY position LIMIT 1)))
