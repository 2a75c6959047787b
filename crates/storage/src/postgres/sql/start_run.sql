-- Whoever comes second gets no row, once the first has committed; and so does
-- whoever comes while somebody makes the generation before active again, which
-- holds that one's row.
WITH previous AS MATERIALIZED (
    SELECT status FROM processing_runs
    WHERE fingerprint = $2 AND generation = $3::integer - 1
    FOR NO KEY UPDATE
)
INSERT INTO processing_runs (run_id, fingerprint, generation, status, config_snapshot)
SELECT $1, $2, $3, 'active', $4
WHERE NOT EXISTS (SELECT 1 FROM previous WHERE status NOT IN ('completed', 'failed', 'abandoned'))
ON CONFLICT DO NOTHING
