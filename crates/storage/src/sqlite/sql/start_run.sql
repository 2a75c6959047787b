INSERT INTO processing_runs (run_id, fingerprint, generation, status, config_snapshot, created_at)
VALUES (?1, ?2, ?3, 'active', ?4, CAST(unixepoch('subsec') * 1000 AS INTEGER))
