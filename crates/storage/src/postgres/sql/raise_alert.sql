INSERT INTO run_alerts (run_id, kind, source_name, message)
VALUES ($1, $2, $3, $4)
ON CONFLICT (run_id, kind, source_name) DO UPDATE SET message = excluded.message
