-- Moves each mark up to the first document that can be claimed, and each floor
-- up to the first document at all, but not beyond $2, up to which everything
-- that will ever be there is there.
INSERT INTO document_queue_runs AS runs (run_id) VALUES ($1)
ON CONFLICT (run_id) DO UPDATE SET
    high_mark = greatest(runs.high_mark, least($2, (
        SELECT position - 1 FROM document_queue
        WHERE run_id = $1 AND priority = 2 AND position > runs.high_mark AND status = 'pending'
        ORDER BY position LIMIT 1))),
    high_floor = greatest(runs.high_floor, least($2, (
        SELECT position - 1 FROM document_queue
        WHERE run_id = $1 AND priority = 2 AND position > runs.high_floor
        ORDER BY position LIMIT 1))),
    normal_mark = greatest(runs.normal_mark, least($2, (
        SELECT position - 1 FROM document_queue
        WHERE run_id = $1 AND priority = 1 AND position > runs.normal_mark AND status = 'pending'
        ORDER BY position LIMIT 1))),
    normal_floor = greatest(runs.normal_floor, least($2, (
        SELECT position - 1 FROM document_queue
        WHERE run_id = $1 AND priority = 1 AND position > runs.normal_floor
        ORDER BY position LIMIT 1))),
    low_mark = greatest(runs.low_mark, least($2, (
        SELECT position - 1 FROM document_queue
        WHERE run_id = $1 AND priority = 0 AND position > runs.low_mark AND status = 'pending'
        ORDER BY position LIMIT 1))),
    low_floor = greatest(runs.low_floor, least($2, (
        SELECT position - 1 FROM document_queue
        WHERE run_id = $1 AND priority = 0 AND position > runs.low_floor
        ORDER BY position LIMIT 1)))
