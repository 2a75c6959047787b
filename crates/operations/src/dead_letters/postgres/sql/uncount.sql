-- What is tried again has not failed. Never more than were counted: what died before formats were kept with the
-- letters was counted under another format.
INSERT INTO run_counters AS c (run_id, worker_id, source_name, outcome, format, documents)
SELECT $1, $2, tried.source_name, 'failed', tried.format, -least(tried.documents, greatest(0, counted.documents))
FROM unnest($3::text[], $4::text[], $5::bigint[]) AS tried (source_name, format, documents)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(documents), 0)::bigint AS documents
    FROM run_counters
    WHERE run_id = $1 AND source_name = tried.source_name AND outcome = 'failed' AND format = tried.format
) AS counted
ON CONFLICT (run_id, worker_id, source_name, outcome, format) DO UPDATE SET
    documents = c.documents + excluded.documents
