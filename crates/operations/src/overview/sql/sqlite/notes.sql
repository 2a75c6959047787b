SELECT kind, source_name, message FROM run_alerts WHERE run_id = ?1 ORDER BY raised_at, kind, source_name
