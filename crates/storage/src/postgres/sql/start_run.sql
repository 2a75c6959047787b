-- Whoever comes second gets no row, once the first has committed.
INSERT INTO processing_runs (run_id, fingerprint, generation, status, config_snapshot)
VALUES ($1, $2, $3, 'active', $4)
ON CONFLICT DO NOTHING
